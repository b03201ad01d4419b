"""Relatives of the bidirectional network, under their right names, one module per model.

They are written in PyTorch alone, and their gradients come from its autograd: each is here to be run, tested and
compared, and a step written out backward by hand would teach nothing that the core has not taught. Importing this
package imports no framework; importing one of its modules imports PyTorch.
"""
