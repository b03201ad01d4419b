"""Part 3, Keras on IMDb."""
