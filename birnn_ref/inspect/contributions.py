"""What each direction adds to a linear readout: an exact sum wherever the merge is linear."""

from __future__ import annotations

import copy
from typing import NamedTuple

from birnn_ref._checks import Float, Int, check_array
from birnn_ref.inspect.influence import check_bidirectional
from birnn_ref.layers import Bidirectional
from birnn_ref.layers.recurrent.merging import MERGES, merged_width


class Contributions(NamedTuple):
    """The terms of a readout's outputs.

    Attributes
    ----------
    forward, backward : arrays, ``(batch, time, outputs)``
        What each direction's state adds; 0 at padded steps.
    bias : array, ``(outputs,)``
        What is added whatever the sequence.
    """

    forward: Float
    backward: Float
    bias: Float

    @property
    def total(self) -> Float:
        """The readout's outputs themselves, ``(batch, time, outputs)``."""
        return self.forward + self.backward + self.bias


def direction_contributions(
    layer: Bidirectional,
    W: Float,
    b: Float,
    x: Float,
    lengths: Int | None = None,
    initial: tuple[Float, ...] | None = None,
) -> Contributions:
    r"""Split a linear readout of a `Bidirectional` into what each direction adds.

    The readout of the concatenation is a sum, with :math:`W_f` the upper half of W and :math:`W_b` the lower:

    .. math:: y_t = [h^f_t; h^b_t] W + b = h^f_t W_f + h^b_t W_b + b

    With ``sum`` both halves are W, with ``ave`` W / 2. A mean over time splits the same way; a maximum does not.

    Parameters
    ----------
    layer : Bidirectional
        With merge ``concat``, ``sum``, ``ave`` or None, which is read like ``concat``.
    W : array, ``(features of the outputs, outputs)``
    b : array, ``(outputs,)``
    x : array, ``(batch, time, features)``
    lengths : integer array ``(batch,)``, optional
    initial : tuple of arrays, optional
        As in `Bidirectional.forward`.

    Returns
    -------
    Contributions

    Raises
    ------
    TypeError
        If the layer is not a `Bidirectional`.
    ValueError
        If the merge is ``mul``, whose outputs are not a sum (`influence_matrix` with ``direction`` is exact there too),
        or an array does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from birnn_ref.layers import Bidirectional
    >>> rng = np.random.default_rng(0)
    >>> layer, x = Bidirectional("lstm", 3, 4, rng=rng, dtype=np.float64), rng.normal(size=(2, 5, 3))
    >>> W, b = rng.normal(size=(8, 1)), np.zeros(1)
    >>> bool(np.allclose(direction_contributions(layer, W, b, x).total, layer.forward(x)[0] @ W + b))
    True
    """
    merge = MERGES[check_bidirectional(layer).merge or "concat"]
    if not merge.linear:
        raise ValueError(
            f"merge {layer.merge!r} is not linear, so its outputs are not a sum: see influence_matrix(direction=)"
        )
    apart = copy.deepcopy(layer)
    apart.merge = None
    (h_f, h_b), _ = apart.forward(x, lengths, initial)
    hidden = h_f.shape[2]
    check_array("W", W, (merged_width(layer.merge, hidden), "outputs"))
    check_array("b", b, (W.shape[1],))
    # The gradient of a linear merge is its own transpose, whatever the states are.
    W_f, W_b = merge.gradients(W.T, h_f, h_b)  # (outputs, hidden)
    return Contributions(h_f @ W_f.T, h_b @ W_b.T, b)
