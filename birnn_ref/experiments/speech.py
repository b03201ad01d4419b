"""Spoken digits as the studies of speech use them: steps of two frames, strings of three, test strings in blocks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np

from birnn_ref._checks import within
from birnn_ref.datasets import digit_strings, load_digits
from birnn_ref.datasets.digits import DigitData
from birnn_ref.datasets.splits import Split
from birnn_ref.train.sequences import deal

FRAMES = 2
"""Frames of 10 ms that are joined to one step."""
STEP_MS = 10 * FRAMES
DIGITS = 3
"""In a string."""
BLOCK = 10
"""Recordings of a speaker from which the strings of one block are made."""


def load_steps(speakers: tuple[str, ...] = ()) -> DigitData:
    """Load the recordings in steps of two frames, once; those of some speakers may be held out for testing."""
    return _loaded(speakers, os.environ.get("BIRNN_DATA"))


@cache
def _loaded(speakers: tuple[str, ...], folder: str | None) -> DigitData:
    data = load_digits(speaker=speakers or None, progress=False)
    return replace(data, splits={name: in_steps(split) for name, split in data.splits.items()})


def in_steps(split: Split) -> Split:
    """Join frames two by two, ``(count, time // 2, 2 * features)``; a last one without a partner is left out."""
    assert split.features is not None
    count, time, features = split.features.shape
    steps, lengths = time // FRAMES, split.lengths // FRAMES
    joined = split.features[:, : steps * FRAMES].reshape(count, steps, FRAMES * features)
    joined[~within(lengths, steps)] = 0
    return replace(split, features=joined, lengths=lengths)


def blocks(split: Split, strings: int, rng: np.random.Generator) -> list[Split]:
    """Deal each speaker's recordings out in blocks of ten, and make strings of each: no two blocks share a recording.

    A block is one test item. Its strings share recordings, so they are not independent, and blocks are.
    """
    assert split.groups is not None
    made = []
    for group in np.unique(split.groups):
        own = rng.permutation(np.flatnonzero(split.groups == group))
        dealt = np.split(own, range(BLOCK, len(own), BLOCK))
        made += [digit_strings(split.take(rows), strings, DIGITS, rng) for rows in dealt]
    return made


def drawn(split: Split, size: int, noise: float, rng: np.random.Generator) -> Iterator[Split]:
    """Yield batches of strings without end, with noise on every step; an epoch uses about each recording once."""
    while True:
        strings = digit_strings(split, len(split) // DIGITS, DIGITS, rng)
        for rows in deal(len(strings), size, rng, strings.lengths):
            part = strings.take(rows)
            assert part.features is not None
            x = part.features + np.float32(noise) * rng.standard_normal(part.features.shape, np.float32)
            x[~within(part.lengths, x.shape[1])] = 0
            yield replace(part, features=x)


def steps_of(split: Split, size: int, epochs: int) -> int:
    """Return the batches in some epochs."""
    return epochs * -(-(len(split) // DIGITS) // size)
