"""Part 1, RNN fundamentals."""
