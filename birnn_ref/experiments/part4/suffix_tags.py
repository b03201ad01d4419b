"""Tag words by their endings and their neighbours': letters alone, words in context alone, and both together.

Letters alone: a convolution over a word's letters, its maximum, a readout. Words in context: a BiLSTM over word
numbers. Both: `CharTagger`. The three have about equally many parameters. No training sentence comes twice, and half of
all words are new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.tasks.suffixes import KNOWN, LETTERS, TAGS, Suffixes, suffix_sentences
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.networks.taggers import LetterTagger, WordTagger
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import Batches, falling_rate, train
from birnn_ref.layers import Layer
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models import CharTagger


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    char_embedding: int = 6
    width: int = 3
    filters_alone: int = 222
    embedding_alone: int = 13
    embedding: int = 8
    filters: int = 12
    hidden: int = 12
    batch: int = 16
    steps: int = 300
    rate: float = 0.01
    clip: float = 1.0
    test_sentences: int = 500


SETTINGS = Settings()
NAMES = ("letters", "words", "both")


def build(name: str, rng: np.random.Generator, settings: Settings = SETTINGS) -> Layer:
    """Return one of the three networks."""
    letters, words, s = len(LETTERS), KNOWN + 2, settings
    if name == "letters":
        return LetterTagger(letters, s.char_embedding, s.filters_alone, s.width, TAGS, rng=rng)
    if name == "words":
        return WordTagger("lstm", words, s.embedding_alone, s.hidden, TAGS, rng=rng)
    return CharTagger(
        "lstm", words, s.embedding, s.hidden, TAGS, num_chars=letters, char_embedding=s.char_embedding,
        filters=s.filters, width=s.width, rng=rng,
    )  # fmt: skip


def batches(count: int, rng: np.random.Generator) -> Batches:
    """Yield fresh sentences, their words and how these are spelt; and their tags with their lengths."""
    while True:
        data = suffix_sentences(count, rng)
        yield ((data.x, data.spelt), data.lengths), (data.y, data.lengths)


def loss_of_tags(logits: Float, targets: tuple[Int, Int]) -> tuple[float, Float]:
    """Return the mean cross-entropy over the words, and its gradient ``(batch, time, TAGS)``."""
    return softmax_cross_entropy(logits, *targets)


def accuracy(model: Any, data: Suffixes) -> dict[str, float]:
    """Return the shares of right tags at known words, at new words and at all."""
    said = model.forward((data.x, data.spelt), data.lengths).argmax(axis=2)
    right, new, counts = said == data.y, data.x == 1, data.counts
    groups = {"known": counts & ~new, "new": counts & new, "all": counts}
    return {name: round(float(right[group].mean()), 5) for name, group in groups.items()}


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the three networks; return their accuracies."""
    test = suffix_sentences(settings.test_sentences, np.random.default_rng(1000))
    found: dict[str, Any] = {"source": "generated"}
    for name in NAMES:
        rng = np.random.default_rng(seed)
        model = build(name, rng, settings)
        train(
            model, batches(settings.batch, rng), loss_of_tags, schedule=falling_rate(settings.rate, settings.steps),
            steps=settings.steps, clip=settings.clip,
        )  # fmt: skip
        found[name] = {"parameters": parameter_count(model), **accuracy(model, test)}
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy over the seeds, for each network and group of words."""
    return {
        name: {group: mean_and_interval([run[name][group] for run in runs]) for group in ("known", "new", "all")}
        | {"parameters": runs[0][name]["parameters"]}
        for name in NAMES
    }


STUDY = Study(
    "suffix_tags", SETTINGS, run, summarise,
    check={"steps": 20, "test_sentences": 50},
)  # fmt: skip
