"""Initial weights."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_rng


def glorot_uniform(
    rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int, dtype: npt.DTypeLike
) -> Float:
    r"""Draw from :math:`U(-a, a)`, :math:`a = \sqrt{6 / (\text{fan\_in} + \text{fan\_out})}` (Glorot and Bengio, 2010).

    The draw is made in float64, so that one seed gives the same weights in either dtype.
    """
    bound = np.sqrt(6 / (fan_in + fan_out))
    return check_rng(rng).uniform(-bound, bound, shape).astype(dtype)


def orthogonal(rng: np.random.Generator, count: int, size: int) -> Float:
    """Draw orthogonal matrices, ``(count, size, size)``, uniformly: they keep a state's length (Saxe et al., 2014)."""
    q, r = np.linalg.qr(check_rng(rng).normal(size=(count, size, size)))
    matrices: Float = q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None]
    return matrices
