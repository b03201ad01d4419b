"""`imdb_tutorial` with a tenth of the training reviews held out, so that the epoch is chosen without the test set."""

from birnn_ref.experiments import imdb_tutorial
from birnn_ref.experiments.imdb_tutorial import CHECK, SEEDS, run, summarise

__all__ = ["CHECK", "SEEDS", "SETTINGS", "run", "summarise"]

SETTINGS = {**imdb_tutorial.SETTINGS, "validation": 0.1}
