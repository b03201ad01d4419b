"""Data sets: the real ones by folder, cache or download, and an embedded corpus that needs none of them."""

from birnn_ref.datasets.batching import pad_sequences
from birnn_ref.datasets.embedded import embedded_reviews
from birnn_ref.datasets.imdb import load_imdb
from birnn_ref.datasets.locate import DataError, locate
from birnn_ref.datasets.reviews import ReviewData, Split

__all__ = ["DataError", "ReviewData", "Split", "embedded_reviews", "load_imdb", "locate", "pad_sequences"]
