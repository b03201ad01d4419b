"""`bag_of_bigrams` with trigrams beside them: what the networks that are given n-gram scores must pass."""

from birnn_ref.experiments import bag_of_bigrams
from birnn_ref.experiments.bag_of_bigrams import CHECK, SEEDS, run, summarise

__all__ = ["CHECK", "SEEDS", "SETTINGS", "run", "summarise"]

SETTINGS = {**bag_of_bigrams.SETTINGS, "ngrams": 3}
