"""The recurrent layers' inner loops: all steps of one direction, forward and backward, one module per cell.

Every scan works on packed rows (see `packing`), and puts what it keeps into memory used again (see `buffers`).
"""
