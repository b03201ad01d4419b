"""Slots of what people say to an assistant (SNIPS): a BiLSTM with letters and a CRF, and a forward one of equal size.

The validation part chooses the epoch by its span F1; the test part is scored once, with the parameters of that epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.datasets import load_snips
from birnn_ref.datasets.tagged import TaggedData
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.layers import Spelt
from birnn_ref.metrics import span_f1
from birnn_ref.models import CharTagger
from birnn_ref.train import Adam, Sequences, evaluate, fit, linear_decay


@dataclass(frozen=True)
class Settings:
    """What a run uses; ``hidden_forward`` makes the forward network about as large."""

    min_count: int = 2
    embedding: int = 64
    char_embedding: int = 24
    filters: int = 64
    width: int = 3
    hidden: int = 128
    hidden_forward: int = 202
    dropout: float = 0.5
    word_dropout: float = 0.1
    epochs: int = 10
    batch: int = 32
    rate: float = 0.002
    clip: float = 5.0
    train_sentences: int | None = None


NAMES = ("both", "forward")


def build(name: str, data: TaggedData, rng: np.random.Generator, settings: Settings) -> CharTagger:
    """Return one of the two networks; its CRF keeps the rules of BIO."""
    s, both = settings, name == "both"
    assert data.vocabulary is not None
    assert data.letters is not None
    return CharTagger(
        "lstm", len(data.vocabulary), s.embedding, s.hidden if both else s.hidden_forward, len(data.tag_names),
        num_chars=len(data.letters), char_embedding=s.char_embedding, filters=s.filters, width=s.width,
        dropout=s.dropout, word_dropout=s.word_dropout, crf=data.tag_names, bidirectional=both, rng=rng,
    )  # fmt: skip


def sequences(data: TaggedData, name: str, count: int | None = None) -> Sequences:
    """Return a part's sentences, their words and how these are spelt, with their tags."""
    part = data[name].take(slice(count))
    assert data.letters is not None
    assert part.words is not None
    return Sequences((part.ids, Spelt.of(part.words, data.letters.encode)), part.tags, part.lengths)


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train both networks; return their span F1 on the validation and the test part."""
    data = load_snips(min_count=settings.min_count)
    train = sequences(data, "train", settings.train_sentences)
    found: dict[str, Any] = {"source": data.source}
    for name in NAMES:
        rng = np.random.default_rng(seed)
        model = build(name, data, rng, settings)
        how: dict[str, Any] = {"loss": model.loss, "metric": span_f1(data.tag_names)}
        steps = settings.epochs * -(-len(train) // settings.batch)
        history = fit(
            model, train, optimiser=Adam(model, settings.rate), epochs=settings.epochs, batch_size=settings.batch,
            rng=rng, validation=sequences(data, "validation"), clip=settings.clip,
            schedule=linear_decay(settings.rate, steps), **how,
        )  # fmt: skip
        by_epoch = [round(entry["validation_span_f1"], 5) for entry in history]
        found[name] = {
            "parameters": parameter_count(model),
            "validation_f1": max(by_epoch),
            "test_f1": round(evaluate(model, sequences(data, "test"), **how)["span_f1"], 5),
            "train_seconds": round(sum(entry["seconds"] for entry in history)),
        }
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Span F1 over the seeds, and how much more it is with two directions, seed by seed."""
    summary: dict[str, Any] = {
        name: {
            "parameters": runs[0][name]["parameters"],
            **{part: mean_and_interval([run[name][part] for run in runs]) for part in ("validation_f1", "test_f1")},
        }
        for name in NAMES
    }
    return summary | {"added": mean_and_interval([run["both"]["test_f1"] - run["forward"]["test_f1"] for run in runs])}


STUDY = Study(
    "snips_tags", Settings(), run, summarise, seeds=(0, 1, 2), tolerance=0.05,
    check={
        "epochs": 2, "train_sentences": 1000, "batch": 16, "rate": 0.01, "dropout": 0.2, "hidden": 32,
        "hidden_forward": 48,
    },
)  # fmt: skip
