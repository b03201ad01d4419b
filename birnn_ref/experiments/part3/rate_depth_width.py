"""Learning rate, depth and width of the tutorial's model on one grid: which moves the accuracy most, and by how much.

Each has a low value and four times that; the tutorial's own setting is among them. The model reads the tutorial's
tokens and answers from its final states. It is trained on part of the training reviews and scored on held-out ones; the
test reviews are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    num_words: int = 2000
    maxlen: int = 50
    embedding: int = 128
    batch_size: int = 50
    epochs: int = 4
    train_reviews: int = 2500
    rate: tuple[float, ...] = (0.001, 0.004)
    depth: tuple[int, ...] = (1, 4)
    width: tuple[int, ...] = (16, 64)


FACTORS = ("rate", "depth", "width")


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train one model per setting; return the held-out accuracy of each one after its last epoch."""
    import torch

    from birnn_ref.experiments.networks.hand_classifier import HandClassifier
    from birnn_ref.experiments.reviews_torch import DEVICE, Reviews, accuracy, train_plainly

    data = load_imdb(settings.num_words, settings.maxlen, padding="post", rng=np.random.default_rng(seed))
    limits = {"train": settings.train_reviews, "validation": None}
    splits = {name: Reviews.of(data[name], limit) for name, limit in limits.items()}
    grid = []
    for rate, levels, units in product(settings.rate, settings.depth, settings.width):
        torch.manual_seed(seed)
        model = HandClassifier(settings.num_words, settings.embedding, units, depth=levels, pooling="final").to(DEVICE)
        *_, model = train_plainly(
            model, splits, epochs=settings.epochs, batch_size=settings.batch_size, learning_rate=rate
        )  # fmt: skip
        right = accuracy(model, splits["validation"])
        grid.append({"rate": rate, "depth": levels, "width": units, "accuracy": right})
        print(f"seed {seed}: {grid[-1]}", flush=True)
    return {"source": data.source, "grid": grid}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Share of the accuracies' spread that each factor explains, and the mean accuracy at each of its values."""
    levels = [sorted({cell[factor] for cell in runs[0]["grid"]}) for factor in FACTORS]
    values = np.array([[cell["accuracy"] for cell in run["grid"]] for run in runs]).reshape(
        len(runs), *map(len, levels)
    )
    summary: dict[str, Any] = {"explained": explained(values)}
    for k, factor in enumerate(FACTORS):
        others = tuple(axis for axis in range(1, 4) if axis != k + 1)
        per_seed = values.mean(axis=others)
        summary[factor] = {
            str(level).replace(".", "_"): mean_and_interval(list(per_seed[:, i])) for i, level in enumerate(levels[k])
        }
    at = int(np.argmax(values.mean(axis=0)))
    summary["best"] = {factor: runs[0]["grid"][at][factor] for factor in FACTORS}
    summary["best"] |= mean_and_interval(list(values.reshape(len(runs), -1)[:, at]))
    return summary


def explained(values: Any) -> dict[str, float]:
    """Split the sum of squares about the mean among the factors, their combinations, and the seeds.

    Parameters
    ----------
    values : array, ``(seeds, rates, depths, widths)``

    Returns
    -------
    dict
        Shares of 1: one per factor alone, ``together`` for what their combinations explain, ``seeds`` for the rest.

    Examples
    --------
    >>> explained(np.array([[[[1.0, 2.0]], [[1.0, 2.0]], [[4.0, 5.0]]]]))
    {'rate': 0.8889, 'depth': 0.0, 'width': 0.1111, 'together': 0.0, 'seeds': 0.0}
    """
    mean = values.mean()
    total = ((values - mean) ** 2).sum()
    shares = {}
    for k, factor in enumerate(FACTORS, start=1):
        others = tuple(axis for axis in range(4) if axis != k)
        effect = values.mean(axis=others) - mean
        shares[factor] = float(values.size / values.shape[k] * (effect**2).sum() / total)
    cells = float(values.shape[0] * ((values.mean(axis=0) - mean) ** 2).sum() / total)
    shares["together"] = cells - sum(shares.values())
    shares["seeds"] = 1 - cells
    return {name: round(share, 4) for name, share in shares.items()}


STUDY = Study(
    "rate_depth_width", Settings(), run, summarise, tolerance=0.05,
    check={"rate": (0.001,), "depth": (1,), "width": (64,)},
)  # fmt: skip
