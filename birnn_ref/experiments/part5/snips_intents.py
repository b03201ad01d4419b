"""What an utterance to an assistant asks for (SNIPS): a BiLSTM's states, their maximum, one answer of seven.

The opponent is a bag of words and pairs of words, by logistic regression.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from birnn_ref.datasets import load_snips
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.paired import over_seeds_and_items, pack, unpack
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.tagging import peak_mb
from birnn_ref.layers import no_grad
from birnn_ref.models import Classifier
from birnn_ref.train import Adam, Sequences, fit, linear_decay


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    min_count: int = 2
    embedding: int = 64
    hidden: int = 64
    dropout: float = 0.5
    word_dropout: float = 0.1
    epochs: int = 5
    batch: int = 32
    rate: float = 0.003
    train_sentences: int | None = None


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the network; the validation part chooses the epoch by its loss, the test part is scored once."""
    s, data, rng = settings, load_snips(min_count=settings.min_count), np.random.default_rng(seed)
    assert data.vocabulary is not None
    train, validation, test = (
        Sequences(part.ids, part.labels, part.lengths)
        for part in (data["train"].take(slice(s.train_sentences)), data["validation"], data["test"])
    )
    model = Classifier(
        "lstm", len(data.vocabulary), s.embedding, s.hidden, outputs=len(data.label_names), pooling="max",
        dropout=s.dropout, word_dropout=s.word_dropout, rng=rng,
    )  # fmt: skip
    history = fit(
        model, train, loss=model.loss, optimiser=Adam(model, s.rate), epochs=s.epochs, batch_size=s.batch, rng=rng,
        validation=validation, schedule=linear_decay(s.rate, s.epochs * -(-len(train) // s.batch)),
    )  # fmt: skip
    with no_grad():
        right = model.decode(model.forward(test.x, test.lengths)) == test.y
    network = {
        "parameters": parameter_count(model),
        "test": round(float(right.mean()), 5),
        "right_bits": pack(right),
        "train_seconds": round(sum(entry["seconds"] for entry in history)),
    }
    return {"source": data.source, "both": network, "bag": _opponent(), "peak_mb": peak_mb()}


@cache
def _opponent() -> dict[str, Any]:
    """Return the opponent's figures; it draws nothing, and is the same for every seed."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    data = load_snips()
    lines = {name: [" ".join(words) for words in data[name].words or ()] for name in ("train", "test")}
    bag = CountVectorizer(analyzer="word", token_pattern=r"\S+", ngram_range=(1, 2), binary=True)
    model = LogisticRegression(C=10, max_iter=100, tol=1e-3)
    model.fit(bag.fit_transform(lines["train"]), data["train"].labels)
    right = model.predict(bag.transform(lines["test"])) == data["test"].labels
    return {"test": round(float(right.mean()), 5), "right_bits": pack(right)}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy over seeds and test sentences, and by how much the network is ahead."""
    tables = {name: np.stack([unpack(run[name]["right_bits"], 700) for run in runs]) * 1.0 for name in ("both", "bag")}
    return {name: over_seeds_and_items(table) for name, table in tables.items()} | {
        "both_minus_bag": over_seeds_and_items(tables["both"] - tables["bag"]),
        "parameters": runs[0]["both"]["parameters"],
        "train_seconds": max(run["both"]["train_seconds"] for run in runs),
        "peak_mb": max(run["peak_mb"] for run in runs),
    }


STUDY = Study(
    "snips_intents", Settings(), run, summarise, seeds=(0, 1, 2), tolerance=0.05,
    check={"epochs": 1, "train_sentences": 1000, "hidden": 16, "rate": 0.01},
)  # fmt: skip
