"""The reference models in PyTorch and in Keras; each framework is imported by its own package."""
