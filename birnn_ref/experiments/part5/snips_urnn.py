"""Slots of SNIPS by words alone, six readers of equal size: one direction, two, the U-RNN's two forms, the S-LSTM.

The readers are LSTMs but the last, in PyTorch. The validation part chooses the epoch by its span F1; the test part is
scored once, with the parameters of that epoch. The time of a training step is processor time, each batch given to every
network in turn.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from birnn_ref._checks import Int
from birnn_ref.datasets import load_snips
from birnn_ref.datasets.tagged import TaggedData
from birnn_ref.experiments.paired import over_seeds_and_items
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.experiments.tagging import by_sentence, counts, spans_right, true_tags
from birnn_ref.experiments.training import falling_rate
from birnn_ref.train import Sequences
from birnn_ref.train.sequences import Batch

if TYPE_CHECKING:
    from torch import Tensor

    from birnn_ref.experiments.networks.variant_taggers import VariantTagger
    from birnn_ref.experiments.training_torch import Batches


@dataclass(frozen=True)
class Settings:
    """What a run uses; ``hidden`` makes all about as large as two directions of 48 units."""

    min_count: int = 2
    embedding: int = 32
    hidden: dict[str, int] = mapping(forward=75, both=48, mixed=28, per_step=44, summary=44, slstm=31)
    # The best of ``rates`` and, for the S-LSTM, of ``slstm_depths``, by `tune`, after ``tuning_epochs``.
    rate: dict[str, float] = mapping(forward=0.02, both=0.02, mixed=0.02, per_step=0.02, summary=0.04, slstm=0.04)
    slstm_steps: int = 6
    rates: tuple[float, ...] = (0.005, 0.01, 0.02, 0.04)
    slstm_depths: tuple[int, ...] = (3, 6)
    dropout: float = 0.3
    epochs: int = 6
    tuning_epochs: int = 5
    batch: int = 16
    clip: float = 5.0
    train_sentences: int | None = 2000
    timed: int = 40


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every network; return its span F1, what it has right by sentence, and what a step of training takes."""
    data = _data(settings.min_count)
    found: dict[str, Any] = {"source": data.source}
    for name in settings.hidden:
        model, validation = trained(name, seed, settings)
        right = spans_right(data.tag_names, true_tags(data, "test"), answers(model, data, "test"))
        found[name] = {"parameters": model.size(), "validation": round(validation, 5), **counts(*right)}
        print(f"seed {seed} {name}: {validation:.4f} {found[name]['test']:.4f}", flush=True)
    for name, figures in step_times(seed, settings).items():
        found[name] |= figures
    return found


@cache
def _data(min_count: int) -> TaggedData:
    return load_snips(min_count=min_count)


def build(name: str, data: TaggedData, settings: Settings) -> VariantTagger:
    """Return one of the networks; its weights come from PyTorch's generator."""
    from birnn_ref.experiments.networks.variant_taggers import VariantTagger

    assert data.vocabulary is not None
    return VariantTagger(
        name, len(data.vocabulary), settings.embedding, settings.hidden[name], len(data.tag_names),
        dropout=settings.dropout, steps=settings.slstm_steps,
    )  # fmt: skip


def trained(name: str, seed: int, settings: Settings) -> tuple[VariantTagger, float]:
    """Return a network with the parameters of its best epoch, and the validation part's span F1 with them."""
    import torch

    from birnn_ref.experiments import training_torch

    data, rng = _data(settings.min_count), np.random.default_rng(seed)
    train = _sequences(data, "train", settings.train_sentences)
    steps = settings.epochs * -(-len(train) // settings.batch)
    true, best, kept = true_tags(data, "validation"), -1.0, {}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = build(name, data, settings)
        optimiser, schedule = training_torch.adam(model, falling_rate(settings.rate[name], steps), fused=True)
        for _ in range(settings.epochs):
            training_torch.train(
                model,
                _tensors(train.batches(settings.batch, rng)),
                loss,
                optimiser,
                schedule=schedule,
                clip=settings.clip,
            )
            right, of = spans_right(data.tag_names, true, answers(model, data, "validation"))
            if (f1 := float(right.sum() / of.sum())) > best:
                best, kept = f1, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return model, best


def _sequences(data: TaggedData, name: str, count: int | None = None) -> Sequences:
    part = data[name].take(slice(count))
    return Sequences(part.ids, part.tags, part.lengths)


def _tensors(given: Iterable[Batch]) -> Batches:
    """Yield what the model takes, ids ``(batch, time)`` and lengths ``(batch,)``, and what the loss takes."""
    import torch

    for batch in given:
        ids, tags, lengths = (torch.from_numpy(np.asarray(a, np.int64)) for a in (batch.x, batch.y, batch.lengths))
        yield (ids, lengths), (tags, lengths)


def loss(logits: Tensor, given: tuple[Tensor, Tensor]) -> Tensor:
    """Return the mean cross-entropy over the words; what is padding does not count."""
    from torch.nn.functional import cross_entropy

    from birnn_ref.twins.torch.padding import within

    tags, lengths = given
    words = within(lengths, tags.shape[1])  # (batch, time)
    return cross_entropy(logits[words], tags[words])


def answers(model: VariantTagger, data: TaggedData, name: str, size: int = 256) -> list[Int]:
    """Return the model's tagging of each sentence of a part, ``(words,)``."""
    import torch

    found: list[Int] = []
    model.eval()
    for (ids, lengths), _ in _tensors(_sequences(data, name).batches(size)):
        with torch.no_grad():
            best = model(ids, lengths).argmax(dim=2).numpy()  # (batch, time)
        found += [row[:n] for row, n in zip(best, lengths.tolist(), strict=True)]
    return found


def step_times(seed: int, settings: Settings) -> dict[str, dict[str, float]]:
    """Return what a training step takes, each batch given to every network in turn, and that over what ``both`` takes.

    Both are medians over the batches.
    """
    from birnn_ref.experiments import training_torch

    data = _data(settings.min_count)
    models = {name: build(name, data, settings) for name in settings.hidden}
    optimisers = {name: training_torch.adam(model, lambda _: 0.001, fused=True) for name, model in models.items()}
    seconds: dict[str, list[float]] = {name: [] for name in models}
    train = _sequences(data, "train", settings.train_sentences)
    shuffled = train.batches(settings.batch, np.random.default_rng(seed))
    for batch in islice(_tensors(shuffled), settings.timed):
        for name, model in models.items():
            start = time.process_time()
            training_torch.train(model, [batch], loss, optimisers[name][0], clip=settings.clip)
            seconds[name].append(time.process_time() - start)
    both = np.array(seconds["both"])
    return {
        name: {
            "step_seconds": round(float(np.median(taken)), 5),
            "ratio_of_seconds": round(float(np.median(np.array(taken) / both)), 3),
        }
        for name, taken in seconds.items()
    }


def tune(settings: Settings) -> dict[str, Any]:
    """Return ``rate`` and ``slstm_steps``: the best by the validation part on a tuning seed."""
    chosen: dict[str, Any] = {"rate": {}}
    for name in settings.hidden:
        depths = settings.slstm_depths if name == "slstm" else (settings.slstm_steps,)
        tried = {}
        for depth in depths:
            for rate in settings.rates:
                given = replace(settings, rate={name: rate}, slstm_steps=depth, epochs=settings.tuning_epochs)
                tried[rate, depth] = trained(name, TUNING_SEEDS[0], given)[1]
        chosen["rate"][name], depth = max(tried, key=lambda at: tried[at])
        print(name, {at: round(f1, 4) for at, f1 in tried.items()}, flush=True)
        if name == "slstm":
            chosen["slstm_steps"] = depth
    return chosen


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Span F1, and differences of it, over seeds and test sentences; the times over seeds."""
    names = [name for name in runs[0] if name != "source"]
    tables = {name: np.stack([by_sentence(run[name]) for run in runs]) for name in names}
    summary: dict[str, Any] = {
        name: {
            "parameters": runs[0][name]["parameters"],
            "validation": mean_and_interval([run[name]["validation"] for run in runs]),
            "test": over_seeds_and_items(tables[name]),
            "step_seconds": float(np.median([run[name]["step_seconds"] for run in runs])),
            "ratio_of_seconds": mean_and_interval([run[name]["ratio_of_seconds"] for run in runs]),
        }
        for name in names
    }
    summary["minus_both"] = {
        name: over_seeds_and_items(tables[name] - tables["both"]) for name in names if name != "both"
    }
    summary["per_step_minus"] = {
        name: over_seeds_and_items(tables["per_step"] - tables[name])
        for name in ("forward", "mixed", "summary", "slstm")
    }
    return summary


STUDY = Study(
    "snips_urnn", Settings(), run, summarise, tolerance=0.08, tune=tune,
    check={
        "hidden": {"forward": 25, "both": 16, "mixed": 10, "per_step": 15, "summary": 15, "slstm": 10},
        "rate": dict.fromkeys(("forward", "both", "mixed", "per_step", "summary", "slstm"), 0.03),
        "train_sentences": 400, "timed": 3, "epochs": 4,
    },
)  # fmt: skip
