"""Where a second direction helps to read a pen: whole letters, every point of a word, words without marked points.

Nobody whose letters are tested has written for training. All networks of a task are of one size. The opponents have no
network: the nearest training letter, the nearest window of points, letters warped and strung together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int, within
from birnn_ref.datasets.letters import draw_writer
from birnn_ref.datasets.pens import FEATURES, WRITERS, PenData, load_letters, load_pen_words
from birnn_ref.datasets.splits import Split
from birnn_ref.experiments.nearest import PenTemplates, nearest, shapes, windows
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.networks.taggers import WaitingTagger
from birnn_ref.experiments.paired import over_seeds_and_items
from birnn_ref.experiments.rates import TUNING_SEEDS
from birnn_ref.experiments.study import Study, mapping
from birnn_ref.experiments.training import falling_rate, train
from birnn_ref.layers import no_grad
from birnn_ref.losses import ctc_greedy, ctc_loss, softmax_cross_entropy
from birnn_ref.metrics import edit_distance
from birnn_ref.models import Classifier, Tagger
from birnn_ref.train.sequences import deal

BLANK = 26
"""Behind the letters."""
TASKS = {"letters": ("both", "forward"), "points": ("both", "forward", "waiting"), "words": ("both", "forward")}
"""The networks of each task; ``waiting`` is a forward one that answers some points later."""
PLACES = 12
"""Points of a letter that are told apart, from its first one."""


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hidden: int = 48
    forward_hidden: int = 70
    wait: int = 8
    dropout: float = 0.2
    batch_size: int = 32
    epochs: dict[str, int] = mapping(letters=10, points=10, words=20)
    clip: float = 5.0
    rates: tuple[float, ...] = (0.01, 0.02)
    tuning: float = 0.5  # of the epochs
    rate: dict[str, dict[str, float]] = mapping(
        letters={"both": 0.01, "forward": 0.02},
        points={"both": 0.02, "forward": 0.02, "waiting": 0.02},
        words={"both": 0.02, "forward": 0.01},
    )
    repetitions: int = 3
    train_words: int = 50
    test_words: int = 10
    template_words: int = 400
    windows: int = 20_000
    price: float = 1.0


@cache
def load(task: str, repetitions: int, train_words: int, test_words: int) -> PenData:
    """Load what a task reads, once."""
    if task == "letters":
        return load_letters(repetitions=repetitions)
    return load_pen_words(train=train_words, test=test_words)


def data_of(task: str, settings: Settings) -> PenData:
    """Return what a task reads."""
    s = settings
    return load("letters" if task == "letters" else "words", s.repetitions, s.train_words, s.test_words)


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train every network of every task; return how often it is right, for each new writer."""
    found: dict[str, Any] = {}
    for task, names in TASKS.items():
        data = data_of(task, settings)
        found[task] = {"nearest": opponent(task, settings)}
        for name in names:
            model, loss = trained(task, name, data["train"], seed, settings)
            found[task][name] = scored(task, model, data["test"]) | {
                "parameters": parameter_count(model), "loss": round(loss, 3),
            }  # fmt: skip
        print(f"seed {seed} {task}:", {name: entry["right"] for name, entry in found[task].items()}, flush=True)
    return found


def build(task: str, name: str, rng: np.random.Generator, settings: Settings) -> Any:
    """Return a network by its task and name."""
    both, drop = name == "both", settings.dropout
    hidden = settings.hidden if both else settings.forward_hidden
    if task == "letters":
        return Classifier("lstm", None, len(FEATURES), hidden, 26, dropout=drop, bidirectional=both, rng=rng)
    sizes = "lstm", None, len(FEATURES), hidden, BLANK + (task == "words")
    if name == "waiting":
        return WaitingTagger(settings.wait, *sizes, dropout=drop, rng=rng)
    return Tagger(*sizes, dropout=drop, bidirectional=both, rng=rng)


def trained(
    task: str, name: str, split: Split, seed: int, settings: Settings, rate: float | None = None, share: float = 1
) -> tuple[Any, float]:
    """Train a network for a share of its epochs; return it, and the mean loss of the last."""
    rng = np.random.default_rng(seed)
    model = build(task, name, rng, settings)
    epoch = -(-len(split) // settings.batch_size)
    steps = int(share * settings.epochs[task]) * epoch
    course = train(
        model, _batches(task, split, rng, settings), _ctc if task == "words" else _cross_entropy,
        schedule=falling_rate(rate or settings.rate[task][name], steps), steps=steps, clip=settings.clip, rng=rng,
    )  # fmt: skip
    return model, float(np.mean(course.losses[-epoch:]))


def _batches(task: str, split: Split, rng: np.random.Generator, settings: Settings) -> Iterator[Any]:
    while True:
        for rows in deal(len(split), settings.batch_size, rng, split.lengths):
            part = split.take(rows)
            asked = {"letters": part.labels, "points": part.tags, "words": part.targets}[task]
            yield (part.features, part.lengths), (asked, None if task == "letters" else part.lengths)


def _cross_entropy(logits: Float, targets: tuple[Int, Int]) -> tuple[float, Float]:
    return softmax_cross_entropy(logits, *targets)


def _ctc(logits: Float, targets: tuple[Int, Int]) -> tuple[float, Float]:
    return ctc_loss(logits, *targets, blank=BLANK)


def scored(task: str, model: Any, split: Split) -> dict[str, Any]:
    """Return how often a network is right: letters, points, or 1 less the letter error of words."""
    with no_grad():
        logits = model.forward(split.features, split.lengths)
    if task == "letters":
        return _by_writer(split, (logits.argmax(axis=1) == split.labels).astype(float))
    if task == "words":
        said = [labels.tolist() for labels in ctc_greedy(logits, split.lengths, blank=BLANK)]
        return _by_writer(split, 1 - _errors(split, said))
    assert split.tags is not None
    return _of_points(split, logits.argmax(axis=2) == split.tags)


def _of_points(split: Split, right: Any) -> dict[str, Any]:
    """Return the share of points that are named rightly; also from a letter's first point on."""
    assert split.tags is not None
    counts = within(split.lengths, split.tags.shape[1])
    place = np.zeros(split.tags.shape, int)
    for t in range(1, split.tags.shape[1]):  # a letter that is written twice in a row is one here
        place[:, t] = np.where(split.tags[:, t] == split.tags[:, t - 1], place[:, t - 1] + 1, 0)
    shares = [round(float(right[counts & (place == k)].mean()), 4) for k in range(PLACES)]
    each = [float(row[:n].mean()) for row, n in zip(right, split.lengths, strict=True)]
    return _by_writer(split, np.array(each)) | {"by_place": shares}


def _errors(split: Split, said: list[list[int]]) -> Float:
    assert split.targets is not None
    return np.array([edit_distance(a, b) / len(a) for a, b in zip(split.targets, said, strict=True)])


def _by_writer(split: Split, values: Float) -> dict[str, Any]:
    assert split.groups is not None
    shares = [float(values[split.groups == writer].mean()) for writer in np.unique(split.groups)]
    return {"right": round(float(np.mean(shares)), 4), "by_writer": [round(share, 4) for share in shares]}


def opponent(task: str, settings: Settings, part: str = "test", price: float | None = None) -> dict[str, Any]:
    """Return the same for the opponent without a network, which no seed changes."""
    s = settings
    sizes = s.repetitions, s.train_words, s.test_words, s.windows, s.template_words
    return _opponent(task, *sizes, s.price if price is None else price, part)


@cache
def _opponent(
    task: str, repetitions: int, train_words: int, test_words: int, seen: int, words: int, price: float, part: str
) -> dict[str, Any]:
    data = load("letters" if task == "letters" else "words", repetitions, train_words, test_words)
    learned, split = data["train"], data[part]
    if task == "letters":
        assert learned.labels is not None
        found = learned.labels[nearest(shapes(learned), shapes(split))]
        return _by_writer(split, (found == split.labels).astype(float))
    if task == "words":
        templates = PenTemplates.of(learned.take(slice(words)))
        assert split.features is not None
        said = [templates.read(x[:n], price) for x, n in zip(split.features, split.lengths, strict=True)]
        return _by_writer(split, 1 - _errors(split, said))
    assert learned.tags is not None
    assert split.tags is not None
    known, asked = (within(p.lengths, p.tags.shape[1]) for p in (learned, split))  # type: ignore[union-attr]
    some = np.random.default_rng(0).permutation(known.sum())[:seen]
    found = learned.tags[known][some][nearest(windows(learned)[some], windows(split))]
    right = np.zeros(split.tags.shape, bool)
    right[asked] = found == split.tags[asked]
    return _of_points(split, right)


def tune(settings: Settings) -> dict[str, Any]:
    """Return each network's rate, and the price of a template, that do best for the validation part's writers."""
    chosen: dict[str, dict[str, float]] = {}
    for task, names in TASKS.items():
        data, chosen[task] = data_of(task, settings), {}
        for name in names:
            scores = {}
            for rate in settings.rates:
                model, _ = trained(task, name, data["train"], TUNING_SEEDS[0], settings, rate, settings.tuning)
                scores[rate] = scored(task, model, data["validation"])["right"]
            print(task, name, scores, flush=True)
            chosen[task][name] = max(scores, key=lambda rate: scores[rate])
    prices = {price: opponent("words", settings, "validation", price)["right"] for price in (1.0, 2.0, 4.0)}
    print("templates", prices, flush=True)
    return {"rate": chosen, "price": max(prices, key=lambda price: prices[price])}


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares over seeds and new writers; differences paired by both; words also by whether dots and bars come late."""
    late = np.array([draw_writer(number).late for number in WRITERS["test"]])
    summary: dict[str, Any] = {}
    for task in TASKS:
        tables = {name: np.array([run[task][name]["by_writer"] for run in runs]) for name in runs[0][task]}
        own: dict[str, Any] = {name: over_seeds_and_items(table) for name, table in tables.items()}
        for name, entry in own.items():
            entry |= {key: runs[0][task][name][key] for key in ("parameters",) if name != "nearest"}
            if task == "points":
                places = np.mean([run[task][name]["by_place"] for run in runs], axis=0)
                entry["by_place"] = [round(float(share), 4) for share in places]
        own |= {f"both_minus_{o}": over_seeds_and_items(tables["both"] - tables[o]) for o in tables if o != "both"}
        for kind, who in (("dots_late", late), ("dots_at_once", ~late)):
            own[kind] = {name: over_seeds_and_items(table[:, who]) for name, table in tables.items()}
            own[kind]["both_minus_forward"] = over_seeds_and_items((tables["both"] - tables["forward"])[:, who])
        summary[task] = own
    return summary


STUDY = Study(
    "handwriting", Settings(), run, summarise, tune=tune, tolerance=0.06,
    check={
        "hidden": 10, "forward_hidden": 14, "epochs": {"letters": 4, "points": 8, "words": 12}, "repetitions": 1,
        "train_words": 20, "test_words": 2, "dropout": 0.0, "template_words": 40, "windows": 2000,
    },
)  # fmt: skip
