"""The tutorial's task done properly, one change at a time: which change is worth what, on the same reviews.

Each row starts ``from`` another and differs from it in what it names. All read the same words of the same reviews, each
at its own rate, which is chosen on a tuning seed's held-out reviews; the epoch is chosen on those of the row's own
seed. ``bag`` is the opponent that knows the same n-grams, fitted on the same reviews.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.ngrams import log_ratios, ngram_ids
from birnn_ref.datasets.reviews import Recipe
from birnn_ref.experiments.paired import Bools, pack
from birnn_ref.experiments.part3 import bag_of_bigrams
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.reviews import accuracy, by_tokens, compare
from birnn_ref.experiments.study import Study, mapping

BASE: dict[str, Any] = {
    "num_words": 2000, "maxlen": 50, "ngrams": 0, "embedding": 128, "cell": "rnn", "directions": 2, "hidden": 64,
    "pooling": "final", "word_dropout": 0.0, "dropout": 0.0, "one_cycle": False,
}  # fmt: skip
"""The tutorial's model; only its padding stands behind and is not read."""
FORWARD = {"directions": 1, "hidden": 106}
"""About as many recurrent parameters in one direction as two of 64 units have."""
BY_WORD = {"cell": "word", "directions": 1, "hidden": 190}
"""No memory: a tanh layer of each word alone, of about that size."""


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    rows: dict[str, dict[str, Any]] = mapping(
        final={},
        final_forward={"from": "final", **FORWARD},
        pooled={"from": "final", "pooling": "mean_max"},
        pooled_forward={"from": "pooled", **FORWARD},
        dropout={"from": "pooled", "dropout": 0.5, "word_dropout": 0.1},
        one_cycle={"from": "dropout", "one_cycle": True},
        one_cycle_by_word={"from": "one_cycle", **BY_WORD},
        scores={"from": "one_cycle", "ngrams": 3},
        scores_by_word={"from": "scores", **BY_WORD},
    )
    rates: tuple[float, ...] = (0.001, 0.003, 0.009)
    rate: dict[str, float] = mapping(
        final=0.001,
        final_forward=0.001,
        pooled=0.003,
        pooled_forward=0.003,
        dropout=0.003,
        one_cycle=0.009,
        one_cycle_by_word=0.009,
        scores=0.009,
        scores_by_word=0.003,
    )
    bag: dict[str, Any] = mapping(ngrams=3, strengths=(0.03, 0.1, 0.3, 1.0), alpha=1.0)
    batch_size: int = 128
    epochs: int = 3
    weight_decay: float = 0.01
    average: float = 0.98
    train_reviews: int | None = None
    test_reviews: int | None = None


SETTINGS = Settings()


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every row once; return its figures, and which test reviews it is right about, in the order of `by_tokens`.

    The test reviews are scored once per row, at the epoch that the held-out ones choose.
    """
    from birnn_ref.experiments.reviews_torch import accuracy as accuracy_on
    from birnn_ref.experiments.reviews_torch import keep_best, logits

    splits = Splits(seed, settings.train_reviews, settings.test_reviews)
    found: dict[str, Any] = {"source": splits.source}
    for name in settings.rows:
        start = time.perf_counter()
        data = splits.of(whole(settings.rows, name))
        model, epochs = train(seed, whole(settings.rows, name), settings.rate[name], data, settings)
        best, validation = keep_best(epochs, partial(accuracy_on, data=data["validation"]))
        right = (logits(best, data["test"]) > 0) == (data["test"].y.numpy() > 0)
        found[name] = {
            "parameters": sum(p.numel() for p in model.parameters()),
            "recurrent": sum(p.numel() for p in model.chains.parameters()),
            "validation_accuracy": validation,
            "test_accuracy": round(float(right.mean()), 5),
            "seconds": round(time.perf_counter() - start, 1),
        } | splits.answers(right)
        print(f"seed {seed} {name}: {validation}, test {found[name]['test_accuracy']}", flush=True)
    cut = {name: BASE[name] for name in ("num_words", "maxlen")}
    bag = bag_of_bigrams.Settings(**cut, **settings.bag, train_reviews=settings.train_reviews)
    figures, right = bag_of_bigrams.fit(seed, bag)
    found["bag"] = figures | splits.answers(right)
    return found


def whole(rows: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """Return all that a row is made of: what it starts from, and its own changes.

    Examples
    --------
    >>> both = whole(SETTINGS.rows, "pooled")
    >>> both["pooling"], both["hidden"], whole(SETTINGS.rows, "pooled_forward")["hidden"]
    ('mean_max', 64, 106)
    """
    changes = dict(rows[name])
    start = changes.pop("from", None)
    unknown = set(changes) - set(BASE)
    if unknown:
        raise ValueError(f"row {name} changes {sorted(unknown)}: choose from {sorted(BASE)}")
    return {**(whole(rows, start) if start else BASE), **changes}


class Splits:
    """The reviews of one seed, cut as each row wants them."""

    def __init__(self, seed: int, train_reviews: int | None, test_reviews: int | None) -> None:
        self.seed = seed
        data = load_imdb(rng=np.random.default_rng(seed))
        self.source = data.source
        limits = {"train": train_reviews, "validation": test_reviews, "test": test_reviews}
        self.reviews = {name: (list(data[name].x[:limit]), data[name].y[:limit]) for name, limit in limits.items()}
        self._order = by_tokens(self._cut(BASE["num_words"], BASE["maxlen"])["test"])
        self._made = cache(self._make)

    def of(self, row: dict[str, Any]) -> Any:
        """Return the splits as a row reads them, by name."""
        return self._made(row["num_words"], row["maxlen"], row["ngrams"])

    def answers(self, right: Bools) -> dict[str, Any]:
        """Return which test reviews a row is right about, ``(reviews,)``, as it is stored; one order for every seed."""
        return {"test_reviews": len(self._order), "right_bits": pack(right[self._order])}

    def _cut(self, num_words: int, maxlen: int) -> dict[str, Any]:
        recipe = Recipe(num_words, maxlen, padding="post", truncating="pre", validation=0)
        return {name: recipe.split(*reviews) for name, reviews in self.reviews.items()}

    def _make(self, num_words: int, maxlen: int, ngrams: int) -> Any:
        from birnn_ref.experiments.reviews_torch import Reviews

        cut = self._cut(num_words, maxlen)
        scores = {name: [np.zeros((*split.x.shape, 0), np.float32)] for name, split in cut.items()}
        for n in range(1, ngrams + 1):
            ids = {name: ngram_ids(split.x, n, num_words) for name, split in cut.items()}
            scored = log_ratios(ids.pop("train"), cut["train"].y, ids, rng=np.random.default_rng(self.seed))
            for name in cut:
                scores[name].append(scored[name][:, :, None])
        return {
            name: Reviews.of(split, scores=np.concatenate(scores[name], axis=2))  # (reviews, time, ngrams)
            for name, split in cut.items()
        }


def train(seed: int, row: dict[str, Any], rate: float, data: Any, settings: Settings) -> Any:
    """Return a row's model, and an iterator that trains it and yields it after each epoch."""
    import torch

    from birnn_ref.experiments import reviews_torch as torch_reviews
    from birnn_ref.experiments.networks.pooled_classifier import PooledClassifier

    torch.manual_seed(seed)
    sizes = {name: row[name] for name in BASE if name not in ("maxlen", "one_cycle")}
    model = PooledClassifier(**sizes).to(torch_reviews.DEVICE)
    shared: dict[str, Any] = {
        "epochs": settings.epochs, "batch_size": settings.batch_size, "learning_rate": rate, "seed": seed,
    }  # fmt: skip
    if row["one_cycle"]:
        more: dict[str, Any] = {"weight_decay": settings.weight_decay, "average": settings.average}
        return model, torch_reviews.train(model, data, **more, **shared)
    return model, torch_reviews.train_plainly(model, data, **shared)


def tune(settings: Settings) -> dict[str, float]:
    """Return ``rate``: for each row the one whose best epoch has the least loss on a tuning seed's held-out reviews."""
    from birnn_ref.experiments.reviews_torch import logits

    splits, chosen = Splits(TUNING_SEEDS[0], settings.train_reviews, settings.test_reviews), {}
    for name in settings.rows:
        row, losses = whole(settings.rows, name), {}
        data = splits.of(row)
        signs = 1 - 2 * data["validation"].y.numpy()
        for one_rate in settings.rates:
            best = float("inf")
            _, epochs = train(TUNING_SEEDS[0], row, one_rate, data, settings)
            for model in epochs:
                loss = float(np.mean(np.logaddexp(0, signs * logits(model, data["validation"]))))
                if loss > best and not row["one_cycle"]:
                    break  # at a constant rate it only rises from here
                best = min(best, loss)
            losses[one_rate] = round(best, 5)
        chosen[name] = min(losses, key=lambda one_rate: losses[one_rate])
        print(f"{name}: held-out loss by rate {losses}", flush=True)
    return chosen


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy of each row; what its change is worth; both directions less one; the best row less the bag.

    Differences are paired by seed and by review; each interval is over both.
    """
    rows = SETTINGS.rows
    summary: dict[str, Any] = {name: accuracy(runs, name) for name in (*rows, "bag")}
    summary["gain"] = {name: compare(runs, name, row["from"]) for name, row in rows.items() if "from" in row}
    summary["both_minus_forward"] = {name: compare(runs, name, f"{name}_forward") for name in ("final", "pooled")}
    summary["order"] = {name: compare(runs, name, f"{name}_by_word") for name in ("one_cycle", "scores")}
    summary["minus_bag"] = {name: compare(runs, name, "bag") for name in ("one_cycle", "scores", "scores_by_word")}
    return summary


STUDY = Study(
    "imdb_ablation", SETTINGS, run, summarise, tolerance=0.05, tune=tune,
    check={
        "rows": {
            "final": FORWARD,
            "scores": {"from": "final", "pooling": "mean_max", "dropout": 0.5, "one_cycle": True, "ngrams": 2},
        },
        "rate": {"final": 0.003, "scores": 0.003}, "bag": {"ngrams": 2, "strengths": (0.1,), "alpha": 1.0},
        "batch_size": 32, "epochs": 1, "average": 0.9, "train_reviews": 1000, "test_reviews": 500,
    },
)  # fmt: skip
