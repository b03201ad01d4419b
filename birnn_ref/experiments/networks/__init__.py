"""Networks that only the studies train, in NumPy, PyTorch and Keras; none is a twin of a layer of `birnn_ref`."""
