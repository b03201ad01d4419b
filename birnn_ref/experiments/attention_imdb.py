"""The same BRNN on film reviews with four ways to one vector: final states, mean, maximum, attention; equal sizes.

The attention model's states are narrower, so that with its scoring network it has no more parameters than the others.
Each seed holds out the same reviews for all four, and chooses the epoch by the loss on them. For the attention model
also: what its answers on held-out reviews become with other weights, and its weights on a few sentences of our own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.cells.sigmoid import sigmoid
from birnn_ref.datasets import Split, load_imdb
from birnn_ref.experiments.attention_lookup import permuted
from birnn_ref.experiments.readers import parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier
from birnn_ref.train import Adam, Sequences, evaluate, fit, linear_decay

SENTENCES = (
    "the story was not good but the acting was great",
    "a boring and terrible film with one great actor",
    "i thought it would be bad and it was wonderful",
)

# Rate and dropout were tried on seed 100, which is not among SEEDS, and kept as they were.
SETTINGS: dict[str, Any] = {
    "num_words": 2000, "maxlen": 50, "embedding": 64, "hidden": {"final": 48, "mean": 48, "max": 48, "attention": 38},
    "batch_size": 128, "epochs": 3, "rate": 0.003, "clip": 1.0, "dropout": 0.3, "train_reviews": None,
    "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"hidden": {"mean": 48, "attention": 38}, "epochs": 1, "train_reviews": 800, "test_reviews": 500}
TOLERANCE = 0.05


def run(
    seed: int, *, num_words: int, maxlen: int, embedding: int, hidden: dict[str, int], batch_size: int, epochs: int,
    rate: float, clip: float, dropout: float, train_reviews: int | None, test_reviews: int | None,
) -> dict[str, Any]:  # fmt: skip
    """Train every model once; the test reviews are scored once each, at the epoch that the held-out ones choose."""
    data = load_imdb(num_words, maxlen, padding="post", rng=np.random.default_rng(seed))
    limits = {"train": train_reviews, "validation": None, "test": test_reviews}
    splits = {name: _sequences(data[name], limit) for name, limit in limits.items()}
    found: dict[str, Any] = {"source": data.source}
    for pooling, width in hidden.items():
        rng = np.random.default_rng(seed)
        model = Classifier("rnn", num_words, embedding, width, pooling=pooling, dropout=dropout, rng=rng)
        history = fit(
            model, splits["train"], validation=splits["validation"], loss=binary_cross_entropy,
            optimiser=Adam(model, rate), epochs=epochs, batch_size=batch_size, rng=rng, clip=clip,
            schedule=linear_decay(rate, epochs * -(-len(splits["train"]) // batch_size)),
        )  # fmt: skip
        found[pooling] = {
            "parameters": parameter_count(model),
            "validation_accuracy": [round(entry["validation_accuracy"], 5) for entry in history],
            "epoch": 1 + int(np.argmin([entry["validation_loss"] for entry in history])),
            "test_accuracy": round(evaluate(model, splits["test"], loss=binary_cross_entropy)["accuracy"], 5),
        }
        print(f"seed {seed} {pooling}: {found[pooling]}", flush=True)
        if pooling == "attention":
            found["other_weights"] = other_weights(model, splits["validation"], np.random.default_rng(seed))
            found["sentences"] = [drawn(model, data.encode(text)) for text in SENTENCES]
            print(f"seed {seed} other weights: {found['other_weights']}", flush=True)
    return found


def _sequences(split: Split, limit: int | None) -> Sequences:
    return Sequences(np.asarray(split.x)[:limit], split.y[:limit], split.lengths[:limit])


def parts(model: Classifier, ids: Int, lengths: Int) -> tuple[Float, Float]:
    """Return the states ``(batch, time, 2 * hidden)`` that an attention classifier reads, and its weights of them."""
    h, _ = model.summary.stack.forward(model.words.read(ids, lengths, None), lengths)
    _, alpha = model.summary.pool.forward(h, lengths)  # type: ignore[union-attr]
    return h, alpha


def yes(model: Classifier, h: Float, alpha: Float) -> Float:
    """Return the probability of a positive review ``(batch,)`` with the given weights of the states."""
    return sigmoid(model.readout.forward((alpha[:, None] @ h)[:, 0]))[:, 0]


def other_weights(model: Classifier, held_out: Sequences, rng: np.random.Generator, rows: int = 1000) -> dict[str, Any]:
    """Answer held-out reviews with the model's weights, with these dealt out anew, and with equal ones."""
    ids, labels, lengths = held_out.x[:rows], held_out.y[:rows], held_out.lengths[:rows]  # type: ignore[index]
    h, alpha = parts(model, ids, lengths)
    own = yes(model, h, alpha)
    counts = np.arange(alpha.shape[1]) < lengths[:, None]
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
    """Test accuracy of each model over the seeds; attention minus each of the others, seed by seed; other weights."""
    names = [name for name in SETTINGS["hidden"] if name in runs[0]]
    summary: dict[str, Any] = {name: mean_and_interval([run[name]["test_accuracy"] for run in runs]) for name in names}
    summary["attention_minus"] = {
        name: mean_and_interval([run["attention"]["test_accuracy"] - run[name]["test_accuracy"] for run in runs])
        for name in names
        if name != "attention"
    }
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
