"""The recurrent layer: one cell over all steps, in one direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_input
from birnn_ref.cells import Cell
from birnn_ref.layers.embedding import LookedUp
from birnn_ref.layers.recurrent.directions import Directions, States, check_states


class Recurrent(Directions):
    r"""Read a sequence with the same weights at every step, :math:`h_t = \text{cell}(x_t, h_{t-1})`.

    Parameters
    ----------
    cell : str, a name in `birnn_ref.cells.CELLS`
        Its equations stand at `rnn_step`, `lstm_step` and `gru_step`.
    features, hidden : int
        Sizes of an input and of a state.
    rng : numpy.random.Generator
        Draws ``W_xh`` (Glorot uniform) and, gate by gate, ``W_hh`` (orthogonal); biases start at 0.
    dtype : dtype
        float32 or float64: of the parameters, and of every array that comes in and goes out.
    **options
        The cell's own: ``activation``, "tanh" or "relu", of the simple cell; ``forget_bias`` of the LSTM, the
        initial bias of its forget gate: at the default of 1 it starts by remembering, and learns what to forget;
        ``reset_after`` of the GRU, which of its two forms.

    Attributes
    ----------
    params : dict
        ``W_xh (features, gates * hidden)``, ``W_hh (hidden, gates * hidden)``, ``b_h (gates * hidden,)`` and, for the
        GRU that resets after the product, ``b_hn (hidden,)``; gates in the order ``i f g o`` or ``r z n``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Examples
    --------
    >>> layer = Recurrent("gru", 3, 4, rng=np.random.default_rng(0))
    >>> outputs, (h,) = layer.forward(np.ones((2, 5, 3), np.float32), lengths=np.array([5, 2]))
    >>> outputs.shape, h.shape
    ((2, 5, 4), (2, 4))
    >>> np.array_equal(outputs[1, 1], h[1]), np.array_equal(outputs[1, 2:], np.zeros((3, 4)))
    (True, True)
    """

    def __init__(
        self,
        cell: str | Cell,
        features: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32,
        **options: Any,
    ) -> None:
        super().__init__(
            1,
            cell,
            features,
            hidden,
            rng=rng,
            dtype=dtype,
            **options,
        )

    def forward(
        self,
        x: Float | LookedUp,
        lengths: Any = None,
        initial: States | None = None,
        *,
        rng: np.random.Generator | None = None,
    ) -> tuple[Float, States]:
        """Compute the state after every step.

        Parameters
        ----------
        x : array, ``(batch, time, features)``, or `LookedUp`
        lengths : integer array ``(batch,)``, optional
            Steps that count in each sequence; what stands after them is never read.
        initial : tuple of arrays ``(batch, hidden)``, optional
            The states before the first step: ``(h,)``, for the LSTM ``(h, c)``; 0 if left out.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        outputs : array, ``(batch, time, hidden)``
            ``h`` after every step, 0 past a sequence's length.
        final : tuple of arrays ``(batch, hidden)``
            The states after each sequence's last step; the initial ones where its length is 0.

        Raises
        ------
        TypeError, ValueError
            If an argument's dtype, shape or range is not as above.
        """
        outputs, final, cache = self._forward(self._single_input(x), lengths, initial)
        self._keep(*cache)
        return outputs[:, :, 0], final

    def step(self, x_t: Float, states: States | None = None) -> States:
        """Read one more step of a stream; for answers alone, since nothing is kept for a backward.

        Parameters
        ----------
        x_t : array, ``(batch, features)``
        states : tuple of arrays ``(batch, hidden)``, optional
            What the step before returned: ``(h,)``, for the LSTM ``(h, c)``; 0 if left out.

        Returns
        -------
        tuple of arrays, ``(batch, hidden)``
            The states after this step; the first is the output.

        Raises
        ------
        TypeError, ValueError
            If an argument's dtype or shape is not as above.

        Examples
        --------
        >>> layer = Recurrent("lstm", 3, 4, rng=np.random.default_rng(0), dtype=float)
        >>> x, states = np.ones((1, 5, 3)), None
        >>> for t in range(5):
        ...     states = layer.step(x[:, t], states)
        >>> outputs, _ = layer.forward(x)
        >>> np.allclose(states[0], outputs[:, 4])
        True
        """
        check_input("x_t", x_t, ("batch", self.features), self.dtype)
        given = check_states("states", states, self.record, (len(x_t), self.hidden), self.dtype)
        *after, _ = self.record.step(x_t, *given, **self.params, **self.record.step_options(self.options))
        return tuple(after)

    def backward(self, d_outputs: Float | None, d_final: States | None = None) -> tuple[Float, States]:
        """Carry gradients back to the inputs; store those of the parameters in ``grads``.

        Parameters
        ----------
        d_outputs : array, ``(batch, time, hidden)``, or None
            The loss's gradient with respect to the outputs; what stands at padded steps is never read.
        d_final : tuple of arrays ``(batch, hidden)``, optional
            That with respect to the final states.

        Returns
        -------
        dx : array, ``(batch, time, features)``
        d_initial : tuple of arrays ``(batch, hidden)``

        Raises
        ------
        RuntimeError
            If there was no forward, or its backward has been called already.
        TypeError, ValueError
            If an argument is not as above, or both are None.
        """
        cache = self._take()
        if d_outputs is not None:
            check_input("d_outputs", d_outputs, (*cache[0].shape, self.hidden), self.dtype)
            d_outputs = d_outputs[:, :, None]
        return self._backward(d_outputs, d_final, cache)
