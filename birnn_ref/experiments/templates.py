"""Connected words without a network: recordings as templates, warped and strung together to fit what is heard."""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.splits import Split


class Templates:
    """Every training recording is a word's template; the nearest string of templates is the answer.

    Each step of what is heard is laid on a step of a template. From one to the next the template's step stays, goes on
    by one or by two, so a template may be stretched and squeezed to half; behind a template's last step any other may
    begin, at a price. The cheapest string is found in one pass.

    Parameters
    ----------
    split : Split
        Recordings with ``features`` and ``labels``.

    Notes
    -----
    T. K. Vintsyuk, "Element-wise recognition of continuous speech composed of words from a specified dictionary",
    Kibernetika 7 (1971). H. Ney, "The use of a one-stage dynamic programming algorithm for connected word
    recognition", IEEE Trans. ASSP 32 (1984).
    """

    def __init__(self, split: Split) -> None:
        assert split.features is not None
        assert split.labels is not None
        keep = split.lengths > 0
        lengths = split.lengths[keep]
        rows = zip(split.features[keep], lengths, strict=True)
        self.x = np.concatenate([row[:n] for row, n in rows])  # (template steps, features)
        self.last = np.cumsum(lengths) - 1
        self.first = self.last - lengths + 1
        self.labels = split.labels[keep]

    def read(self, x: Float, price: float) -> list[int]:
        """Return the labels of the cheapest string for ``x (time, features)``; each word costs ``price`` more."""
        distance = np.sqrt(np.maximum(0, (x**2).sum(1)[:, None] + (self.x**2).sum(1) - 2 * x @ self.x.T))
        cost = np.full(len(self.x), np.inf, np.float32)
        start = np.zeros(len(self.x), np.intp)  # when the path that stands here came into its template
        second = self.first + 1
        second = second[second <= self.last]
        ended, came = [0.0], [(-1, 0)]  # the cheapest string up to each step, its last word and that word's start
        for t, here in enumerate(distance):
            by_one, by_two = np.roll(cost, 1), np.roll(cost, 2)
            since_one, since_two = np.roll(start, 1), np.roll(start, 2)
            by_one[self.first], since_one[self.first] = ended[t] + price, t
            by_two[self.first] = by_two[second] = np.inf
            start = np.where(by_one < cost, since_one, start)
            cost = np.minimum(cost, by_one)
            start = np.where(by_two < cost, since_two, start)
            cost = np.minimum(cost, by_two) + here
            best = int(cost[self.last].argmin())
            ended.append(float(cost[self.last[best]]))
            came.append((int(self.labels[best]), int(start[self.last[best]])))
        words, t = [], len(x)
        while t > 0:
            word, t = came[t]
            words.append(word)
        return words[::-1]
