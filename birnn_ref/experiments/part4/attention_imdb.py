"""The same BRNN on film reviews with four ways to one vector: final states, mean, maximum, attention; equal sizes.

The attention model's states are narrower, so that with its scoring network it has no more parameters than the others.
Each way has its own rate, from one grid. Each seed holds out the same reviews for all four, and chooses the epoch by
the loss on them. For the attention model also: what its answers on held-out reviews become with other weights, and its
weights on a few sentences of our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int, within
from birnn_ref.cells.sigmoid import sigmoid
from birnn_ref.experiments.networks.lookup import permuted
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.reviews import Arm, ArmSettings, accuracy, compare, reviews, train_arms, tune_arms
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.models import Classifier
from birnn_ref.train import Sequences

SENTENCES = (
    "the story was not good but the acting was great",
    "a boring and terrible film with one great actor",
    "i thought it would be bad and it was wonderful",
)


@dataclass(frozen=True)
class Settings(ArmSettings):
    """What a run uses. Dropout was tried on seed 100, which is not among its seeds, and kept."""

    embedding: int = 64
    hidden: dict[str, int] = mapping(final=48, mean=48, max=48, attention=38)
    rates: Sequence[float] = (0.0008, 0.0015, 0.003, 0.006, 0.012)
    # What `tune` chose of ``rates``; the first and the last were tried where the next one was the best so far.
    rate: dict[str, float] = mapping(final=0.0015, mean=0.003, max=0.006, attention=0.003)
    epochs: int = 3


SETTINGS = Settings()


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every way once; return its figures, and for the attention model other weights and the sentences'."""
    found = reviews(seed, settings, settings.test_reviews)
    results: dict[str, Any] = {"source": found.data.source}
    for pooling, model, figures in train_arms(seed, arms(settings), found, settings):
        results[pooling] = figures
        if pooling == "attention":
            results["other_weights"] = other_weights(model, found.splits["validation"], np.random.default_rng(seed))
            results["sentences"] = [drawn(model, found.data.encode(text)) for text in SENTENCES]
    return results


def tune(settings: Settings) -> dict[str, float]:
    """Return ``rate``: for each way the best of ``rates`` on a tuning seed's held-out reviews."""
    return tune_arms(arms(settings), settings)


def arms(settings: Settings) -> dict[str, Arm]:
    """Return the contestants, by their pooling."""
    return {pooling: Arm("rnn", pooling, width) for pooling, width in settings.hidden.items()}


def parts(model: Classifier, ids: Int, lengths: Int) -> tuple[Float, Float]:
    """Return the states ``(batch, time, 2 * hidden)`` that an attention classifier reads, and its weights of them."""
    h, _ = model.summary.stack.forward(model.words.read(ids, lengths, None), lengths)
    _, alpha = model.summary.pool.forward(h, lengths)  # type: ignore[union-attr]
    return h, alpha


def yes(model: Classifier, h: Float, alpha: Float) -> Float:
    """Return the probability of a positive review ``(batch,)`` with the given weights of the states."""
    return sigmoid(model.readout.forward((alpha[:, None] @ h)[:, 0]))[:, 0]


def other_weights(model: Classifier, held_out: Sequences, rng: np.random.Generator, rows: int = 1000) -> dict[str, Any]:
    """Answer held-out reviews with the model's weights, with these shuffled, and with equal ones."""
    ids, labels, lengths = held_out.x[:rows], held_out.y[:rows], held_out.lengths[:rows]  # type: ignore[index]
    h, alpha = parts(model, ids, lengths)
    own = yes(model, h, alpha)
    counts = within(lengths, alpha.shape[1])
    others = {"permuted": permuted(alpha, lengths, rng), "equal": (counts / lengths[:, None]).astype(alpha.dtype)}
    found: dict[str, Any] = {"accuracy": round(float(np.mean((own > 0.5) == labels)), 5)}
    for name, weights in others.items():
        answers = yes(model, h, weights)
        found[name] = {
            "accuracy": round(float(np.mean((answers > 0.5) == labels)), 5),
            "decisions_changed": round(float(np.mean((answers > 0.5) != (own > 0.5))), 5),
            "median_change": round(float(np.median(np.abs(answers - own))), 5),
        }
    spread = -np.sum(np.where(alpha > 0, alpha * np.log(np.maximum(alpha, 1e-30)), 0), axis=1)
    found["words_read"] = round(float(np.median(np.exp(spread))), 3)
    found["words_there"] = round(float(np.median(lengths)), 3)
    return found


def drawn(model: Classifier, ids: Int) -> dict[str, Any]:
    """Return one sentence's ids, the weight of each and the answer, beside the answer with equal weights."""
    h, alpha = parts(model, ids[None], np.array([len(ids)]))
    return {
        "ids": ids.tolist(),
        "alpha": [round(float(weight), 4) for weight in alpha[0]],
        "yes": round(float(yes(model, h, alpha)[0]), 4),
        "yes_by_equal_weights": round(float(yes(model, h, np.full_like(alpha, 1 / len(ids)))[0]), 4),
    }


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy of each model; attention minus each of the others, paired by seed and review; other weights."""
    names = SETTINGS.hidden
    summary: dict[str, Any] = {name: accuracy(runs, name) for name in names}
    summary["attention_minus"] = {name: compare(runs, "attention", name) for name in names if name != "attention"}
    summary["other_weights"] = {
        name: {
            kind: mean_and_interval([run["other_weights"][name][kind] for run in runs])
            for kind in ("accuracy", "decisions_changed", "median_change")
        }
        for name in ("permuted", "equal")
    }
    for kind in ("accuracy", "words_read"):
        summary["other_weights"][kind] = mean_and_interval([run["other_weights"][kind] for run in runs])
    return summary


STUDY = Study(
    "attention_imdb", SETTINGS, run, summarise, tolerance=0.05, tune=tune,
    check={
        "hidden": {"mean": 48, "attention": 38}, "rate": {"mean": 0.003, "attention": 0.003}, "epochs": 1,
        "train_reviews": 800, "test_reviews": 500,
    },
)  # fmt: skip
