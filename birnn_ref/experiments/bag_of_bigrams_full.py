"""`bag_of_bigrams` on whole reviews and all words."""

from birnn_ref.experiments import bag_of_bigrams
from birnn_ref.experiments.bag_of_bigrams import CHECK, SEEDS, run, summarise

__all__ = ["CHECK", "SEEDS", "SETTINGS", "run", "summarise"]

SETTINGS = {**bag_of_bigrams.SETTINGS, "num_words": None, "maxlen": None}
