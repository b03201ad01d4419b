"""Which digit is being said, every 20 ms: one direction, two, and what waiting is worth.

A forward network may answer some steps late; it is trained so. The bidirectional one is trained on whole strings, and
then also used in chunks, with a look past each chunk's end. The opponent sees a window and has no recurrence. All learn
at one rate, which was not tuned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int, within
from birnn_ref.datasets.splits import Split
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.networks.taggers import WaitingTagger, WindowTagger
from birnn_ref.experiments.paired import over_seeds_and_items
from birnn_ref.experiments.speech import STEP_MS, blocks, drawn, load_steps, steps_of
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate, train
from birnn_ref.layers import no_grad
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models import Tagger


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hidden: int = 64
    forward_hidden: int = 99
    filters: int = 55
    window: int = 21
    dropout: float = 0.3
    noise: float = 0.5
    batch_size: int = 16
    epochs: int = 10
    clip: float = 5.0
    # Steps of 20 ms by which a forward network answers late; each chunk's size, and the lookahead past its end.
    delays: tuple[int, ...] = (0, 5, 10, 20)
    chunks: tuple[tuple[int, int], ...] = ((5, 5), (10, 0), (10, 10), (20, 0), (20, 10))
    rate: float = 0.01
    strings: int = 10
    recordings: int | None = None
    test_blocks: int | None = None


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every network on strings of known voices; return the share of steps whose digit is named rightly."""
    found: dict[str, Any] = {"source": load_steps().source}
    for name in ("both", "window", *(f"forward_{late}" for late in settings.delays)):
        found |= scored(name, seed, settings)
    print(f"seed {seed}:", {name: entry["right"] for name, entry in found.items() if name != "source"}, flush=True)
    return found


def scored(name: str, seed: int, settings: Settings) -> dict[str, Any]:
    """Train one network and test it; the bidirectional one also in chunks."""
    data = load_steps()
    test = blocks(data["test"], settings.strings, np.random.default_rng(1000))[: settings.test_blocks]
    model = trained(name, data["train"].take(slice(settings.recordings)), seed, settings)
    found = {name: _shares([right(model, block) for block in test]) | {"parameters": parameter_count(model)}}
    for chunk, ahead in settings.chunks if name == "both" else ():
        shares = [right_in_chunks(model, block, chunk, ahead) for block in test]
        found[f"chunk_{chunk}_lookahead_{ahead}"] = _shares(shares)
    return found


def build(name: str, features: int, rng: np.random.Generator, settings: Settings) -> Any:
    """Return a network by its name; all are of about one size."""
    s = settings
    if name == "window":
        return WindowTagger(features, s.filters, s.window, 10, dropout=s.dropout, rng=rng)
    if name == "both":
        return Tagger("lstm", None, features, s.hidden, 10, dropout=s.dropout, rng=rng)
    wait = int(name.removeprefix("forward_"))
    return WaitingTagger(wait, "lstm", None, features, s.forward_hidden, 10, dropout=s.dropout, rng=rng)


def trained(name: str, split: Split, seed: int, settings: Settings) -> Any:
    """Train a network by its name: ``both``, ``window``, or ``forward_5``, which answers five steps late."""
    assert split.features is not None
    rng = np.random.default_rng(seed)
    model = build(name, split.features.shape[2], rng, settings)
    steps = steps_of(split, settings.batch_size, settings.epochs)
    train(
        model, _batches(split, rng, settings), _cross_entropy,
        schedule=falling_rate(settings.rate, steps), steps=steps, clip=settings.clip,
        rng=rng,
    )  # fmt: skip
    return model


def _batches(split: Split, rng: np.random.Generator, settings: Settings) -> Iterator[Any]:
    for part in drawn(split, settings.batch_size, settings.noise, rng):
        yield (part.features, part.lengths), (part.tags, part.lengths)


def _cross_entropy(logits: Float, targets: tuple[Int, Int]) -> tuple[float, Float]:
    return softmax_cross_entropy(logits, *targets)


def right(model: Any, strings: Split) -> float:
    """Return the share of steps that are named rightly."""
    assert strings.tags is not None
    with no_grad():
        return _share(model.forward(strings.features, strings.lengths), strings.tags, strings.lengths)


def right_in_chunks(model: Any, strings: Split, chunk: int, ahead: int) -> float:
    """Return the same for a bidirectional network that is given the sound chunk by chunk, and a lookahead past each.

    The forward chain has read everything from the start, so it need not be carried; the backward chain begins at the
    lookahead's end.
    """
    assert strings.features is not None
    assert strings.tags is not None
    logits = np.zeros((*strings.tags.shape, 10), np.float32)
    with no_grad():
        for start in range(0, strings.tags.shape[1], chunk):
            stop = start + chunk
            heard = strings.features[:, : stop + ahead]
            answers = model.forward(heard, np.minimum(strings.lengths, heard.shape[1]))
            logits[:, start:stop] = answers[:, start:stop]
    return _share(logits, strings.tags, strings.lengths)


def _share(logits: Float, tags: Int, lengths: Int) -> float:
    counts = within(lengths, tags.shape[1])
    return float((logits.argmax(axis=2) == tags)[counts].mean())


def _shares(shares: list[float]) -> dict[str, Any]:
    return {"right": round(float(np.mean(shares)), 4), "by_block": [round(share, 4) for share in shares]}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares over seeds and blocks of recordings, with the time from a step's end to its answer at the longest."""
    names = [name for name in runs[0] if name != "source"]
    tables = {name: np.array([run[name]["by_block"] for run in runs]) for name in names}
    summary: dict[str, Any] = {name: over_seeds_and_items(table) for name, table in tables.items()}
    for name, entry in summary.items():
        if "parameters" in runs[0][name]:
            entry["parameters"] = runs[0][name]["parameters"]
        numbers = [int(part) for part in name.split("_") if part.isdigit()]
        if numbers:  # a delay, or a chunk and its lookahead
            entry["wait_ms"] = STEP_MS * (numbers[0] - 1 + numbers[1] if len(numbers) == 2 else numbers[0])
    for name in tables:
        if name.startswith("forward"):
            summary[f"both_minus_{name}"] = over_seeds_and_items(tables["both"] - tables[name])
    return summary | {"both_minus_window": over_seeds_and_items(tables["both"] - tables["window"])}


STUDY = Study(
    "spoken_frames", Settings(), run, summarise, seeds=(0, 1, 2), tolerance=0.05,
    check={
        "hidden": 8, "forward_hidden": 12, "filters": 8, "epochs": 3, "recordings": 300, "test_blocks": 4,
        "strings": 2, "delays": (0, 5), "chunks": ((5, 5),),
    },
)  # fmt: skip
