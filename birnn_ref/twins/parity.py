"""Set a reference layer against its twin: outputs, final states and every gradient, from random upstream gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.layers import Layer
from birnn_ref.layers.recurrent.merging import merged_width
from birnn_ref.twins.spec import Chains, Spec, gradients

Results = dict[str, Float]
"""Arrays by name: ``outputs``, ``final 0``, ``dx``, ``d_initial 0``, ``level 0 direction 1 dW_xh`` and so on."""


@dataclass(frozen=True)
class Case:
    """One input and one upstream gradient, equal for the reference and its twin.

    Attributes
    ----------
    x : array, ``(batch, time, features)``
    lengths : integer array ``(batch,)`` or None
    initial, d_final : tuples of arrays
        States before and gradients after, each ``(*lead, batch, hidden)``.
    d_outputs : array, or a pair with merge None
    """

    x: Float
    lengths: Int | None
    initial: tuple[Float, ...]
    d_outputs: Any
    d_final: tuple[Float, ...]


def draw_case(spec: Spec, batch: int, time: int, *, padded: bool, rng: np.random.Generator) -> Case:
    """Draw a case; all-ones gradients would be symmetric in time and hide a direction that is not put back in order.

    With ``padded`` every length is drawn, the first is the whole and the last, of several, is 0.

    Examples
    --------
    >>> spec = Spec("bidirectional", "lstm", 3, 4, bidirectional=True)
    >>> case = draw_case(spec, 2, 5, padded=True, rng=np.random.default_rng(0))
    >>> case.lengths, case.d_outputs.shape, case.d_final[1].shape
    (array([5, 0]), (2, 5, 8), (2, 2, 4))
    """
    draw = rng.standard_normal
    lengths = None
    if padded:
        lengths = rng.integers(1, time + 1, batch)
        lengths[0] = time
        lengths[1:][-1:] = 0
    state = (*spec.lead, batch, spec.hidden)
    initial, d_final = (tuple(draw(state).astype(spec.dtype) for _ in range(spec.states)) for _ in range(2))
    pair = spec.bidirectional and spec.merge is None
    width = merged_width(spec.merge, spec.hidden) if spec.bidirectional and not pair else spec.hidden
    d_outputs = [draw((batch, time, width)).astype(spec.dtype) for _ in range(2 if pair else 1)]
    return Case(
        x=draw((batch, time, spec.features)).astype(spec.dtype),
        lengths=lengths,
        initial=initial,
        d_outputs=tuple(d_outputs) if pair else d_outputs[0],
        d_final=d_final,
    )


def ref_results(layer: Layer, case: Case) -> Results:
    """Run the reference forward and backward."""
    runnable: Any = layer
    outputs, final = runnable.forward(case.x, case.lengths, case.initial)
    dx, d_initial = runnable.backward(case.d_outputs, case.d_final)
    return name_results(outputs, final, dx, d_initial, gradients(layer))


def name_results(outputs: Any, final: Any, dx: Float, d_initial: Any, grads: Chains) -> Results:
    """Name every array of a run."""
    if isinstance(outputs, tuple):
        outputs = np.concatenate(outputs, axis=-1)
    named = {"outputs": outputs, "dx": dx}
    named |= {f"final {i}": state for i, state in enumerate(final)}
    named |= {f"d_initial {i}": state for i, state in enumerate(d_initial)}
    for level, directions in enumerate(grads):
        for direction, chain in enumerate(directions):
            named |= {f"level {level} direction {direction} d{name}": value for name, value in chain.items()}
    return named


def largest_difference(found: Results, expected: Results) -> tuple[float, str]:
    r"""Return the largest relative difference :math:`\max|a - b| / \max|b|` over all arrays, and whose it is.

    Raises
    ------
    ValueError
        If one side has an array, or a shape, that the other lacks; or holds NaN.

    Examples
    --------
    >>> largest_difference({"dx": np.array([1.0, 2.5])}, {"dx": np.array([1.0, 2.0])})
    (0.25, 'dx')
    """
    if found.keys() != expected.keys():
        raise ValueError(f"only one side has {sorted(found.keys() ^ expected.keys())}")
    differences = {name: _relative(name, found[name], expected[name]) for name in expected}
    worst = max(differences, key=lambda name: differences[name])
    return differences[worst], worst


def _relative(name: str, found: Float, expected: Float) -> float:
    if found.shape != expected.shape:
        raise ValueError(f"{name} has shape {found.shape}, expected {expected.shape}")
    scale = float(np.abs(expected).max(initial=0.0))
    difference = float(np.abs(found - expected).max(initial=0.0))
    if not np.isfinite(difference):
        raise ValueError(f"{name} is not finite")
    return difference / scale if scale else difference
