r"""A generated field of sensors with missing readings, and the least error that any method can reach on it.

Readings follow :math:`z_t = M z_{t-1} + e_t` with Gaussian shocks that neighbours share, so what is hidden has a normal
distribution given what is seen, and its mean is the best estimate there is.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, check_array, check_rng, check_sizes

OWN, OTHERS = 0.75, 0.2
"""How much of a reading stays for the next step, and how much comes from the neighbours."""

REACH = 0.3
"""The distance over which sensors are neighbours; the field lies in a unit square."""


class SensorField(NamedTuple):
    """Where sensors stand and how their readings come about.

    Attributes
    ----------
    places : array, ``(nodes, 2)``
    adjacency : array, ``(nodes, nodes)``
        The nearer, the larger; symmetric, with a zero diagonal.
    M, Q : array, ``(nodes, nodes)``
        The step, and the shocks' covariance.
    S : array, ``(nodes, nodes)``
        The readings' covariance; each has variance 1 on average over the sensors.
    """

    places: Float
    adjacency: Float
    M: Float
    Q: Float
    S: Float


def sensor_field(nodes: int, rng: np.random.Generator) -> SensorField:
    """Place sensors at random.

    Raises
    ------
    TypeError, ValueError
        If ``nodes`` is not a whole number of at least 1.

    Examples
    --------
    >>> field = sensor_field(12, np.random.default_rng(0))
    >>> bool(np.allclose(field.S, field.M @ field.S @ field.M.T + field.Q)), round(float(np.mean(np.diag(field.S))), 6)
    (True, 1.0)
    """
    check_sizes(nodes=nodes)
    places = check_rng(rng).random((nodes, 2))
    squares = ((places[:, None] - places) ** 2).sum(axis=2)
    adjacency = np.exp(-squares / (2 * REACH**2)) * (1 - np.eye(nodes))
    M = OWN * np.eye(nodes) + OTHERS * adjacency / np.maximum(adjacency.sum(axis=1, keepdims=True), 1e-8)
    Q = 0.8 * np.exp(-squares / (2 * REACH**2)) + 0.2 * np.eye(nodes)
    S = Q.copy()
    for _ in range(500):  # M shrinks by at least 0.95 per step
        S = M @ S @ M.T + Q
    scale = np.mean(np.diag(S))
    return SensorField(places, adjacency, M, Q / scale, S / scale)


def readings(field: SensorField, count: int, time: int, rng: np.random.Generator) -> Float:
    """Draw windows of readings, ``(count, time, nodes)``.

    Examples
    --------
    >>> readings(sensor_field(12, np.random.default_rng(0)), 3, 24, np.random.default_rng(1)).shape
    (3, 24, 12)
    """
    start, shock = np.linalg.cholesky(field.S), np.linalg.cholesky(field.Q)
    check_sizes(count=count, time=time)
    drawn = check_rng(rng).normal(size=(count, time, len(field.M)))
    z = np.empty_like(drawn)
    z[:, 0] = drawn[:, 0] @ start.T
    for t in range(1, time):
        z[:, t] = z[:, t - 1] @ field.M.T + drawn[:, t] @ shock.T
    return z


def gaps(shape: tuple[int, int, int], rng: np.random.Generator, *, begin: float = 0.1, go_on: float = 0.7) -> Float:
    """Draw which readings are seen, 1 or 0: each sensor falls silent for a while, again and again.

    Parameters
    ----------
    shape : tuple
        ``(count, time, nodes)``
    rng : numpy.random.Generator
    begin, go_on : float
        The chance that a gap begins at a step, and that one goes on. A share begin / (begin + 1 - go_on) is hidden.

    Examples
    --------
    >>> round(float(gaps((500, 24, 12), np.random.default_rng(0)).mean()), 2)
    0.75
    """
    hidden = np.empty(shape, dtype=bool)
    drawn = check_rng(rng).random(shape)
    hidden[:, 0] = drawn[:, 0] < begin / (begin + 1 - go_on)
    for t in range(1, shape[1]):
        hidden[:, t] = drawn[:, t] < np.where(hidden[:, t - 1], go_on, begin)
    return (~hidden).astype(float)


def interpolated(z: Float, mask: Float) -> Float:
    """Fill each sensor's gaps on straight lines between its own readings, ``(count, time, nodes)``.

    Beyond the first and the last reading their value stays; a sensor that was never seen gets 0, the mean.

    Examples
    --------
    >>> interpolated(np.array([[[1.0], [9.0], [5.0]]]), np.array([[[1.0], [0.0], [1.0]]]))[0, :, 0]
    array([1., 3., 5.])
    """
    steps, filled = np.arange(z.shape[1]), np.zeros_like(z)
    for i, k in np.ndindex(z.shape[0], z.shape[2]):
        seen = mask[i, :, k] > 0
        if seen.any():
            filled[i, :, k] = np.interp(steps, steps[seen], z[i, seen, k])
    return filled


def best_estimate(field: SensorField, z: Float, mask: Float) -> Float:
    """Return each entry's mean given all seen entries of its window: what no method can beat on average.

    Parameters
    ----------
    field : SensorField
    z, mask : array, ``(count, time, nodes)``
        What stands in ``z`` where the mask is 0 is not read.

    Raises
    ------
    TypeError, ValueError
        If an argument's shape is not as above.

    Examples
    --------
    >>> field = sensor_field(4, np.random.default_rng(0))
    >>> z = readings(field, 2, 5, np.random.default_rng(1))
    >>> bool(np.allclose(best_estimate(field, z, np.ones_like(z)), z))
    True
    """
    nodes = len(field.M)
    check_array("z", z, ("count", "time", nodes))
    check_array("mask", mask, z.shape)
    time = z.shape[1]
    lagged = [field.S]
    for _ in range(time - 1):
        lagged.append(field.M @ lagged[-1])  # covariance of step t + k with step t
    C = np.block([[lagged[t - s] if t >= s else lagged[s - t].T for s in range(time)] for t in range(time)])
    filled = np.zeros((len(z), time * nodes))
    for i in range(len(z)):
        seen = mask[i].ravel() > 0
        filled[i] = C[:, seen] @ np.linalg.solve(C[np.ix_(seen, seen)], z[i].ravel()[seen])
    return filled.reshape(z.shape)
