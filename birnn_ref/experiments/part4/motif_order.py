"""Find motifs, or say which of two stands first: a convolution, a BiLSTM, and a convolution under a BiLSTM.

The three networks have about equally many parameters. Each question is learned from fresh sequences; accuracy is taken
on the same 2 x ``test_twins`` sequences every ``every`` steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.datasets.tasks.motifs import QUESTIONS, SYMBOLS, motif_sequences
from birnn_ref.experiments import training
from birnn_ref.experiments.networks.conv_pool import ConvPool
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate
from birnn_ref.layers import Layer
from birnn_ref.losses import binary_cross_entropy
from birnn_ref.models import Classifier, ConvClassifier


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    embedding: int = 8
    width: int = 3
    pool: int = 4
    filters_alone: int = 124
    hidden_alone: int = 16
    filters: int = 22
    hidden: int = 10
    most_blocks: int = 20
    batch_twins: int = 16
    steps: int = 200
    rate: float = 0.02
    clip: float = 1.0
    test_twins: int = 200
    every: int = 25


SETTINGS = Settings()
NAMES = ("cnn", "bilstm", "cnn_bilstm")
GOAL = 0.95
"""Learned: the share of right answers is at least this."""


def build(name: str, rng: np.random.Generator, settings: Settings = SETTINGS) -> Layer:
    """Return one of the three networks."""
    words, s = len(SYMBOLS), settings
    if name == "cnn":
        return ConvPool(words, s.embedding, s.filters_alone, s.width, rng=rng)
    if name == "bilstm":
        return Classifier("lstm", words, s.embedding, s.hidden_alone, rng=rng)
    return ConvClassifier(
        "lstm", words, s.embedding, s.hidden, filters=s.filters, width=s.width, pool=s.pool, rng=rng
    )  # fmt: skip


def train(model: Layer, question: str, rng: np.random.Generator, settings: Settings) -> list[float]:
    """Train on fresh sequences; return the share of right answers every ``every`` steps."""
    test = motif_sequences(question, settings.test_twins, np.random.default_rng(1000), settings.most_blocks)

    def right() -> float:
        return round(float(np.mean((model.forward(test.x, test.lengths)[:, 0] > 0) == test.y)), 5)

    fresh = iter(lambda: motif_sequences(question, settings.batch_twins, rng, settings.most_blocks), None)
    return training.train(
        model, (((batch.x, batch.lengths), batch.y) for batch in fresh), binary_cross_entropy,
        schedule=falling_rate(settings.rate, settings.steps, first=1), steps=settings.steps, clip=settings.clip,
        every=settings.every, score=right,
    ).scores  # fmt: skip


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the three networks on both questions."""
    found: dict[str, Any] = {"source": "generated"}
    for name in NAMES:
        for question in QUESTIONS:
            rng = np.random.default_rng(seed)
            model = build(name, rng, settings)
            found.setdefault(name, {"parameters": parameter_count(model)})
            found[name][question] = train(model, question, rng, settings)
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The last accuracy and the checkpoints to the goal, by network and question; None where it is not reached."""
    return {
        name: {
            question: {
                "accuracy": mean_and_interval([run[name][question][-1] for run in runs]),
                "checkpoints_to_goal": [
                    next((k + 1 for k, share in enumerate(run[name][question]) if share >= GOAL), None) for run in runs
                ],
            }
            for question in QUESTIONS
        }
        | {"parameters": runs[0][name]["parameters"]}
        for name in NAMES
    }


STUDY = Study(
    "motif_order", SETTINGS, run, summarise,
    check={"steps": 30, "every": 30, "test_twins": 50},
)  # fmt: skip
