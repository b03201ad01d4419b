"""Handwriting without a network: the nearest of all training letters, windows, or strings of warped letters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.digits import joined
from birnn_ref.datasets.splits import Split
from birnn_ref.experiments.templates import Templates

WARPED = [0, 1, 3, 4]
"""What `PenTemplates` compares: not how far along in the word a point lies."""
LATER = 26
"""The label of a dot or a bar that comes by itself: nothing that is read."""


def nearest(seen: Float, asked: Float) -> Int:
    """Return for each row of ``asked`` the number of the row of ``seen`` that is nearest to it."""
    squares = (seen**2).sum(axis=1)
    rows: Int = np.concatenate([(squares - 2 * a @ seen.T).argmin(axis=1) for a in np.array_split(asked, 40)])
    return rows


def shapes(split: Split, points: int = 16) -> Float:
    """Return each sequence as so many points along its ink, centred, ``(count, 2 * points)``."""
    assert split.features is not None
    rows = []
    for x, n in zip(split.features, split.lengths, strict=True):
        place = np.stack([2 * x[:n, 2], x[:n, 3]])  # (2, time)
        at = np.linspace(0, n - 1, points)
        place = np.stack([np.interp(at, np.arange(n), line) for line in place])
        place[0] -= place[0].mean()
        rows.append(place.ravel())
    return np.array(rows, np.float32)


def windows(split: Split, reach: int = 8) -> Float:
    """Return what lies around every point that counts, ``(points, (2 * reach + 1) * features)``, 0 past the ends."""
    assert split.features is not None
    x = np.pad(split.features[:, :, WARPED], ((0, 0), (reach, reach), (0, 0)))
    around = np.lib.stride_tricks.sliding_window_view(x, 2 * reach + 1, axis=1)  # (count, time, features, window)
    counts = np.arange(split.features.shape[1]) < split.lengths[:, None]
    return np.asarray(around[counts].reshape(counts.sum(), -1), np.float32)


@dataclass
class PenTemplates:
    """`Templates` of the parts of words that are one letter's; a dot or a bar that comes later is a word of its own."""

    templates: Templates

    @classmethod
    def of(cls, words: Split) -> PenTemplates:
        """Take the parts of training words."""
        assert words.features is not None
        assert words.tags is not None
        parts: list[Float] = []
        labels: list[int] = []
        for x, tags, n in zip(words.features[:, :, WARPED], words.tags, words.lengths, strict=True):
            cuts = np.flatnonzero(tags[1:n] != tags[: n - 1]) + 1
            for part, own in zip(np.split(x[:n], cuts), np.split(tags[:n], cuts), strict=True):
                known = parts and len(part) < 5 and own[0] in set(tags[: n - len(part)].tolist())
                parts.append(part)
                labels.append(LATER if known else int(own[0]))
        features, lengths = joined(parts)
        return cls(Templates(Split(features=features, lengths=lengths, labels=np.array(labels))))

    def read(self, x: Float, price: float) -> list[int]:
        """Return the letters of the cheapest string for a word's points ``(time, features)``."""
        return [label for label in self.templates.read(x[:, WARPED], price) if label != LATER]
