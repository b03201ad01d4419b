"""Find motifs, or say which of two stands first: a convolution, a BiLSTM, and a convolution under a BiLSTM.

The three networks learn about equally many numbers. Each question is learned from fresh sequences; accuracy is taken
on the same 2 x ``test_twins`` sequences every ``every`` steps.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.tasks.motifs import QUESTIONS, SYMBOLS, motif_sequences
from birnn_ref.experiments.readers import falling_rate, parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.layers import Conv1D, Dense, Embedding, Layer, PoolTime, ReLU
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier, ConvClassifier
from birnn_ref.train import Adam, clip_gradients

SETTINGS: dict[str, Any] = {
    "embedding": 8, "width": 3, "pool": 4, "filters_alone": 124, "hidden_alone": 16, "filters": 22, "hidden": 10,
    "most_blocks": 20, "batch_twins": 16, "steps": 200, "rate": 0.02, "clip": 1.0, "test_twins": 200, "every": 25,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"steps": 30, "every": 30, "test_twins": 50}
NAMES = ("cnn", "bilstm", "cnn_bilstm")
GOAL = 0.95
"""Learned: the share of right answers is at least this."""


class ConvPool(Layer):
    """Word vectors, a convolution, the maximum over time, one linear readout: a CNN without any order beyond a window.

    Parameters
    ----------
    num_words, embedding, filters, width : int
    rng : numpy.random.Generator
    dtype : dtype

    Notes
    -----
    Y. Kim, "Convolutional neural networks for sentence classification", EMNLP 2014; here with one width of filters.
    """

    def __init__(
        self, num_words: int, embedding: int, filters: int, width: int, *, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.words = Embedding(num_words, embedding, rng=rng, dtype=dtype)
        self.conv = Conv1D(embedding, filters, width, rng=rng, dtype=dtype)
        self.relu, self.pool = ReLU(), PoolTime("max")
        self.readout = Dense(filters, 1, rng=rng, dtype=dtype)
        self.children = {"words": self.words, "conv": self.conv, "readout": self.readout}

    def forward(self, ids: Int, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, 1)`` of token ids ``(batch, time)``; ``rng`` is ignored."""
        found = self.relu.forward(self.conv.forward(self.words.forward(ids, lengths), lengths))
        return self.readout.forward(self.pool.forward(found, lengths))

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        d_found = self.pool.backward(self.readout.backward(d_logits))
        self.words.backward(self.conv.backward(self.relu.backward(d_found)))


def build(name: str, rng: np.random.Generator, **sizes: int) -> Layer:
    """Return one of the three networks; sizes that are not given are those of ``SETTINGS``."""
    s, words = {**SETTINGS, **sizes}, len(SYMBOLS)
    if name == "cnn":
        return ConvPool(words, s["embedding"], s["filters_alone"], s["width"], rng=rng)
    if name == "bilstm":
        return Classifier("lstm", words, s["embedding"], s["hidden_alone"], rng=rng)
    return ConvClassifier(
        "lstm", words, s["embedding"], s["hidden"], filters=s["filters"], width=s["width"], pool=s["pool"], rng=rng
    )


def train(
    model: Any, question: str, rng: np.random.Generator, *, steps: int, every: int, test_twins: int,
    most_blocks: int = 20, batch_twins: int = 16, rate: float = 0.02, clip: float = 1.0,
) -> list[float]:  # fmt: skip
    """Train on fresh sequences; return the share of right answers every ``every`` steps."""
    test = motif_sequences(question, test_twins, np.random.default_rng(1000), most_blocks)
    optimiser, found = Adam(model, rate), []
    for step in range(1, steps + 1):
        optimiser.rate = falling_rate(step, steps, rate)
        batch = motif_sequences(question, batch_twins, rng, most_blocks)
        _, d_logits = binary_cross_entropy(model.forward(batch.x, batch.lengths), batch.y)
        model.backward(d_logits)
        clip_gradients(model, clip)
        optimiser.step()
        if step % every == 0:
            right = (model.forward(test.x, test.lengths)[:, 0] > 0) == test.y
            found.append(round(float(right.mean()), 5))
    return found


def run(
    seed: int, *, embedding: int, width: int, pool: int, filters_alone: int, hidden_alone: int, filters: int,
    hidden: int, most_blocks: int, batch_twins: int, steps: int, rate: float, clip: float, test_twins: int, every: int,
) -> dict[str, Any]:  # fmt: skip
    """Train the three networks on both questions."""
    found: dict[str, Any] = {"source": "generated"}
    for name in NAMES:
        for question in QUESTIONS:
            rng = np.random.default_rng(seed)
            model = build(
                name, rng, embedding=embedding, width=width, pool=pool, filters_alone=filters_alone,
                hidden_alone=hidden_alone, filters=filters, hidden=hidden,
            )  # fmt: skip
            accuracy = train(
                model, question, rng, steps=steps, every=every, test_twins=test_twins, most_blocks=most_blocks,
                batch_twins=batch_twins, rate=rate, clip=clip,
            )  # fmt: skip
            found.setdefault(name, {"parameters": parameter_count(model)})[question] = accuracy
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The last accuracy and the checkpoints to the goal, a network and a question; None where it is not reached."""
    return {
        name: {
            question: {
                "accuracy": mean_and_interval([run[name][question][-1] for run in runs]),
                "checkpoints_to_goal": [
                    next((k + 1 for k, share in enumerate(run[name][question]) if share >= GOAL), None) for run in runs
                ],
            }
            for question in QUESTIONS
        }
        | {"parameters": runs[0][name]["parameters"]}
        for name in NAMES
    }
