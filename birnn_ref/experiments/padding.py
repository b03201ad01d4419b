"""What padding does to a bidirectional tagger that is trained or used without lengths, by the size of its batches.

The task is `disambiguation`'s, with more empty phrases, so that lengths differ more. A batch is padded to its own
longest sentence; the larger it is, the more padding its short sentences get.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref.datasets.tasks.ambiguous import WORDS, Ambiguous, ambiguous_sentences
from birnn_ref.experiments.readers import Reader, falling_rate
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.train import Adam, clip_gradients

SETTINGS: dict[str, Any] = {
    "features": 16, "hidden": 16, "most_fillers": 8, "batch_twins": 16, "steps": 500, "rate": 0.01, "clip": 1.0,
    "test_twins": 500, "batch_sizes": [1, 2, 4, 8, 32, 128],
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"steps": 20, "test_twins": 50, "batch_sizes": [1, 8]}
PLANS = {
    "with lengths": (True, True),
    "trained with lengths, used without": (True, False),
    "without lengths": (False, False),
}
"""Whether lengths are given in training, and in use."""


def run(
    seed: int, *, features: int, hidden: int, most_fillers: int, batch_twins: int, steps: int, rate: float,
    clip: float, test_twins: int, batch_sizes: list[int],
) -> dict[str, Any]:  # fmt: skip
    """Train with and without lengths; return the accuracies by the size of the batches in use."""
    test = ambiguous_sentences(test_twins, np.random.default_rng(1000), most_fillers)
    order = np.random.default_rng(1001).permutation(len(test.x))
    found: dict[str, Any] = {"source": "generated"}
    models = {}
    for trained in (True, False):
        rng = np.random.default_rng(seed)
        models[trained] = model = Reader("both", features, hidden, 2, num_words=len(WORDS), rng=rng)
        optimiser = Adam(model, rate)
        for step in range(steps):
            optimiser.rate = falling_rate(step, steps, rate)
            batch = ambiguous_sentences(batch_twins, rng, most_fillers)
            outputs = model.forward(batch.x, batch.lengths if trained else None)
            word = np.arange(len(batch.x)), batch.position
            d_outputs = np.zeros_like(outputs)
            _, d_outputs[word] = softmax_cross_entropy(outputs[word], batch.sense)
            model.backward(d_outputs)
            clip_gradients(model, clip)
            optimiser.step()
    for name, (trained, used) in PLANS.items():
        found[name] = [accuracy(models[trained], test, order, size, used) for size in batch_sizes]
    return found


def accuracy(model: Reader, test: Ambiguous, order: Any, size: int, lengths: bool) -> float:
    """Return the share of right answers when sentences come in batches of a size, each cut to its longest."""
    right = []
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        longest = test.lengths[rows].max()
        outputs = model.forward(test.x[rows, :longest], test.lengths[rows] if lengths else None)
        right.append(outputs[np.arange(len(rows)), test.position[rows]].argmax(axis=1) == test.sense[rows])
    return round(float(np.concatenate(right).mean()), 5)


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy over the seeds, a plan and a batch size."""
    return {
        name.replace(", ", "_").replace(" ", "_"): [
            mean_and_interval(list(values)) for values in zip(*(run[name] for run in runs), strict=True)
        ]
        for name in PLANS
    }
