"""Networks in PyTorch and Keras that only the studies train; none is a twin of a layer of `birnn_ref`."""
