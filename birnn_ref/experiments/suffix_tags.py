"""Tag words by their endings and their neighbours': letters alone, words in context alone, and both together.

Letters alone: a convolution over a word's letters, its maximum, a readout. Words in context: a BiLSTM over word
numbers. Both: `CharTagger`. The three learn about equally many numbers. No training sentence comes twice, and half of
all words are new.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.suffixes import KNOWN, LETTERS, TAGS, Suffixes, suffix_sentences
from birnn_ref.experiments.readers import falling_rate, parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.layers import CharCNN, Dense, Layer
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models import CharTagger, Tagger
from birnn_ref.train import Adam, clip_gradients

SETTINGS: dict[str, Any] = {
    "char_embedding": 6, "width": 3, "filters_alone": 222, "embedding_alone": 13, "embedding": 8, "filters": 12,
    "hidden": 12, "batch": 16, "steps": 300, "rate": 0.01, "clip": 1.0, "test_sentences": 500,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"steps": 20, "test_sentences": 50}
NAMES = ("letters", "words", "both")


class LetterTagger(Layer):
    """Tag each word by its letters alone: a convolution over them, its maximum, a linear readout."""

    def __init__(
        self, num_chars: int, char_embedding: int, filters: int, width: int, outputs: int, *, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:  # fmt: skip
        super().__init__()
        self.chars = CharCNN(num_chars, char_embedding, filters, width, rng=rng, dtype=dtype)
        self.readout = Dense(filters, outputs, rng=rng, dtype=dtype)
        self.children = {"chars": self.chars, "readout": self.readout}

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, time, outputs)`` of what `CharTagger` takes; the word numbers are not read."""
        _, spelt = x
        return self.readout.forward(self.chars.forward(spelt))

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        self.chars.backward(self.readout.backward(d_logits))


class WordTagger(Tagger):
    """A `Tagger` that takes what `CharTagger` takes, and reads the word numbers alone."""

    def forward(self, x: Any, lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits ``(batch, time, outputs)``."""
        return super().forward(x[0], lengths, rng=rng)


def build(name: str, rng: np.random.Generator, **sizes: int) -> Layer:
    """Return one of the three networks; sizes that are not given are those of ``SETTINGS``."""
    s, letters, words = {**SETTINGS, **sizes}, len(LETTERS), KNOWN + 2
    if name == "letters":
        return LetterTagger(letters, s["char_embedding"], s["filters_alone"], s["width"], TAGS, rng=rng)
    if name == "words":
        return WordTagger("lstm", words, s["embedding_alone"], s["hidden"], TAGS, rng=rng)
    return CharTagger(
        "lstm", words, s["embedding"], s["hidden"], TAGS, num_chars=letters, char_embedding=s["char_embedding"],
        filters=s["filters"], width=s["width"], rng=rng,
    )  # fmt: skip


def train(
    model: Any, rng: np.random.Generator, *, steps: int, batch: int = 16, rate: float = 0.01, clip: float = 1.0
) -> None:
    """Train on fresh sentences."""
    optimiser = Adam(model, rate)
    for step in range(steps):
        optimiser.rate = falling_rate(step, steps, rate)
        data = suffix_sentences(batch, rng)
        logits = model.forward((data.x, data.spelt), data.lengths)
        _, d_logits = softmax_cross_entropy(logits, data.y, data.lengths)
        model.backward(d_logits)
        clip_gradients(model, clip)
        optimiser.step()


def accuracy(model: Any, data: Suffixes) -> dict[str, float]:
    """Return the shares of right tags at known words, at new words and at all."""
    said = model.forward((data.x, data.spelt), data.lengths).argmax(axis=2)
    right, new, counts = said == data.y, data.x == 1, data.counts
    groups = {"known": counts & ~new, "new": counts & new, "all": counts}
    return {name: round(float(right[group].mean()), 5) for name, group in groups.items()}


def run(
    seed: int, *, char_embedding: int, width: int, filters_alone: int, embedding_alone: int, embedding: int,
    filters: int, hidden: int, batch: int, steps: int, rate: float, clip: float, test_sentences: int,
) -> dict[str, Any]:  # fmt: skip
    """Train the three networks; return their accuracies."""
    test = suffix_sentences(test_sentences, np.random.default_rng(1000))
    found: dict[str, Any] = {"source": "generated"}
    for name in NAMES:
        rng = np.random.default_rng(seed)
        model = build(
            name, rng, char_embedding=char_embedding, width=width, filters_alone=filters_alone,
            embedding_alone=embedding_alone, embedding=embedding, filters=filters, hidden=hidden,
        )  # fmt: skip
        train(model, rng, steps=steps, batch=batch, rate=rate, clip=clip)
        found[name] = {"parameters": parameter_count(model), **accuracy(model, test)}
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy over the seeds, a network and a group of words."""
    return {
        name: {group: mean_and_interval([run[name][group] for run in runs]) for group in ("known", "new", "all")}
        | {"parameters": runs[0][name]["parameters"]}
        for name in NAMES
    }
