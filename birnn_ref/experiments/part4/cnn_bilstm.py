"""A convolution, a BiLSTM, and a convolution under a BiLSTM on film reviews, at equal size.

2,000 words, the last 50 tokens; dropout and one cycle of the rate as in `imdb_properly`. The fourth network is the
third with its windows in a random order, in training and in use: what it loses is what the order of phrases is worth.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.reviews import OneCycle
from birnn_ref.experiments.study import Study, mapping


@dataclass(frozen=True)
class Settings(OneCycle):
    """What a run uses."""

    num_words: int = 2000
    maxlen: int = 50
    embedding: int = 64
    width: int = 5
    pool: int = 4
    batch_size: int = 128
    epochs: int = 4
    learning_rate: float = 0.003
    average: float = 0.995
    models: dict[str, dict[str, Any]] = mapping(
        cnn={"filters": 78},
        bilstm={"hidden": 32},
        cnn_bilstm={"filters": 39, "hidden": 24},
        cnn_bilstm_shuffled={"filters": 39, "hidden": 24, "shuffled": True},
    )


SETTINGS = Settings()


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every network once; the test reviews are scored once each, at the epoch that the held-out ones choose."""
    import torch

    from birnn_ref.experiments import reviews_torch as torch_reviews
    from birnn_ref.experiments.networks.conv_classifier import ConvRecurrentClassifier

    data = load_imdb(settings.num_words, settings.maxlen, padding="post", rng=np.random.default_rng(seed))
    limits = {"train": settings.train_reviews, "validation": None, "test": settings.test_reviews}
    splits = {name: torch_reviews.Reviews.of(data[name], limit) for name, limit in limits.items()}
    found: dict[str, Any] = {"source": data.source, "device": str(torch_reviews.DEVICE)}
    for name, sizes in settings.models.items():
        start = time.perf_counter()
        torch.manual_seed(seed)
        model = ConvRecurrentClassifier(
            settings.num_words,
            settings.embedding,
            width=settings.width,
            pool=settings.pool,
            word_dropout=settings.word_dropout,
            dropout=settings.dropout,
            **sizes,
        ).to(torch_reviews.DEVICE)
        averages = torch_reviews.train(model, splits, seed=seed, **settings.cycle())
        model, validation = torch_reviews.keep_best(
            averages, partial(torch_reviews.accuracy, data=splits["validation"])
        )
        found[name] = {
            "parameters": sum(p.numel() for p in model.parameters()),
            "validation_accuracy": validation,
            "test_accuracy": torch_reviews.accuracy(model, splits["test"]),
            "held_out_words_shuffled": torch_reviews.accuracy(model, _words_shuffled(splits["validation"], seed)),
        }
        if sizes.get("filters") and sizes.get("hidden"):
            model.shuffled = True
            found[name]["held_out_windows_shuffled"] = torch_reviews.accuracy(model, splits["validation"])
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
    names = [name for name in SETTINGS.models if name in runs[0]]
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


STUDY = Study(
    "cnn_bilstm", SETTINGS, run, summarise, tolerance=0.05,
    check={
        "epochs": 2, "models": {"cnn_bilstm": {"filters": 39, "hidden": 24}}, "batch_size": 32, "learning_rate": 0.01,
        "average": 0.9, "train_reviews": 1500, "test_reviews": 1000,
    },
)  # fmt: skip
