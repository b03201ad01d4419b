"""Say at an ambiguous word which sense it has, when the telling clause comes before it or after it.

Four networks of equal recurrent size: forward, backward, both directions, and a forward one that may answer late, at
the sentence's end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.tasks.ambiguous import WORDS, Ambiguous, ambiguous_sentences
from birnn_ref.experiments.readers import Reader, falling_rate, parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.train import Adam, clip_gradients

SETTINGS: dict[str, Any] = {
    "features": 16, "hidden": 16, "equal_hidden": 26, "batch_twins": 16, "steps": 600, "rate": 0.01, "clip": 1.0,
    "test_twins": 1000, "noise": [0.1, 0.2, 0.4],
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"steps": 20, "test_twins": 100, "noise": [0.2]}
NAMES = ("forward", "backward", "both", "forward, at the end")


def run(
    seed: int, *, features: int, hidden: int, equal_hidden: int, batch_twins: int, steps: int, rate: float,
    clip: float, test_twins: int, noise: list[float],
) -> dict[str, Any]:  # fmt: skip
    """Train the four networks; return their accuracies on both kinds of sentence, with noise, and their sizes."""
    test = ambiguous_sentences(test_twins, np.random.default_rng(1000))
    noisy = [with_noise(test, share, np.random.default_rng(1001)) for share in noise]
    found: dict[str, Any] = {"source": "generated"}
    for name in NAMES:
        rng = np.random.default_rng(seed)
        reading = name.split(",")[0]
        width = hidden if reading == "both" else equal_hidden
        model = Reader(reading, features, width, 2, num_words=len(WORDS), rng=rng)
        late = name.endswith("end")
        train(model, rng, batch_twins=batch_twins, steps=steps, rate=rate, clip=clip, late=late)
        right = answers(model, test, late).argmax(axis=1) == test.sense
        with_errors = [np.mean(answers(model, batch, late).argmax(axis=1) == test.sense) for batch in noisy]
        found[name] = {
            "recurrent_parameters": parameter_count(model.recurrent),
            "told_before": round(float(right[~test.after].mean()), 5),
            "told_after": round(float(right[test.after].mean()), 5),
            "with_noise": [round(float(accuracy), 5) for accuracy in with_errors],
        }
    return found


def with_noise(batch: Ambiguous, share: float, rng: np.random.Generator) -> Ambiguous:
    """Replace each word but the ambiguous one by any word of the vocabulary, with probability ``share``."""
    steps = np.arange(batch.x.shape[1])
    hit = rng.random(batch.x.shape) < share
    hit &= (steps < batch.lengths[:, None]) & (steps != batch.position[:, None])
    return batch._replace(x=np.where(hit, rng.integers(1, len(WORDS), size=batch.x.shape), batch.x))


def train(
    model: Reader, rng: np.random.Generator, *, batch_twins: int = 16, steps: int = 600, rate: float = 0.01,
    clip: float = 1.0, late: bool = False,
) -> None:  # fmt: skip
    """Train a reader on fresh sentences; the loss is taken at one step of each."""
    optimiser = Adam(model, rate)
    for step in range(steps):
        optimiser.rate = falling_rate(step, steps, rate)
        batch = ambiguous_sentences(batch_twins, rng)
        _, d_answers = softmax_cross_entropy(answers(model, batch, late), batch.sense)
        d_outputs = np.zeros((*batch.x.shape, 2), np.float32)
        d_outputs[np.arange(len(batch.x)), asked(batch, late)] = d_answers
        model.backward(d_outputs)
        clip_gradients(model, clip)
        optimiser.step()


def asked(batch: Ambiguous, late: bool) -> Int:
    """Return the step at which each sentence's answer is read: the ambiguous word's, or the last."""
    return batch.lengths - 1 if late else batch.position


def answers(model: Reader, batch: Ambiguous, late: bool = False) -> Float:
    """Return the logits of both senses, ``(sentences, 2)``."""
    outputs = model.forward(batch.x, batch.lengths)
    chosen: Float = outputs[np.arange(len(batch.x)), asked(batch, late)]
    return chosen


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy over the seeds, a network and a kind of sentence; under noise, both directions less one that waits."""
    summary: dict[str, Any] = {
        name.replace(", ", "_").replace(" ", "_"): {
            kind: mean_and_interval([run[name][kind] for run in runs]) for kind in ("told_before", "told_after")
        }
        | {"with_noise": [mean_and_interval(found) for found in _by_share(runs, name)]}
        for name in NAMES
    }
    two, one = (np.array(_by_share(runs, name)) for name in ("both", "forward, at the end"))  # (shares, seeds)
    summary["both_minus_waiting"] = [mean_and_interval(found) for found in two - one]
    return summary


def _by_share(runs: list[dict[str, Any]], name: str) -> list[list[float]]:
    return [list(found) for found in zip(*(run[name]["with_noise"] for run in runs), strict=True)]
