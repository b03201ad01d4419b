"""Models: each a few lines on top of the layers. The cell makes them BRNN, BiLSTM or BiGRU."""

from birnn_ref.models.base import Model
from birnn_ref.models.beam_search import Written
from birnn_ref.models.classifier import Classifier, ConvClassifier
from birnn_ref.models.regressor import Regressor
from birnn_ref.models.seq2seq import Seq2Seq
from birnn_ref.models.summary import Summary
from birnn_ref.models.tagger import CharTagger, Tagger

__all__ = [
    "CharTagger",
    "Classifier",
    "ConvClassifier",
    "Model",
    "Regressor",
    "Seq2Seq",
    "Summary",
    "Tagger",
    "Written",
]
