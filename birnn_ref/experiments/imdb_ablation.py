"""The tutorial's task done properly, one change at a time: which change is worth what, on the same reviews.

Each row starts ``from`` another and differs from it in what it names. All read the same words of the same reviews, each
at its own rate, which is chosen on a tuning seed's held-out reviews; the epoch is chosen on those of the row's own
seed. ``bag`` is the opponent that knows the same n-grams, fitted on the same reviews.
"""

from __future__ import annotations

import time
from functools import cache, partial
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.ngrams import log_ratios, ngram_ids
from birnn_ref.datasets.reviews import Recipe
from birnn_ref.experiments import bag_of_bigrams
from birnn_ref.experiments.paired import Bools, pack
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.review_readers import accuracy, by_tokens, compare

BASE: dict[str, Any] = {
    "num_words": 2000, "maxlen": 50, "ngrams": 0, "embedding": 128, "cell": "rnn", "directions": 2, "hidden": 64,
    "pooling": "final", "word_dropout": 0.0, "dropout": 0.0, "one_cycle": False,
}  # fmt: skip
"""The tutorial's model; only its padding stands behind and is not read."""
FORWARD = {"directions": 1, "hidden": 106}
"""About as many recurrent parameters in one direction as two of 64 units have."""
BY_WORD = {"cell": "word", "directions": 1, "hidden": 190}
"""No memory: a tanh layer of each word alone, of about that size."""

SETTINGS: dict[str, Any] = {
    "rows": {
        "final": {},
        "final_forward": {"from": "final", **FORWARD},
        "pooled": {"from": "final", "pooling": "mean_max"},
        "pooled_forward": {"from": "pooled", **FORWARD},
        "dropout": {"from": "pooled", "dropout": 0.5, "word_dropout": 0.1},
        "one_cycle": {"from": "dropout", "one_cycle": True},
        "one_cycle_by_word": {"from": "one_cycle", **BY_WORD},
        "scores": {"from": "one_cycle", "ngrams": 3},
        "scores_by_word": {"from": "scores", **BY_WORD},
    },
    "rates": [0.001, 0.003, 0.009],
    "rate": {
        "final": 0.001,
        "final_forward": 0.001,
        "pooled": 0.003,
        "pooled_forward": 0.003,
        "dropout": 0.003,
        "one_cycle": 0.009,
        "one_cycle_by_word": 0.009,
        "scores": 0.009,
        "scores_by_word": 0.003,
    },
    "bag": {"ngrams": 3, "strengths": [0.03, 0.1, 0.3, 1.0], "alpha": 1.0},
    "batch_size": 128, "epochs": 3, "weight_decay": 1e-2, "average": 0.98,
    "train_reviews": None, "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {
    "rows": {
        "final": FORWARD,
        "scores": {"from": "final", "pooling": "mean_max", "dropout": 0.5, "one_cycle": True, "ngrams": 2},
    },
    "rate": {"final": 0.003, "scores": 0.003}, "bag": {"ngrams": 2, "strengths": [0.1], "alpha": 1.0}, "batch_size": 32,
    "epochs": 1, "average": 0.9, "train_reviews": 1000, "test_reviews": 500,
}  # fmt: skip
TOLERANCE = 0.05


def run(
    seed: int, *, rows: dict[str, dict[str, Any]], rates: list[float], rate: dict[str, float], bag: dict[str, Any],
    train_reviews: int | None, test_reviews: int | None, **training: Any,
) -> dict[str, Any]:  # fmt: skip
    """Train every row once; return its figures, and which test reviews it is right about, in the order of `by_tokens`.

    The test reviews are scored once a row, at the epoch that the held-out ones choose.
    """
    from birnn_ref.twins.torch_classifier import accuracy as accuracy_on
    from birnn_ref.twins.torch_classifier import keep_best, logits

    splits = Splits(seed, train_reviews, test_reviews)
    found: dict[str, Any] = {"source": splits.source}
    for name in rows:
        start = time.perf_counter()
        data = splits.of(whole(rows, name))
        model, epochs = train(seed, whole(rows, name), rate[name], data, **training)
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
    figures, right = bag_of_bigrams.fit(seed, **cut, **bag, train_reviews=train_reviews)
    found["bag"] = figures | splits.answers(right)
    return found


def whole(rows: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """Return all that a row is made of: what it starts from, and its own changes.

    Examples
    --------
    >>> both = whole(SETTINGS["rows"], "pooled")
    >>> both["pooling"], both["hidden"], whole(SETTINGS["rows"], "pooled_forward")["hidden"]
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
        import torch

        from birnn_ref.twins.torch_classifier import Reviews

        cut = self._cut(num_words, maxlen)
        scores = {name: [np.zeros((*split.x.shape, 0), np.float32)] for name, split in cut.items()}
        for n in range(1, ngrams + 1):
            ids = {name: ngram_ids(split.x, n, num_words) for name, split in cut.items()}
            scored = log_ratios(ids.pop("train"), cut["train"].y, ids, rng=np.random.default_rng(self.seed))
            for name in cut:
                scores[name].append(scored[name][:, :, None])
        splits = {}
        for name, split in cut.items():
            beside = torch.from_numpy(np.concatenate(scores[name], axis=2))  # (reviews, time, ngrams)
            x, y, lengths = map(torch.from_numpy, (split.x, split.y, split.lengths))
            splits[name] = Reviews(x.long(), beside, y.float(), lengths.long())
        return splits


def train(
    seed: int, row: dict[str, Any], rate: float, data: Any, *, batch_size: int, epochs: int, weight_decay: float,
    average: float,
) -> Any:  # fmt: skip
    """Return a row's model, and an iterator that trains it and yields it after each epoch."""
    import torch

    from birnn_ref.twins import torch_classifier as twin

    torch.manual_seed(seed)
    sizes = {name: row[name] for name in BASE if name not in ("maxlen", "one_cycle")}
    model = twin.PooledClassifier(**sizes).to(twin.DEVICE)
    shared: dict[str, Any] = {"epochs": epochs, "batch_size": batch_size, "learning_rate": rate, "seed": seed}
    if row["one_cycle"]:
        return model, twin.train(model, data, weight_decay=weight_decay, average=average, **shared)
    return model, twin.train_plainly(model, data, **shared)


def tune(
    *, rows: dict[str, dict[str, Any]], rates: list[float], rate: Any, bag: Any, train_reviews: int | None,
    test_reviews: int | None, **training: Any,
) -> dict[str, float]:  # fmt: skip
    """Return ``rate``: for each row the one whose best epoch has the least loss on a tuning seed's held-out reviews."""
    from birnn_ref.twins.torch_classifier import logits

    splits, chosen = Splits(TUNING_SEEDS[0], train_reviews, test_reviews), {}
    for name in rows:
        row, losses = whole(rows, name), {}
        data = splits.of(row)
        signs = 1 - 2 * data["validation"].y.numpy()
        for one_rate in rates:
            best = float("inf")
            _, epochs = train(TUNING_SEEDS[0], row, one_rate, data, **training)
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
    rows = SETTINGS["rows"]
    summary: dict[str, Any] = {name: accuracy(runs, name) for name in (*rows, "bag")}
    summary["gain"] = {name: compare(runs, name, row["from"]) for name, row in rows.items() if "from" in row}
    summary["both_minus_forward"] = {name: compare(runs, name, f"{name}_forward") for name in ("final", "pooled")}
    summary["order"] = {name: compare(runs, name, f"{name}_by_word") for name in ("one_cycle", "scores")}
    summary["minus_bag"] = {name: compare(runs, name, "bag") for name in ("one_cycle", "scores", "scores_by_word")}
    return summary
