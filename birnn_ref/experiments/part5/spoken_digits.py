"""Strings of three spoken digits by CTC: one direction or two, voices that are known and voices that are new.

Both are of one size. The forward one has a single level, since with two it did not learn in this time (78 % of digits
wrong). The opponent has no network: `Templates`. In each of three runs two of the six speakers are held out, so that
each is new once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.splits import Split
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.paired import over_seeds_and_items
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.speech import STEP_MS, blocks, drawn, load_steps, steps_of
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.experiments.templates import Templates
from birnn_ref.experiments.training import falling_rate, train
from birnn_ref.layers import no_grad
from birnn_ref.losses import ctc_greedy, ctc_loss
from birnn_ref.metrics import edit_distance
from birnn_ref.models import Tagger

BLANK = 10
"""Behind the ten digits."""


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hidden: int = 64
    forward_hidden: int = 174
    depth: int = 2
    forward_depth: int = 1
    dropout: float = 0.3
    noise: float = 0.5
    batch_size: int = 16
    epochs: int = 24
    clip: float = 5.0
    rates: tuple[float, ...] = (0.004, 0.01, 0.025)
    rate: dict[str, float] = mapping(both=0.01, forward=0.01)
    tuning_epochs: int = 24
    prices: tuple[float, ...] = (0.0, 5.0, 10.0, 20.0)
    price: float = 0.0
    recordings: int | None = None
    known_strings: int = 10
    new_strings: int = 2
    test_blocks: int | None = None


NAMES = ("both", "forward")


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train on all voices, then on four of the six; return errors on new recordings, and on the two new voices."""
    found: dict[str, Any] = {"source": load_steps().source}
    for kind in ("known", "new"):
        found[kind] = {name: scored(kind, name, seed, settings) for name in (*NAMES, "templates")}
        print(f"seed {seed} {kind}:", {name: entry["error"] for name, entry in found[kind].items()}, flush=True)
    return found


def scored(kind: str, name: str, seed: int, settings: Settings) -> dict[str, Any]:
    """Train one network, or collect the templates, and test it.

    An error is the fewest digits to change, put in and leave out, divided by the digits said; ``by_block`` holds it for
    each block of test strings.
    """
    speakers = load_steps().group_names[2 * (seed % 3) :][:2] if kind == "new" else ()
    data = load_steps(speakers)
    learned = data["train"].take(slice(settings.recordings))
    strings = settings.known_strings if kind == "known" else settings.new_strings
    test = blocks(data["test"], strings, np.random.default_rng(1000))[: settings.test_blocks]
    entry: dict[str, Any] = {}
    if name == "templates":
        templates = Templates(learned)
        said = [_by_templates(templates, block, settings.price) for block in test]
    else:
        model, loss = trained(name, learned, seed, settings)
        said = [decoded(model, block) for block in test]
        entry = {"parameters": parameter_count(model), "loss": round(loss, 3), "heard_ms": round(delay(model, test), 1)}
    errors = [_error(block, words) for block, words in zip(test, said, strict=True)]
    entry |= {
        "error": round(float(np.mean(errors)), 4),
        "strings_right": round(_right(test, said), 4),
        "by_block": [round(error, 4) for error in errors],
    }
    if kind == "new":
        who = np.array([block.groups[0] for block in test if block.groups is not None])
        own = {data.group_names[k]: np.array(errors)[who == k] for k in np.unique(who)}
        entry["by_speaker"] = {speaker: round(float(np.mean(values)), 4) for speaker, values in own.items()}
    return entry


def build(name: str, features: int, rng: np.random.Generator, settings: Settings) -> Tagger:
    """Return a network by its name."""
    s, both = settings, name == "both"
    return Tagger(
        "lstm", None, features, s.hidden if both else s.forward_hidden, BLANK + 1,
        depth=s.depth if both else s.forward_depth, dropout=s.dropout, bidirectional=both, rng=rng,
    )  # fmt: skip


def trained(
    name: str, split: Split, seed: int, settings: Settings, rate: float | None = None, epochs: int | None = None
) -> tuple[Tagger, float]:
    """Train a network by its name; return it, and the mean loss of its last epoch."""
    assert split.features is not None
    rng = np.random.default_rng(seed)
    model = build(name, split.features.shape[2], rng, settings)
    steps = steps_of(split, settings.batch_size, epochs or settings.epochs)
    course = train(
        model, _batches(split, rng, settings), _ctc,
        schedule=falling_rate(rate or settings.rate[name], steps), steps=steps, clip=settings.clip, rng=rng,
    )  # fmt: skip
    return model, float(np.mean(course.losses[-steps_of(split, settings.batch_size, 1) :]))


def _batches(split: Split, rng: np.random.Generator, settings: Settings) -> Iterator[Any]:
    for part in drawn(split, settings.batch_size, settings.noise, rng):
        yield (part.features, part.lengths), (part.targets, part.lengths)


def _ctc(logits: Float, targets: tuple[Int, Int]) -> tuple[float, Float]:
    return ctc_loss(logits, *targets, blank=BLANK)


def decoded(model: Tagger, strings: Split) -> list[list[int]]:
    """Return the digits that the network hears, greedily."""
    return [labels.tolist() for labels in ctc_greedy(logits_of(model, strings), strings.lengths, blank=BLANK)]


def logits_of(model: Tagger, strings: Split) -> Float:
    """Return the logits of some strings."""
    with no_grad():
        return model.forward(strings.features, strings.lengths)


def delay(model: Tagger, test: list[Split]) -> float:
    """Return how long after a digit's beginning it is first named, in ms, over the strings that are heard rightly."""
    waits: list[float] = []
    for strings in test:
        assert strings.tags is not None
        assert strings.targets is not None
        ways = logits_of(model, strings).argmax(axis=2)
        for way, n, tags, words in zip(ways, strings.lengths, strings.tags, strings.targets, strict=True):
            said = np.flatnonzero(_changes(way[:n]) & (way[:n] != BLANK))
            begins = np.flatnonzero(_changes(tags[:n]))
            if way[said].tolist() == list(words) and len(begins) == len(words):  # not where a digit is said twice
                waits += (STEP_MS * (said - begins)).tolist()
    return float(np.mean(waits)) if waits else 0.0


def _changes(row: Int) -> Any:
    return np.concatenate([[True], row[1:] != row[:-1]])


def _by_templates(templates: Templates, strings: Split, price: float) -> list[list[int]]:
    assert strings.features is not None
    return [templates.read(x[:n], price) for x, n in zip(strings.features, strings.lengths, strict=True)]


def _error(strings: Split, said: list[list[int]]) -> float:
    assert strings.targets is not None
    return sum(edit_distance(a, b) for a, b in zip(strings.targets, said, strict=True)) / strings.targets.size


def _right(test: list[Split], answers: list[list[list[int]]]) -> float:
    right = [
        _error(block.take(slice(i, i + 1)), [said]) == 0
        for block, words in zip(test, answers, strict=True)
        for i, said in enumerate(words)
    ]
    return float(np.mean(right))


def tune(settings: Settings) -> dict[str, Any]:
    """Return each network's rate, and the templates' price, with the lowest error on the validation part."""
    data, chosen = load_steps(), {}
    held_out = blocks(data["validation"], settings.known_strings, np.random.default_rng(1001))
    for name in NAMES:
        scores = {}
        for rate in settings.rates:
            model, _ = trained(name, data["train"], TUNING_SEEDS[0], settings, rate, settings.tuning_epochs)
            scores[rate] = round(float(np.mean([_error(b, decoded(model, b)) for b in held_out])), 4)
        print(name, scores, flush=True)
        chosen[name] = min(scores, key=lambda rate: scores[rate])
    templates = Templates(data["train"])
    few = [block.take(slice(3)) for block in held_out]
    prices = {
        price: round(float(np.mean([_error(b, _by_templates(templates, b, price)) for b in few])), 4)
        for price in settings.prices
    }
    print("templates", prices, flush=True)
    return {"rate": chosen, "price": min(prices, key=lambda price: prices[price])}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Digit errors: of known voices over seeds and blocks of recordings, of new voices over the six speakers."""
    systems = (*NAMES, "templates")
    tables = {name: np.array([run["known"][name]["by_block"] for run in runs]) for name in systems}
    voices = {
        name: {speaker: error for run in runs for speaker, error in run["new"][name]["by_speaker"].items()}
        for name in systems
    }
    summary: dict[str, Any] = {"known": {}, "new": {}}
    for name in systems:
        right = np.mean([run["known"][name]["strings_right"] for run in runs])
        summary["known"][name] = over_seeds_and_items(tables[name]) | {"strings_right": round(float(right), 4)}
        summary["new"][name] = mean_and_interval(list(voices[name].values())) | {"by_speaker": voices[name]}
        if name in NAMES:
            heard = mean_and_interval([run["known"][name]["heard_ms"] for run in runs])
            summary["known"][name] |= {"heard_ms": heard, "parameters": runs[0]["known"][name]["parameters"]}
    for other in systems[1:]:
        summary["known"][f"both_minus_{other}"] = over_seeds_and_items(tables["both"] - tables[other])
        differences = [voices["both"][speaker] - voices[other][speaker] for speaker in voices["both"]]
        summary["new"][f"both_minus_{other}"] = mean_and_interval(differences)
    return summary


STUDY = Study(
    "spoken_digits", Settings(), run, summarise, seeds=(0, 1, 2), tune=tune, tolerance=0.1,
    check={
        "hidden": 8, "forward_hidden": 12, "depth": 1, "epochs": 2, "recordings": 200, "test_blocks": 4,
        "known_strings": 2,
    },
)  # fmt: skip
