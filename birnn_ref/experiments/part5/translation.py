"""French into English, all of Tatoeba up to ten words: an attending decoder over two directions, and over one.

The encoders are of equal size. Beside them two translators without a network. Nothing is chosen by the test part,
which is translated once.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref.datasets import load_tatoeba
from birnn_ref.datasets.pairs import PairData
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.study import Run, Study
from birnn_ref.experiments.training import falling_rate, train
from birnn_ref.experiments.translations import (
    bleu_of,
    count,
    group_sizes,
    over_seeds_and_groups,
    pack,
    text,
    translate,
    unpack,
)
from birnn_ref.experiments.translators import nearest, pairs_of, word_for_word
from birnn_ref.models import Seq2Seq
from birnn_ref.train import Pairs


@dataclass(frozen=True)
class Settings:
    """What a run uses; ``hidden_forward`` makes the forward network about as large."""

    systems: tuple[str, ...] = ("both", "forward", "word_for_word", "nearest")
    whole: bool = True
    max_words: int = 10
    min_count: int = 5
    embedding: int = 128
    hidden: int = 160
    hidden_forward: int = 189
    dropout: float = 0.1
    batch: int = 64
    rate: float = 0.003
    clip: float = 5.0
    steps: int = 8500
    test_pairs: int | None = 3000
    beams: tuple[tuple[int, float], ...] = ((2, 1.0), (5, 1.0), (5, 0.0), (10, 1.0))
    shown: int = 200


NETWORKS = ("both", "forward")
LENGTHS = ((1, 4), (5, 6), (7, 8), (9, 10))
"""Shortest and longest of the sentences, in words and signs, whose BLEU is told apart."""


def build(name: str, data: PairData, rng: np.random.Generator, settings: Settings) -> Seq2Seq:
    """Return one of the networks."""
    s = settings
    assert data.vocabulary is not None
    assert data.target_vocabulary is not None
    start, end = data.target_vocabulary.encode(["<start>", "<end>"])
    return Seq2Seq(
        "gru", len(data.vocabulary), len(data.target_vocabulary), s.embedding,
        s.hidden_forward if name == "forward" else s.hidden, start=start, end=end, dropout=s.dropout,
        bidirectional=name != "forward", rng=rng,
    )  # fmt: skip


def batches(pairs: Pairs, size: int, rng: np.random.Generator) -> Iterator[Any]:
    """Yield a model's inputs and what its loss compares them with, over and over."""
    while True:
        for batch in pairs.batches(size, rng):
            yield (batch.x, batch.lengths), (batch.y, batch.lengths)


def run(seed: int, settings: Settings) -> Run:
    """Train the networks and translate the test part by every system; return BLEU, and what it is made of."""
    s = settings
    data = load_tatoeba(whole=s.whole, max_words=s.max_words, min_count=s.min_count, progress=False)
    pairs, test = pairs_of(data["train"]), data["test"].take(slice(s.test_pairs))
    assert test.words is not None
    assert test.target_words is not None
    true = [text(words) for words in test.target_words]
    found: Run = {"source": data.source, "pairs": {"train": len(pairs), "test": len(true)}}
    found |= {"group_sizes": pack(group_sizes(test)), "read_lengths": pack(test.lengths)}

    def score(said: Sequence[Sequence[str]]) -> Run:
        counts = count(true, [text(words) for words in said])
        bleu = round(float(bleu_of(counts.sum(axis=0))), 3)
        return {"bleu": bleu, "counts": pack(counts), "said": [" ".join(words) for words in said[: s.shown]]}

    for name in s.systems:
        if name not in NETWORKS:
            said = word_for_word(data, test) if name == "word_for_word" else nearest(data["train"], test.words)
            found[name] = score(said)
            continue
        rng = np.random.default_rng(seed)
        model = build(name, data, rng, s)

        def loss(logits: Any, targets: Any, model: Seq2Seq = model) -> Any:
            return model.loss(logits, *targets)

        course = train(
            model, batches(pairs, s.batch, rng), loss, schedule=falling_rate(s.rate, s.steps), steps=s.steps,
            clip=s.clip, rng=rng,
        )  # fmt: skip
        said = translate(model, data, test)
        found[name] = score(said) | {
            "parameters": parameter_count(model),
            "loss": round(float(np.mean(course.losses[-50:])), 4),
            "train_seconds": round(course.seconds),
            "uncopied_counts": pack(count(true, [text(words, copy=False) for words in said])),
        }
        for width, normalise in s.beams if name == "both" else ():
            found[f"beam_{width}_{normalise:g}"] = score(translate(model, data, test, width=width, normalise=normalise))
        print(f"seed {seed} {name}: {found[name]['bleu']:.1f} after {course.seconds:.0f} s", flush=True)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    found["peak_mb"] = round(kilobytes / 1000)
    found["read"], found["true"] = [" ".join(w) for w in test.words[: s.shown]], true[: s.shown]
    return found


def summarise(runs: list[Run]) -> Run:
    """BLEU of each system, by the length of what is read too, and what two directions add to each other one."""
    sizes, lengths = unpack(runs[0]["group_sizes"], 1)[:, 0], unpack(runs[0]["read_lengths"], 1)[:, 0]
    tables = {
        name: np.stack([unpack(run[name]["counts"]) for run in runs])
        for name, value in runs[0].items() if isinstance(value, dict) and "counts" in value
    }  # fmt: skip
    summary: Run = {"peak_mb": max(run["peak_mb"] for run in runs)}
    for name, table in tables.items():
        summary[name] = over_seeds_and_groups(table, sizes)
        summary[name]["by_length"] = [
            over_seeds_and_groups(np.where(((low <= lengths) & (lengths <= high))[:, None], table, 0), sizes)
            for low, high in LENGTHS if ((low <= lengths) & (lengths <= high)).any()
        ]  # fmt: skip
        if name in NETWORKS:
            for key in ("parameters", "train_seconds"):
                summary[name][key] = round(float(np.mean([run[name][key] for run in runs])))
            uncopied = np.stack([unpack(run[name]["uncopied_counts"]) for run in runs])
            summary[name]["copying"] = over_seeds_and_groups(table, sizes, uncopied)
    for name in tables.keys() - {"both"}:
        if "both" in tables:
            summary[f"both_minus_{name}"] = over_seeds_and_groups(tables["both"], sizes, tables[name])
    return dict(sorted(summary.items()))


STUDY = Study(
    "translation", Settings(), run, summarise, seeds=(0,), tolerance=0.1,
    check={
        "whole": False, "max_words": 5, "embedding": 16, "hidden": 24, "hidden_forward": 28, "dropout": 0.0,
        "rate": 0.01, "steps": 200, "test_pairs": 150, "beams": ((2, 1.0),), "shown": 5,
    },
)  # fmt: skip
