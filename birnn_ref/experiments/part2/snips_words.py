"""Slots of SNIPS by words alone: an LSTM that reads both ways, and forward ones of equal size that may wait.

No letters and no CRF, so that nothing but the direction tells the networks apart. The validation part chooses the epoch
by its span F1; the test part is scored once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets import load_snips
from birnn_ref.datasets.tagged import TaggedData
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.networks.taggers import WaitingTagger
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.metrics import span_f1
from birnn_ref.models import Tagger
from birnn_ref.train import Adam, Sequences, fit, linear_decay


@dataclass(frozen=True)
class Settings:
    """What a run uses; ``hidden_forward`` makes the forward networks about as large."""

    min_count: int = 2
    embedding: int = 64
    hidden: int = 64
    hidden_forward: int = 102
    waits: tuple[int, ...] = (0, 1, 2)
    dropout: float = 0.5
    word_dropout: float = 0.1
    epochs: int = 10
    batch: int = 32
    rate: float = 0.005
    clip: float = 5.0
    train_sentences: int | None = None
    examples: int = 40


def names(settings: Settings) -> list[str]:
    """Return the networks' names: ``both``, and ``wait_2`` for the forward one that answers two words late."""
    return ["both", *(f"wait_{wait}" for wait in settings.waits)]


def build(name: str, data: TaggedData, rng: np.random.Generator, settings: Settings) -> Tagger:
    """Return one of the networks: word vectors, an LSTM, a softmax over the tags at each word."""
    assert data.vocabulary is not None
    width = settings.hidden if name == "both" else settings.hidden_forward
    sizes: tuple[Any, ...] = ("lstm", len(data.vocabulary), settings.embedding, width, len(data.tag_names))
    options: dict[str, Any] = {"dropout": settings.dropout, "word_dropout": settings.word_dropout, "rng": rng}
    if name == "both":
        return Tagger(*sizes, **options)
    return WaitingTagger(int(name.removeprefix("wait_")), *sizes, **options)


def said(model: Tagger, ids: Int, lengths: Int, tag_names: tuple[str, ...]) -> list[list[str]]:
    """Return the tags that a network gives each utterance."""
    best = model.decode(model.forward(ids, lengths), lengths)
    return [[tag_names[tag] for tag in row[:n]] for row, n in zip(best, lengths, strict=True)]


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every network; return its span F1, which words' tags it has right, and what it says of a few utterances."""
    data = load_snips(min_count=settings.min_count)
    score = span_f1(data.tag_names)
    parts: tuple[Any, ...] = (data["train"].take(slice(settings.train_sentences)), data["validation"], data["test"])
    train, validation, test = parts
    tags = [list(row[:n]) for row, n in zip(test.tags, test.lengths, strict=True)]
    short = np.flatnonzero(test.lengths <= 10)[: settings.examples]
    found: dict[str, Any] = {"source": data.source}
    for name in names(settings):
        rng = np.random.default_rng(seed)
        model = build(name, data, rng, settings)
        steps = settings.epochs * -(-len(train.ids) // settings.batch)
        history = fit(
            model, Sequences(train.ids, train.tags, train.lengths), loss=softmax_cross_entropy,
            optimiser=Adam(model, settings.rate), epochs=settings.epochs, batch_size=settings.batch, rng=rng,
            validation=Sequences(validation.ids, validation.tags, validation.lengths), metric=score,
            clip=settings.clip, schedule=linear_decay(settings.rate, steps),
        )  # fmt: skip
        answers = said(model, test.ids, test.lengths, data.tag_names)
        numbers = [[data.tag_names.index(tag) for tag in row] for row in answers]
        found[name] = {
            "parameters": parameter_count(model.tags),
            "validation_f1": round(max(entry["validation_span_f1"] for entry in history), 5),
            "test_f1": round(score(tags, numbers), 5),
            "right_by_place": _by_place(tags, numbers, data.tag_names),
            "says": [" ".join(answers[k]) for k in short],
            "train_seconds": round(sum(entry["seconds"] for entry in history)),
        }
    return found


def _by_place(true: list[Any], given: list[Any], tag_names: tuple[str, ...]) -> dict[str, float]:
    """Return the share of right tags outside of slots, at their first words, and at their later ones."""
    pairs = [pair for a, b in zip(true, given, strict=True) for pair in zip(a, b, strict=True)]
    return {place: round(float(np.mean([a == b for a, b in pairs if tag_names[a][0] == place])), 5) for place in "OBI"}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Span F1 over the seeds, and how much more two directions have than each forward network, seed by seed."""
    networks = [name for name in runs[0] if name != "source"]
    summary: dict[str, Any] = {
        name: {
            "parameters": runs[0][name]["parameters"],
            **{part: mean_and_interval([run[name][part] for run in runs]) for part in ("validation_f1", "test_f1")},
            "right_by_place": {
                place: mean_and_interval([run[name]["right_by_place"][place] for run in runs]) for place in "OBI"
            },
        }
        for name in networks
    }
    return summary | {
        "both_minus": {
            name: mean_and_interval([run["both"]["test_f1"] - run[name]["test_f1"] for run in runs])
            for name in networks[1:]
        }
    }


STUDY = Study(
    "snips_words", Settings(), run, summarise, seeds=(0, 1, 2), tolerance=0.05,
    check={
        "epochs": 4, "train_sentences": 1000, "waits": (0, 2), "rate": 0.01, "batch": 16, "dropout": 0.2,
        "hidden": 32, "hidden_forward": 50, "examples": 0,
    },
)  # fmt: skip
