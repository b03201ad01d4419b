"""Part 2, BRNN architecture."""
