"""Layers: each computes forward, and backward once for each forward."""

from birnn_ref.layers.activation import ReLU
from birnn_ref.layers.attention import AdditiveAttention, DotAttention
from birnn_ref.layers.base import Layer, SparseRows, no_grad
from birnn_ref.layers.characters import CharCNN, CharLSTM
from birnn_ref.layers.conv import Conv1D, MaxPoolTime
from birnn_ref.layers.crf import CRF
from birnn_ref.layers.decoder import Decoder
from birnn_ref.layers.dense import Dense
from birnn_ref.layers.dropout import Dropout, WordDropout
from birnn_ref.layers.embedding import Embedding, LookedUp
from birnn_ref.layers.norm import LayerNorm
from birnn_ref.layers.pooling import PoolTime
from birnn_ref.layers.recurrent import Bidirectional, Recurrent, Stack
from birnn_ref.layers.spelt import Spelt

__all__ = [
    "CRF",
    "AdditiveAttention",
    "Bidirectional",
    "CharCNN",
    "CharLSTM",
    "Conv1D",
    "Decoder",
    "Dense",
    "DotAttention",
    "Dropout",
    "Embedding",
    "Layer",
    "LayerNorm",
    "LookedUp",
    "MaxPoolTime",
    "PoolTime",
    "ReLU",
    "Recurrent",
    "SparseRows",
    "Spelt",
    "Stack",
    "WordDropout",
    "no_grad",
]
