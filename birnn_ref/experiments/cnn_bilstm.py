"""A convolution, a BiLSTM, and a convolution under a BiLSTM on film reviews, at equal size.

2,000 words, the last 50 tokens, the recipe of `imdb_properly` without n-gram scores. The fourth network is the third
with its windows in a random order, in training and in use: what it loses is what the order of the phrases is worth.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.experiments.results import mean_and_interval

SETTINGS: dict[str, Any] = {
    "num_words": 2000, "maxlen": 50, "embedding": 64, "width": 5, "pool": 4, "batch_size": 128, "epochs": 4,
    "learning_rate": 3e-3, "weight_decay": 1e-2, "word_dropout": 0.1, "dropout": 0.5, "average": 0.995,
    "models": {
        "cnn": {"filters": 78},
        "bilstm": {"hidden": 32},
        "cnn_bilstm": {"filters": 39, "hidden": 24},
        "cnn_bilstm_shuffled": {"filters": 39, "hidden": 24, "shuffled": True},
    },
    "train_reviews": None, "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {
    "epochs": 2, "models": {"cnn_bilstm": {"filters": 39, "hidden": 24}}, "batch_size": 32, "learning_rate": 1e-2,
    "average": 0.9, "train_reviews": 1500, "test_reviews": 1000,
}  # fmt: skip
TOLERANCE = 0.05


def run(
    seed: int, *, num_words: int, maxlen: int, embedding: int, width: int, pool: int, batch_size: int, epochs: int,
    learning_rate: float, weight_decay: float, word_dropout: float, dropout: float, average: float,
    models: dict[str, Any], train_reviews: int | None, test_reviews: int | None,
) -> dict[str, Any]:  # fmt: skip
    """Train every network once; the test reviews are scored once each, at the epoch that the held-out ones choose."""
    import torch

    from birnn_ref.experiments.networks.conv_classifier import ConvRecurrentClassifier
    from birnn_ref.twins import torch_classifier as twin

    data = load_imdb(num_words, maxlen, padding="post", rng=np.random.default_rng(seed))
    splits = {}
    for k, limit in {"train": train_reviews, "validation": None, "test": test_reviews}.items():
        x, y, lengths = (torch.from_numpy(np.asarray(part[:limit])) for part in (data[k].x, data[k].y, data[k].lengths))
        splits[k] = twin.Reviews(x.long(), torch.zeros(*x.shape, 0), y.float(), lengths.long())

    found: dict[str, Any] = {"source": data.source, "device": str(twin.DEVICE)}
    for name, sizes in models.items():
        start = time.perf_counter()
        torch.manual_seed(seed)
        model = ConvRecurrentClassifier(
            num_words, embedding, width=width, pool=pool, word_dropout=word_dropout, dropout=dropout, **sizes
        ).to(twin.DEVICE)
        averages = twin.train(
            model, splits, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate,
            weight_decay=weight_decay, average=average, seed=seed,
        )  # fmt: skip
        model, validation = twin.keep_best(averages, partial(twin.accuracy, data=splits["validation"]))
        found[name] = {
            "parameters": sum(p.numel() for p in model.parameters()),
            "validation_accuracy": validation,
            "test_accuracy": twin.accuracy(model, splits["test"]),
            "held_out_words_shuffled": twin.accuracy(model, _words_shuffled(splits["validation"], seed)),
        }
        if sizes.get("filters") and sizes.get("hidden"):
            model.shuffled = True
            found[name]["held_out_windows_shuffled"] = twin.accuracy(model, splits["validation"])
        found[name]["seconds"] = round(time.perf_counter() - start, 1)
        print(f"seed {seed} {name}: {found[name]}", flush=True)
    return found


def _words_shuffled(data: Any, seed: int) -> Any:
    """Return the reviews with their words in a random order; padding stays behind."""
    import torch

    keys = np.random.default_rng(seed).random(data.x.shape)
    keys[np.arange(data.x.shape[1]) >= data.lengths.numpy()[:, None]] = 2
    return data._replace(x=data.x.gather(1, torch.from_numpy(keys.argsort(axis=1))))


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy of each network over the seeds; what the whole gains on each other one, seed by seed; what order costs.

    ``cost`` is the held-out accuracy that a trained network loses when it is given the reviews' words, or its windows,
    in a random order.
    """
    names = [name for name in SETTINGS["models"] if name in runs[0]]
    tests = {name: [run[name]["test_accuracy"] for run in runs] for name in names}
    summary: dict[str, Any] = {}
    for name in names:
        cells = [run[name] for run in runs]
        summary[name] = {"parameters": cells[0]["parameters"], "test": mean_and_interval(tests[name]), "cost": {}}
        summary[name]["seconds"] = round(float(np.median([cell["seconds"] for cell in cells])), 1)
        for what in ("words", "windows"):
            if (key := f"held_out_{what}_shuffled") in cells[0]:
                lost = [max(cell["validation_accuracy"]) - cell[key] for cell in cells]
                summary[name]["cost"][what] = mean_and_interval(lost)
    summary["gain"] = {
        name: mean_and_interval([a - b for a, b in zip(tests["cnn_bilstm"], tests[name], strict=True)])
        for name in names
        if name != "cnn_bilstm"
    }
    return summary
