"""What the compiled scans share: how a function is compiled, a tanh without a branch, and the product of a step."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import overload, register_jitable

from birnn_ref.layers.scans.product import SMALL

# No promise about NaN is made to the compiler, so that one in the input comes out again.
kernel = njit(nogil=True, cache=True, error_model="numpy", fastmath={"contract", "arcp", "nsz", "reassoc"})


def tanh(x: float) -> float:
    """Compute tanh: in float32 by a rational function without a branch, which the compiler can vectorise.

    It is the quotient of polynomials of degree 13 and 6 that Eigen uses; its error is at most 4e-7.
    """
    return math.tanh(x)


@overload(tanh, jit_options={"fastmath": {"contract", "arcp", "nsz", "reassoc"}})
def _tanh(x: Any) -> Any:
    def exact(x: Any) -> Any:
        return math.tanh(x)

    if x != types.float32:
        return exact
    top = np.float32(7.90531110763549805)
    a1, a3, a5, a7 = (
        np.float32(c) for c in (4.89352455891786e-03, 6.37261928875436e-04, 1.48572235717979e-05, 5.12229709037114e-08)
    )
    a9, a11, a13 = (np.float32(c) for c in (-8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16))
    b0, b2, b4, b6 = (
        np.float32(c) for c in (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
    )

    def rational(x: Any) -> Any:
        x = top if x > top else x
        x = -top if x < -top else x
        s = x * x
        p = ((((((a13 * s + a11) * s + a9) * s + a7) * s + a5) * s + a3) * s + a1) * x
        q = ((b6 * s + b4) * s + b2) * s + b0
        return p / q

    return rational


@register_jitable
def multiply(h: Any, W: Any, out: Any) -> None:
    """Compute ``h @ W`` into ``out`` in portions of rows, for the reason that `product` gives."""
    rows = h.shape[0]
    portion = SMALL // W.size // 8 * 8
    if portion == 0 or rows * W.size <= SMALL:
        np.dot(h, W, out)
        return
    for start in range(0, rows, portion):
        stop = min(start + portion, rows)
        np.dot(h[start:stop], W, out[start:stop])
