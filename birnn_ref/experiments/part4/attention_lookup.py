"""Look letters up in a list of letters and digits: by attention, by the final states, by the mean of the states.

A sequence holds pairs, a letter and then its digit: ``c 7 a 3 f 1``. A bidirectional GRU reads it; then it is asked for
some of its letters, and the answer to each is one digit. The letter asked for reaches the attention as the query, and
the small network that answers beside the context. Every model is tested on lists as long as those that it was trained
on; the one that was trained on lists of ``drawn`` pairs also reads longer ones, which no training has shown it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.lists import Lists, draw, example
from birnn_ref.experiments import training
from birnn_ref.experiments.networks.lookup import Lookup, on_pair, permuted
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.rates import TUNING_SEEDS, Trial, choose_rate
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.experiments.training import Batches, falling_rate
from birnn_ref.losses import softmax_cross_entropy


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    # All sizes come to about 18,800 parameters.
    hidden: dict[str, int] = mapping(additive=32, dot=34, final=36, mean=36)
    pairs: tuple[int, ...] = (2, 4, 8)
    drawn: int = 8
    longer: tuple[int, ...] = (16, 24)
    rates: tuple[float, ...] = (0.003, 0.01)
    # For each way, by pairs, what `tune` chose of ``rates`` with half the steps; 0.03 was worse for the final states
    # and the mean at 2 and 4 pairs.
    rate: dict[str, tuple[float, ...]] = mapping(
        additive=(0.01, 0.01, 0.01), dot=(0.01, 0.01, 0.01), final=(0.01, 0.01, 0.003), mean=(0.01, 0.01, 0.01)
    )
    features: int = 16
    inner: int = 64
    batch_size: int = 64
    steps: int = 8000
    clip: float = 1.0
    queries: int = 4
    every: int = 100
    test_sequences: int = 500


SETTINGS = Settings()
STOP = 0.999
"""Training stops when so large a share of the answers on fresh lists is right."""
SOLVED = 0.99
"""A run counts as solved if such a share of the answers on other lists is then right."""


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train each way on lists of each size; return its steps, its right answers, and what its weights do.

    ``longer`` holds the right answers of the model trained on ``drawn`` pairs, by the pairs of longer lists.
    """
    found: dict[str, Any] = {"source": "generated"}
    tests = {
        n: draw(np.random.default_rng(1000 + n), settings.test_sequences, n, n, settings.queries)
        for n in {*settings.pairs, *settings.longer}
    }
    for how, width in settings.hidden.items():
        found[how] = {"pairs": {}, "longer": {}}
        for n, rate in zip(settings.pairs, settings.rate[how], strict=True):
            rng = np.random.default_rng([seed, n])
            model = Lookup(how, settings.features, width, settings.inner, rng=rng)
            steps = train(model, rng, settings, rate, n)
            figures: dict[str, Any] = {"steps": steps, "accuracy": right(model, tests[n])}
            if how in ("additive", "dot"):
                figures["weight_on_pair"] = round(float(on_pair(model.alpha, tests[n].place).mean()), 5)
                other = permuted(model.alpha, tests[n].lengths, np.random.default_rng(seed))
                figures["permuted"] = _right(model.answer_by(other, tests[n].asked), tests[n])
            found[how]["pairs"][str(n)] = figures
            if n == settings.drawn:
                found[how]["longer"] = {str(m): right(model, tests[m]) for m in settings.longer}
                if how in ("additive", "dot"):
                    lists = example()
                    model.forward(lists.x, lists.lengths, lists.asked)
                    found[how]["example"] = np.round(model.alpha[0], 3).astype(float).tolist()
            print(f"seed {seed} {how} {n} pairs: {figures}", flush=True)
        found[how]["parameters"] = parameter_count(model)
    return found


def tune(settings: Settings) -> dict[str, list[float]]:
    """Return ``rate``: for each way, by pairs, the best of ``rates`` on the first of the tuning seeds."""
    chosen: dict[str, list[float]] = {}
    for how, width in settings.hidden.items():
        chosen[how] = []
        for n in settings.pairs:

            def trial(seed: int, rate: float, limit: int, how: str = how, width: int = width, n: int = n) -> Trial:
                rng = np.random.default_rng([seed, n])
                model = Lookup(how, settings.features, width, settings.inner, rng=rng)
                taken = train(model, rng, settings, rate, n, limit)
                accuracy = right(model, draw(rng, settings.test_sequences, n, n, settings.queries))
                return Trial(taken, accuracy >= SOLVED, 1 - accuracy)

            chosen[how].append(choose_rate(settings.rates, settings.steps, trial, TUNING_SEEDS[:1]))
            print(f"{how}, {n} pairs: {chosen[how][-1]}", flush=True)
    return chosen


def train(
    model: Lookup, rng: np.random.Generator, settings: Settings, rate: float, pairs: int, limit: int | None = None
) -> int:
    """Train on fresh lists of so many pairs until its answers are right; return the steps that it took.

    The rate falls over ``steps``; ``limit`` ends training before them.
    """
    held_out = draw(rng, 300, pairs, pairs, settings.queries)
    return training.train(
        model, batches(rng, settings.batch_size, pairs, settings.queries), softmax_cross_entropy,
        schedule=falling_rate(rate, settings.steps), steps=settings.steps if limit is None else limit,
        clip=settings.clip, every=settings.every, score=lambda: right(model, held_out), solved=lambda s: s >= STOP,
    ).steps  # fmt: skip


def batches(rng: np.random.Generator, count: int, pairs: int, queries: int) -> Batches:
    """Yield fresh lists with what they are asked, and the answers."""
    while True:
        lists = draw(rng, count, pairs, pairs, queries)
        yield (lists.x, lists.lengths, lists.asked), lists.answer


def right(model: Lookup, lists: Lists) -> float:
    """Return the share of right answers."""
    return _right(model.forward(lists.x, lists.lengths, lists.asked), lists)


def _right(logits: Float, lists: Lists) -> float:
    return round(float(np.mean(logits.argmax(axis=2) == lists.answer)), 5)


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """For each way, by pairs: seeds that solved it, and medians; ``longer`` and ``permuted`` likewise.

    A seed that did not solve it counts as having needed more steps than any other; where it is the median one,
    ``steps`` is none.
    """
    summary: dict[str, Any] = {}
    for how in SETTINGS.hidden:
        summary[how] = {"parameters": runs[0][how]["parameters"], "pairs": {}}
        for n, first in runs[0][how]["pairs"].items():
            found = [run[how]["pairs"][n] for run in runs]
            solved = [figures["accuracy"] >= SOLVED for figures in found]
            needed = np.median([figures["steps"] if s else np.inf for figures, s in zip(found, solved, strict=True)])
            summary[how]["pairs"][n] = {
                "solved": sum(solved), "needed": int(needed) if np.isfinite(needed) else None,
                **{kind: round(float(np.median([figures[kind] for figures in found])), 5) for kind in first},
            }  # fmt: skip
        summary[how]["longer"] = {
            n: round(float(np.median([run[how]["longer"][n] for run in runs])), 5) for n in runs[0][how]["longer"]
        }
    return summary


STUDY = Study(
    "attention_lookup", SETTINGS, run, summarise, seeds=(0, 1, 2), tune=tune,
    check={
        "pairs": (4, 8),
        "rate": {"additive": (0.01, 0.01), "dot": (0.01, 0.01), "final": (0.003, 0.003), "mean": (0.003, 0.003)},
        "steps": 20, "every": 20, "test_sequences": 50,
    },
)  # fmt: skip
