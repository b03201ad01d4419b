"""Hidden states that can only be heard: a hidden Markov model, whose posteriors are known exactly.

What the best possible listener knows is computed by the forward–backward algorithm: from the past alone (filtering),
from the past and a few steps more (fixed-lag smoothing), or from the whole recording (smoothing).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from birnn_ref._checks import Float, Int, check_rng, check_sizes

SOUNDS = ("quiet", "rustle", "cry")
ASLEEP, AWAKE = 0, 1


@dataclass(frozen=True)
class HiddenMarkov:
    r"""States that follow each other by chance, each of them heard as a sound.

    .. math::

        p(s, x) = \pi_{s_1} B_{s_1 x_1} \prod_{t=2}^{T} A_{s_{t-1} s_t} B_{s_t x_t}

    Attributes
    ----------
    start : array, ``(states,)``
        π, the probabilities of the first state.
    transitions : array, ``(states, states)``
        A, from the row's state to the column's.
    emissions : array, ``(states, sounds)``
        B, of each sound in each state.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a row is not a distribution.

    Notes
    -----
    L. R. Rabiner, "A tutorial on hidden Markov models and selected applications in speech recognition", Proceedings
    of the IEEE 77(2), 1989.

    Examples
    --------
    Two quiet steps, and a cry: what was the second step?

    >>> x = np.array([[0, 0, 2]])
    >>> NURSERY.posterior(x, ahead=0)[0, 1].round(2), NURSERY.posterior(x)[0, 1].round(2)
    (array([0.76, 0.24]), array([0.34, 0.66]))
    """

    start: Float
    transitions: Float
    emissions: Float

    def __post_init__(self) -> None:
        for name in ("start", "transitions", "emissions"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.float64))
        states = self.start.size
        if self.start.ndim != 1 or self.transitions.shape != (states, states) or len(self.emissions) != states:
            shapes = self.start.shape, self.transitions.shape, self.emissions.shape
            raise ValueError(f"start, transitions and emissions must agree on the number of states, got {shapes}")
        for name in ("start", "transitions", "emissions"):
            rows = getattr(self, name)
            if not (rows >= 0).all() or not np.allclose(rows.sum(axis=-1), 1):
                raise ValueError(f"{name} must hold probabilities, each row adding up to 1, got {rows.tolist()}")

    def draw(self, count: int, time: int, rng: np.random.Generator) -> tuple[Int, Int]:
        """Draw the states and the sounds of some recordings, each ``(count, time)``."""
        check_sizes(count=count, time=time)
        u = check_rng(rng).random((2, count, time))
        states = np.zeros((count, time), int)
        for t in range(time):
            p = self.start[None] if t == 0 else self.transitions[states[:, t - 1]]  # (1 or count, states)
            states[:, t] = _chosen(p, u[0, :, t])
        return states, _chosen(self.emissions[states], u[1])

    def posterior(self, x: Int, ahead: int | None = None) -> Float:
        r"""Return what can be known of each state, :math:`p(s_t \mid x_1, \dots, x_{t + k})`.

        Parameters
        ----------
        x : integer array, ``(count, time)``
            The sounds.
        ahead : int, optional
            k, the steps that are heard after each: 0 for the filter; all of them when left out.

        Returns
        -------
        array, ``(count, time, states)``

        Raises
        ------
        ValueError
            If ``x`` holds something else than sounds, or ``ahead`` is negative.
        """
        both = self.forward_messages(x) * self.backward_messages(x, ahead)
        both /= both.sum(axis=-1, keepdims=True)
        return both

    def forward_messages(self, x: Int) -> Float:
        r"""Return :math:`p(s_t \mid x_1, \dots, x_t)`, ``(count, time, states)``: the forward algorithm."""
        heard = self._heard(x)
        messages = np.empty_like(heard)
        for t in range(heard.shape[1]):
            expected = self.start if t == 0 else messages[:, t - 1] @ self.transitions  # (count, states)
            messages[:, t] = expected * heard[:, t]
            messages[:, t] /= messages[:, t].sum(axis=-1, keepdims=True)
        return messages

    def backward_messages(self, x: Int, ahead: int | None = None) -> Float:
        r"""Return :math:`p(x_{t+1}, \dots, x_{t+k} \mid s_t)`, scaled to a largest entry of 1: the backward algorithm.

        Arguments and shapes as in `posterior`. Note that the sound at t itself is not in it.
        """
        heard = self._heard(x)
        time = heard.shape[1]
        if ahead is not None and ahead < 0:
            raise ValueError(f"ahead must be 0 or more, got {ahead}")
        messages = np.ones_like(heard)
        if ahead is None:
            for t in reversed(range(time - 1)):
                messages[:, t] = (messages[:, t + 1] * heard[:, t + 1]) @ self.transitions.T
                messages[:, t] /= messages[:, t].max(axis=-1, keepdims=True)
            return messages
        for k in range(min(ahead, time - 1), 0, -1):  # the last sound that t hears, then the one before it, to t + 1
            now = messages[:, : time - k]
            now[...] = (now * heard[:, k:]) @ self.transitions.T
            now /= now.max(axis=-1, keepdims=True)
        return messages

    def _heard(self, x: Int) -> Float:
        """Return the probability of each sound in each state, ``(count, time, states)``."""
        x = np.asarray(x)
        sounds = self.emissions.shape[1]
        if x.ndim != 2 or not np.issubdtype(x.dtype, np.integer) or not ((x >= 0) & (x < sounds)).all():
            raise ValueError(f"x must be (count, time) with sounds from 0 to {sounds - 1}, got {x.dtype} {x.shape}")
        heard: Float = self.emissions.T[x]
        return heard


def _chosen(p: Float, u: Float) -> Int:
    """Return the place, in each row of probabilities, into which a uniform number falls."""
    places: Int = (u[..., None] > p.cumsum(axis=-1)).sum(axis=-1)
    places = np.minimum(places, p.shape[-1] - 1)  # u may pass a sum that rounding left below 1
    return places


NURSERY = HiddenMarkov(
    start=np.array([0.5, 0.5]),
    transitions=np.array([[0.95, 0.05], [0.1, 0.9]]),
    emissions=np.array([[0.8, 0.18, 0.02], [0.45, 0.35, 0.2]]),
)
"""A child that is `ASLEEP` or `AWAKE`, and what is heard through the door, minute by minute."""
