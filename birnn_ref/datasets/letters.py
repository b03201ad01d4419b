"""Generated handwriting: twenty-six small letters as a pen draws them, by writers who each have their own hand.

Nobody wrote these. As in real handwriting a letter is a few strokes in a usual order, letters begin alike (a, c, d, g,
o, q), writers slant, stretch and shake them, and the dot of an i or the bar of a t may come after the whole word.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_rng

ALPHABET = "abcdefghijklmnopqrstuvwxyz"
# Strokes are parted by "|", the smooth pieces of a stroke by "/", and points are "x,y": 0 is the line that letters
# stand on and 1 the height of an x. What stands behind "+" is a dot or a bar, which many writers put on later.
BOWL = ".8,.85 .45,1 .1,.75 0,.45 .15,.1 .45,0 .75,.3 .8,.9"
ARCH = "0,0 .05,.6 .35,.98 .6,.8 .65,.4 .7,0"
FORMS = {
    "a": f"{BOWL} / .8,.9 .8,.4 .85,.05 1,0",
    "b": "0,1.8 0,.9 0,.05 / 0,.05 .1,.7 .45,1 .8,.5 .5,.02 .05,.1",
    "c": ".8,.85 .45,1 .1,.75 0,.45 .15,.1 .45,0 .85,.2",
    "d": f"{BOWL} .82,1.3 .82,1.8 / .82,1.8 .82,.9 .84,.1 1,0",
    "e": ".05,.5 .45,.55 .75,.7 .5,1 .1,.75 0,.4 .2,.05 .5,0 .85,.2",
    "f": ".5,1.7 .25,1.8 .1,1.4 .1,.5 .1,-.2 + -.15,.95 .4,.95",
    "g": f"{BOWL} / .8,.9 .8,.2 .78,-.4 .5,-.8 .1,-.6",
    "h": f"0,1.8 0,.9 0,0 / {ARCH}",
    "i": "0,1 0,.5 .02,.1 .25,0 + .02,1.4 .08,1.42",
    "j": ".2,1 .2,0 .15,-.6 -.1,-.8 -.3,-.6 + .2,1.4 .26,1.42",
    "k": "0,1.8 0,.9 0,0 | .65,1 .05,.5 / .05,.5 .7,0",
    "l": "0,1.8 0,.9 .02,.1 .25,0",
    "m": "0,1 0,.5 0,0 / 0,0 .05,.6 .25,.98 .45,.75 .48,0 / .48,0 .55,.6 .75,.98 .95,.75 1,0",
    "n": f"0,1 0,.5 0,0 / {ARCH}",
    "o": ".8,.85 .45,1 .1,.75 0,.45 .15,.1 .45,0 .75,.3 .8,.65 .55,.98",
    "p": "0,1 0,0 0,-.8 / 0,-.8 .02,.5 .3,.98 .75,.6 .45,.02 .05,.15",
    "q": f"{BOWL} / .8,.9 .8,0 .8,-.5 .84,-.8 1.05,-.5",
    "r": "0,1 0,.5 0,0 / 0,0 .05,.6 .3,.95 .55,.9",
    "s": ".7,.85 .4,1 .1,.8 .35,.5 .65,.25 .35,0 0,.15",
    "t": "0,1.7 0,.8 .02,.1 .25,0 + -.25,1 .3,1",
    "u": "0,1 0,.4 .3,0 .65,.35 .7,1 / .7,1 .7,.4 .75,.02 .9,0",
    "v": "0,1 .35,0 / .35,0 .7,1",
    "w": "0,1 .25,0 / .25,0 .5,.8 / .5,.8 .75,0 / .75,0 1,1",
    "x": "0,1 .7,0 | .7,1 0,0",
    "y": "0,1 0,.4 .3,.05 .65,.4 .7,1 / .7,1 .68,0 .5,-.7 .1,-.7",
    "z": "0,1 .7,1 / .7,1 0,0 / 0,0 .75,0",
}
OTHER_FORMS = {  # that some writers use
    "b": "0,1.8 0,.9 .15,.05 .45,0 .8,.4 .5,.85 .1,.6",
    "k": "0,1.8 0,.9 0,0 / 0,0 .05,.5 .5,1 .55,.7 .1,.5 / .1,.5 .7,0",
    "p": "0,1 0,0 0,-.8 | 0,.85 .35,1 .75,.6 .45,.02 .05,.15",
    "x": "0,.9 .3,.8 .3,.2 0,.1 | .7,.9 .38,.8 .38,.2 .75,.1",
    "y": "0,1 .35,.3 | .75,1 .3,-.2 .05,-.8",
    "z": "0,1 .7,1 / .7,1 .2,.4 / .2,.4 .7,.2 .4,-.7 0,-.5",
}
DENSE = np.linspace(0, 1, 8, endpoint=False)


class Writer(NamedTuple):
    """A hand.

    Attributes
    ----------
    slant, width, tall, size : float
        How far letters lean to the right, and how they are stretched: sideways, above and below an x, as a whole.
    shake : float
        How much a letter differs from one time to the next.
    speed : float
        Heights of an x in a hundredth of a second.
    late : bool
        Whether dots and bars are put on after the whole word.
    leftward : bool
        Whether bars are drawn from right to left.
    other : str
        The letters that have this writer's form in `OTHER_FORMS`.
    style : int
        Decides how the writer's letters differ from everybody else's.
    """

    slant: float
    width: float
    tall: float
    size: float
    shake: float
    speed: float
    late: bool
    leftward: bool
    other: str
    style: int


class Stroke(NamedTuple):
    """What the pen does from touching the paper to leaving it: a letter's place in the word, points ``(time, 2)``."""

    place: int
    points: Float


def draw_writer(number: int) -> Writer:
    """Return a writer, always the same one for a number.

    Examples
    --------
    >>> draw_writer(3) == draw_writer(3), draw_writer(3) == draw_writer(4)
    (True, False)
    """
    rng = np.random.default_rng([26, number])
    other = "".join(letter for letter in OTHER_FORMS if rng.random() < 0.35)
    slant, width, tall, size = rng.uniform((-0.15, 0.75, 0.8, 0.85), (0.5, 1.3, 1.15, 1.15))
    shake, speed = rng.uniform((0.02, 0.05), (0.06, 0.2))
    late, leftward = rng.random(2) < (0.5, 0.2)
    return Writer(slant, width, tall, size, shake, speed, bool(late), bool(leftward), other, number)


def write(word: str, writer: Writer, rng: np.random.Generator) -> list[Stroke]:
    """Let a writer write a word: what the pen reports, a hundred times a second.

    Parameters
    ----------
    word : str
        Small letters.
    writer : Writer
    rng : numpy.random.Generator
        Decides how it comes out this time.

    Returns
    -------
    list of Stroke
        In the order in which they are drawn. The pen is fast in the middle of a stroke and slow at its ends, so the
        points do not lie equally far apart.

    Raises
    ------
    TypeError, ValueError
        If there is no generator, or a letter that is none of the alphabet.

    Examples
    --------
    >>> strokes = write("at", draw_writer(0), np.random.default_rng(0))
    >>> [stroke.place for stroke in strokes], strokes[0].points.shape[1]
    ([0, 1, 1], 2)
    """
    check_rng(rng)
    if not word or set(word) - set(ALPHABET):
        raise ValueError(f"word must be of the letters a to z, got {word!r}")
    strokes: list[Stroke] = []
    later: list[Stroke] = []
    at, rise = 0.0, rng.normal(0, 0.03)  # where the next letter begins, and how the line climbs
    for place, letter in enumerate(word):
        forms = OTHER_FORMS if letter in writer.other else FORMS
        body, _, late = forms[letter].partition("+")
        pieces = [body.split("|"), late.split("|") if late else []]
        moved, right = np.array([at, rise * at]), at
        for part, kept in zip(pieces, (strokes, later if writer.late else strokes), strict=True):
            for text in part:
                line = _drawn(text, writer, rng, turned=part is pieces[1] and writer.leftward) + moved
                right = max(right, line[:, 0].max()) if part is pieces[0] else right
                kept.append(Stroke(place, _timed(line, writer.speed)))
        at = right + writer.size * rng.uniform(0.25, 0.55)
    return strokes + later


def _drawn(text: str, writer: Writer, rng: np.random.Generator, *, turned: bool) -> Float:
    """Return a stroke as a fine line ``(points, 2)``: its corners moved by habit and by chance, then smoothed."""
    lines: list[Float] = []
    for habitual in _habit(text, writer.style):
        corners = habitual + rng.normal(0, writer.shake, habitual.shape)
        if lines:
            corners[0] = lines[-1][-1]  # pieces meet
        lines.append(_smooth(corners))
    x, y = np.concatenate(lines).T
    y = np.where(y > 1, 1 + writer.tall * (y - 1), np.where(y < 0, writer.tall * y, y))
    line = writer.size * np.stack([writer.width * x + writer.slant * y, y], axis=1)
    return line[::-1] if turned and len(text.split()) == 2 else line


@cache
def _habit(text: str, style: int) -> tuple[Float, ...]:
    """Return the corners of a stroke's pieces, ``(corners, 2)`` each, as one writer always means them."""
    rng = np.random.default_rng([27, style, *text.encode()])
    pieces = [[corner.split(",") for corner in piece.split()] for piece in text.split("/")]
    return tuple(np.array(piece, np.float64) + rng.normal(0, 0.06, (len(piece), 2)) for piece in pieces)


def _smooth(corners: Float) -> Float:
    """Lay a Catmull-Rom curve through corners ``(count, 2)``; two of them are joined by a straight line."""
    ends = np.concatenate([2 * corners[:1] - corners[1:2], corners, 2 * corners[-1:] - corners[-2:-1]])
    a, b, c, d = (ends[k : len(ends) - 3 + k, None] for k in range(4))
    t = DENSE[:, None]
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([curve.reshape(-1, 2), corners[-1:]])


def _timed(line: Float, speed: float) -> Float:
    """Return where the pen is at each hundredth of a second, by the smoothest movement from rest to rest."""
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    u = np.linspace(0, 1, max(2, int(np.ceil(along[-1] / speed))))
    way = along[-1] * u**3 * (10 - 15 * u + 6 * u**2)
    return np.stack([np.interp(way, along, column) for column in line.T], axis=1)
