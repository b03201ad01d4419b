"""Training: batches, optimisers, clipping, early stopping, checkpoints and the loop that joins them."""

from birnn_ref.train.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from birnn_ref.train.clipping import clip_gradients
from birnn_ref.train.early_stopping import EarlyStopping
from birnn_ref.train.fit import evaluate, fit
from birnn_ref.train.optimisers import SGD, Adam, Optimiser
from birnn_ref.train.pairs import Pairs
from birnn_ref.train.progress import progress_bar
from birnn_ref.train.schedules import linear_decay
from birnn_ref.train.sequences import Batch, Sequences, deal

__all__ = [
    "SGD",
    "Adam",
    "Batch",
    "CheckpointError",
    "EarlyStopping",
    "Optimiser",
    "Pairs",
    "Sequences",
    "clip_gradients",
    "deal",
    "evaluate",
    "fit",
    "linear_decay",
    "load_checkpoint",
    "progress_bar",
    "save_checkpoint",
]
