"""Data sets: those that lie in the package, those found by folder, cache or download, and generated ones."""

from birnn_ref.datasets.batching import pad_sequences
from birnn_ref.datasets.beijing import SeriesData, load_beijing
from birnn_ref.datasets.conll import load_conll
from birnn_ref.datasets.digits import DigitData, digit_strings, load_digits, load_recordings
from birnn_ref.datasets.embedded import embedded_reviews
from birnn_ref.datasets.imdb import load_imdb
from birnn_ref.datasets.locate import DataError, locate
from birnn_ref.datasets.pairs import PairData
from birnn_ref.datasets.pens import PenData, load_letters, load_pen_words
from birnn_ref.datasets.reviews import ReviewData
from birnn_ref.datasets.snips import load_snips
from birnn_ref.datasets.splits import SequenceData, Split
from birnn_ref.datasets.tagged import TaggedData
from birnn_ref.datasets.tatoeba import load_tatoeba
from birnn_ref.datasets.ud import load_ud
from birnn_ref.datasets.vectors import WordVectors, load_vectors
from birnn_ref.datasets.vocabulary import Vocabulary

__all__ = [
    "DataError",
    "DigitData",
    "PairData",
    "PenData",
    "ReviewData",
    "SequenceData",
    "SeriesData",
    "Split",
    "TaggedData",
    "Vocabulary",
    "WordVectors",
    "digit_strings",
    "embedded_reviews",
    "load_beijing",
    "load_conll",
    "load_digits",
    "load_imdb",
    "load_letters",
    "load_pen_words",
    "load_recordings",
    "load_snips",
    "load_tatoeba",
    "load_ud",
    "load_vectors",
    "locate",
    "pad_sequences",
]
