"""A decoder with attention: it writes a sequence step by step, and at each step looks at the states that were read."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_choice, check_input, check_lengths, check_sizes, within
from birnn_ref._initial import glorot_uniform
from birnn_ref.cells import Cell, find_cell
from birnn_ref.layers._padding import without_padding
from birnn_ref.layers.attention_step import Memory, look, look_backward
from birnn_ref.layers.base import Layer

States = tuple[Float, ...]
FORMS = ("bahdanau", "luong")


class Decoder(Layer):
    r"""Write with a recurrent cell that attends to a memory of states, in either published form.

    Bahdanau's looks before it steps, from the state it has, and reads what it saw; Luong's steps first, and looks from
    the state it is in then. Both give out :math:`o_t`, made of the state and of the context :math:`c_t`:

    .. math::

        c_t &= \sum_j \alpha_{tj} h_j, \quad \alpha_t = \mathrm{softmax}(e_t), \qquad
            o_t = \tanh([s_t; c_t] W_o + b_o) \\
        \text{Bahdanau:} \quad e_{tj} &= v^\top \tanh(s_{t-1} W + h_j U), \quad
            s_t = \mathrm{cell}([x_t; c_t], s_{t-1}) \\
        \text{Luong:} \quad s_t &= \mathrm{cell}(x_t, s_{t-1}), \quad e_{tj} = s_t \cdot h_j U

    Parameters
    ----------
    cell : str or Cell
    features, hidden, memory : int
        Sizes of an input :math:`x_t`, of a state :math:`s_t` and of a state :math:`h_j` of the memory.
    form : {"bahdanau", "luong"}
    rng : numpy.random.Generator
        Draws the weights.
    dtype : dtype
    **options
        The cell's own.

    Attributes
    ----------
    params : dict
        The cell's, in Bahdanau's form with the context's rows below the input's in ``W_xh``; ``U (memory, hidden)``, in
        Bahdanau's form ``W (hidden, hidden)`` and ``v (hidden,)``; ``W_o (hidden + memory, hidden)``, ``b_o``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    D. Bahdanau, K. Cho and Y. Bengio, "Neural machine translation by jointly learning to align and translate", ICLR
    2015; its readout is a maxout layer. M.-T. Luong, H. Pham and C. D. Manning, "Effective approaches to
    attention-based neural machine translation", EMNLP 2015: the score "general".

    Examples
    --------
    >>> layer = Decoder("gru", 3, 4, 6, rng=np.random.default_rng(0), dtype=np.float64)
    >>> outputs, alpha = layer.forward(np.ones((2, 5, 3)), None, (np.zeros((2, 4)),), np.ones((2, 7, 6)), [7, 2])
    >>> outputs.shape, alpha.shape, alpha[1, 0].round(1)
    ((2, 5, 4), (2, 5, 7), array([0.5, 0.5, 0. , 0. , 0. , 0. , 0. ]))
    """

    def __init__(
        self, cell: str | Cell, features: int, hidden: int, memory: int, form: str = "bahdanau", *,
        rng: np.random.Generator, dtype: npt.DTypeLike = np.float32, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        check_sizes(features=features, hidden=hidden, memory=memory)
        self.form, self.features, self.hidden, self.memory = check_choice("form", form, FORMS), features, hidden, memory
        self.cell = find_cell(cell)
        settings = self.cell.settings(options)
        self._step_options = self.cell.step_options(settings)
        reads = features + memory if form == "bahdanau" else features
        drawn = self.cell.parameters(rng, 1, reads, hidden, **settings)
        self._of_cell = tuple(drawn)
        self.params = {name: array[0].astype(dtype) for name, array in drawn.items()}
        shapes = {"U": (memory, hidden), "W_o": (hidden + memory, hidden)}
        if form == "bahdanau":
            shapes["W"] = (hidden, hidden)
            self.params["v"] = glorot_uniform(rng, (hidden,), hidden, 1, dtype)
        for name, shape in shapes.items():
            self.params[name] = glorot_uniform(rng, shape, *shape, dtype)
        self.params["b_o"] = np.zeros(hidden, dtype)

    def forward(
        self, x: Float, lengths: Any, initial: States, h: Float, memory_lengths: Any = None, *,
        rng: np.random.Generator | None = None,
    ) -> tuple[Float, Float]:  # fmt: skip
        """Write with given inputs (teacher forcing).

        Parameters
        ----------
        x : array, ``(batch, time, features)``
            What was written before each step.
        lengths : integer array ``(batch,)``, or None
            Steps that each sequence writes; the outputs of the others are 0.
        initial : tuple of arrays ``(batch, hidden)``
            The cell's states before the first step.
        h : array, ``(batch, memory time, memory)``
        memory_lengths : integer array ``(batch,)``, optional
            Steps of each memory that count; the others get no weight.
        rng : ignored
            No random numbers are drawn.

        Returns
        -------
        outputs : array, ``(batch, time, hidden)``
        alpha : array, ``(batch, time, memory time)``
            The weights of attention.

        Raises
        ------
        TypeError, ValueError
            If an argument does not fit.
        """
        dtype = self.params["b_o"].dtype
        check_input("x", x, ("batch", "time", self.features), dtype)
        batch, time, _ = x.shape
        counts = within(check_lengths(lengths, batch, time), time)
        x, memory, states = without_padding(x, counts), self.read(h, memory_lengths), initial
        if len(memory.h) != batch:
            raise ValueError(f"h has {len(memory.h)} sequences, expected {batch}, as x has")
        outputs = np.zeros((batch, time, self.hidden), dtype)
        alpha = np.zeros((batch, time, memory.h.shape[1]), dtype)
        caches = []
        for t in range(time):
            outputs[:, t], states, alpha[:, t], cache = self.step(x[:, t], states, memory)
            caches.append(cache)
        self._keep(caches, memory, counts, initial)
        return without_padding(outputs, counts), without_padding(alpha, counts)

    def backward(self, d_outputs: Float) -> tuple[Float, States, Float]:
        """Store the parameters' gradients.

        Parameters
        ----------
        d_outputs : array, ``(batch, time, hidden)``

        Returns
        -------
        dx : array, ``(batch, time, features)``
        d_initial : tuple of arrays ``(batch, hidden)``
        dh : array, ``(batch, memory time, memory)``
        """
        caches, memory, counts, initial = self._take()
        batch, time = counts.shape
        check_input("d_outputs", d_outputs, (batch, time, self.hidden), memory.h.dtype)
        do = without_padding(d_outputs, counts)
        dx = np.zeros((batch, time, self.features), do.dtype)
        dh, d_keys = np.zeros_like(memory.h), np.zeros_like(memory.keys)
        d_states = tuple(np.zeros_like(state) for state in initial)
        self.grads = {name: np.zeros_like(array) for name, array in self.params.items()}
        for t in range(time - 1, -1, -1):
            dx[:, t], d_states = self.step_backward(do[:, t], d_states, caches[t], memory, dh, d_keys)
        self.grads["U"] = np.tensordot(memory.h, d_keys, axes=((0, 1), (0, 1)))
        dh += d_keys @ self.params["U"].T
        return dx, d_states, without_padding(dh, memory.counts)

    def read(self, h: Float, lengths: Any = None) -> Memory:
        """Prepare a memory ``(batch, time, memory)`` for `step`."""
        check_input("h", h, ("batch", "time", self.memory), self.params["U"].dtype)
        counts = within(check_lengths(lengths, *h.shape[:2], what="steps of h"), h.shape[1])
        h = without_padding(h, counts)
        return Memory(h, h @ self.params["U"], counts)

    def step(self, x_t: Float, states: States, memory: Memory) -> tuple[Float, States, Float, Any]:
        """Write one step.

        Parameters
        ----------
        x_t : array, ``(batch, features)``
        states : tuple of arrays ``(batch, hidden)``
        memory : Memory

        Returns
        -------
        o_t : array, ``(batch, hidden)``
        states : tuple of arrays ``(batch, hidden)``
        alpha_t : array, ``(batch, memory time)``
        cache
            For `step_backward`.
        """
        own = {name: self.params[name] for name in self._of_cell}
        if self.form == "bahdanau":
            c_t, alpha_t, looked = look(states[0], memory, self.params)
            *after, stepped = self.cell.step(np.concatenate([x_t, c_t], axis=1), *states, **own, **self._step_options)
        else:
            *after, stepped = self.cell.step(x_t, *states, **own, **self._step_options)
            c_t, alpha_t, looked = look(after[0], memory, self.params)
        both = np.concatenate([after[0], c_t], axis=1)  # (batch, hidden + memory)
        o_t = np.tanh(both @ self.params["W_o"] + self.params["b_o"])
        return o_t, tuple(after), alpha_t, (both, o_t, stepped, looked)

    def step_backward(
        self, do_t: Float, d_states: States, cache: Any, memory: Memory, dh: Float, d_keys: Float
    ) -> tuple[Float, States]:
        """Carry gradients back through one step.

        Those of the parameters are added to ``grads``, those of the memory to ``dh`` and ``d_keys``.

        Returns
        -------
        dx_t : array, ``(batch, features)``
        d_states : tuple of arrays ``(batch, hidden)``
            Those of the states before the step.
        """
        both, o_t, stepped, looked = cache
        da = do_t * (1 - o_t**2)
        self._add({"W_o": both.T @ da, "b_o": da.sum(axis=0)})
        d_both = da @ self.params["W_o"].T
        ds_t, dc_t = d_states[0] + d_both[:, : self.hidden], d_both[:, self.hidden :]
        if self.form == "luong":
            ds_looked, _ = look_backward(dc_t, looked, memory, self.params, dh, d_keys)
            ds_t = ds_t + ds_looked
        dx_t, *before, grads = self.cell.step_backward(ds_t, *d_states[1:], stepped)
        self._add(grads)
        if self.form == "bahdanau":
            dc_t = dc_t + dx_t[:, self.features :]
            ds_looked, grads = look_backward(dc_t, looked, memory, self.params, dh, d_keys)
            self._add(grads)
            before[0] = before[0] + ds_looked
        return dx_t[:, : self.features], tuple(before)

    def _add(self, grads: dict[str, Float]) -> None:
        for name, gradient in grads.items():
            self.grads[name] += gradient
