"""Part 5, Applications."""
