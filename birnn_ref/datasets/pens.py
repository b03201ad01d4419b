"""Pen trajectories as sequences: points equally far apart along the ink, writers held out, single letters and words."""

from __future__ import annotations

import itertools

import numpy as np

from birnn_ref._checks import Float, check_sizes
from birnn_ref.datasets.digits import joined
from birnn_ref.datasets.letters import ALPHABET, Stroke, draw_writer, write
from birnn_ref.datasets.splits import SequenceData, Split

STEP = 0.25
"""From point to point, in heights of an x."""
WRITERS = {"train": range(40), "validation": range(40, 50), "test": range(50, 70)}
"""Nobody is in two parts."""
FEATURES = ("dx", "dy", "x", "y", "lifted")
ARROWS = "→↗↑↖←↙↓↘"


class PenData(SequenceData):
    """Points of a pen: ``labels`` or ``targets`` are letters, ``tags`` the letter of each point, ``groups`` writers."""

    @property
    def note(self) -> str:
        """What a figure drawn from these must say."""
        return "generated strokes, not real handwriting"

    def example(self, split: str, i: int) -> str:
        """Return sequence ``i`` of a split: its letters, its writer, and where the pen went, ``·`` where it lifted."""
        part = self[split]
        assert part.features is not None
        assert part.groups is not None
        letters = part.labels[i : i + 1] if part.targets is None else part.targets[i]  # type: ignore[index]
        text = "".join(self.label_names[k] for k in letters)
        dx, dy, _, _, lifted = part.features[i, : part.lengths[i]].T
        ways = np.round(np.arctan2(dy, dx) / (np.pi / 4)).astype(int) % 8
        arrows = ("·" if up else ARROWS[way] for way, up in zip(ways, lifted, strict=True))
        return f"{text} by {self.group_names[part.groups[i]]}: {''.join(arrows)}"


def resample(points: Float, step: float) -> Float:
    """Lay points equally far apart along a line: the first one, and one after every further ``step`` of arc length.

    Parameters
    ----------
    points : array ``(time, 2)``
    step : float

    Returns
    -------
    array ``(points, 2)``
        The rest of the line, which is shorter than a step, has no point.

    Raises
    ------
    ValueError
        If there is no point, or ``step`` is not above 0.

    Examples
    --------
    Down by 2 and then right by 1: the corner is passed, not met.

    >>> resample(np.array([[0, 2], [0, 0], [1, 0.0]]), 1.5)
    array([[0. , 2. ],
           [0. , 0.5],
           [1. , 0. ]])
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"points must be (1 or more, 2), got {points.shape}")
    if not step > 0:
        raise ValueError(f"step must be above 0, got {step}")
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = step * np.arange(int(along[-1] / step + 1e-9) + 1)
    return np.stack([np.interp(at, along, column) for column in points.T], axis=1)


def pen_features(strokes: list[Stroke], step: float = STEP) -> Float:
    """Return a vector for each point, ``(points, 5)``: see `FEATURES`.

    ``dx`` and ``dy`` lead from the point before, in steps; half of ``x`` from the first point on; ``y`` from the line
    that letters stand on; ``lifted`` is 1 where the pen has come through the air.
    """
    lines = [resample(stroke.points, step) for stroke in strokes]
    points = np.concatenate(lines)  # (points, 2)
    moves = np.diff(points, axis=0, prepend=points[:1]) / step
    lifted = np.zeros(len(points))
    lifted[np.cumsum([len(line) for line in lines[:-1]], dtype=int)] = 1
    x, y = points[:, 0] - points[0, 0], points[:, 1]
    return np.column_stack([moves, 0.5 * x, y, lifted]).astype(np.float32)


def load_letters(*, repetitions: int = 3, step: float = STEP) -> PenData:
    """Generate single letters: every writer writes the alphabet some times.

    Parameters
    ----------
    repetitions : int
    step : float
        From point to point, in heights of an x.

    Returns
    -------
    PenData
        Splits of 40, 10 and 20 writers with ``features`` (see `FEATURES`), ``lengths``, ``labels`` and ``groups``, in
        an order unrelated to these.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Examples
    --------
    >>> data = load_letters(repetitions=1)
    >>> [len(split) for split in data.splits.values()], data["test"].features.shape[2]
    ([1040, 260, 520], 5)
    >>> data.show(2, "test")
    r by writer 54: →↓↓↓↓↓↑↑↑↑↗
    t by writer 67: →↓↙↓↓↓↓·↘
    """
    check_sizes(repetitions=repetitions)
    return _load("Pen letters", dict.fromkeys(WRITERS, 26 * repetitions), 0, step)


def load_pen_words(*, letters: int = 3, train: int = 75, test: int = 10, step: float = STEP) -> PenData:
    """Generate words of letters drawn at random, so that no dictionary can help.

    Parameters
    ----------
    letters : int
        In a word.
    train, test : int
        Words of each writer of train, and of each of validation and test.
    step : float

    Returns
    -------
    PenData
        As of `load_letters`, with ``targets`` and ``target_lengths``, and ``tags``: the letter that each point is of.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Examples
    --------
    >>> data = load_pen_words(train=2, test=1)
    >>> data["train"].targets.shape, data["test"].tags.shape == data["test"].features.shape[:2]
    ((80, 3), True)
    """
    check_sizes(letters=letters, train=train, test=test)
    return _load("Pen words", {"train": train, "validation": test, "test": test}, letters, step)


def _load(name: str, counts: dict[str, int], letters: int, step: float) -> PenData:
    splits = {}
    for part, who in WRITERS.items():
        rows, tags, texts, groups = [], [], [], []
        for number in who:
            writer, rng = draw_writer(number), np.random.default_rng([28, letters, number])
            for k in range(counts[part]):
                word = "".join(rng.choice(list(ALPHABET), letters)) if letters else ALPHABET[k % 26]
                strokes = write(word, writer, rng)
                rows.append(pen_features(strokes, step))
                places = np.repeat([s.place for s in strokes], [len(resample(s.points, step)) for s in strokes])
                own = np.array([ALPHABET.index(letter) for letter in word], np.int32)
                tags.append(own[places][:, None])
                texts.append(own)
                groups.append(number)
        order = np.random.default_rng(29).permutation(len(rows))
        features, lengths = joined([rows[i] for i in order])
        targets = np.array(texts)[order]
        one = {"labels": targets[:, 0]} if not letters else {
            "targets": targets, "target_lengths": np.full(len(rows), letters, np.int32),
            "tags": joined([tags[i] for i in order])[0][:, :, 0],
        }  # fmt: skip
        splits[part] = Split(features=features, lengths=lengths, groups=np.array(groups, np.int32)[order], **one)
    names = tuple(f"writer {number}" for number in itertools.chain(*WRITERS.values()))
    return PenData(name=name, splits=splits, source="generator", label_names=tuple(ALPHABET), group_names=names)
