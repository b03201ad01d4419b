"""Part 4, Variants."""
