"""Optimisers: they change a model's parameters in place, and of a matrix with a sparse gradient only the used rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.base import Layer, SparseRows


class Optimiser:
    """What every optimiser shares: the model, the step's size and the arrays that it remembers.

    Parameters
    ----------
    model : Layer
    rate : float
        The size of a step. It may be changed between steps.

    Attributes
    ----------
    memory : dict
        Arrays by name: what must be kept, beside ``steps``, to go on exactly.
    steps : int
        Steps taken.
    """

    kinds: tuple[str, ...] = ()  # what is remembered of each parameter

    def __init__(self, model: Layer, rate: float) -> None:
        if not rate > 0:
            raise ValueError(f"rate must be positive, got {rate}")
        self.model, self.rate, self.steps = model, rate, 0
        self.memory: dict[str, Float] = {}

    def step(self) -> None:
        """Change every parameter that the last backward gave a gradient.

        Raises
        ------
        RuntimeError
            If there is no gradient: no backward was called.
        """
        gradients = dict(self.model.named_gradients())
        if not gradients:
            raise RuntimeError("there are no gradients: call the model's backward before the optimiser's step")
        self.steps += 1
        parameters = dict(self.model.named_parameters())
        for name, gradient in gradients.items():
            parameter = parameters[name]
            memory = self._remembered(name, parameter)
            if isinstance(gradient, SparseRows):
                rows, values = gradient
                # Indexing by rows copies: the copies are changed, then put back.
                copies = [array[rows] for array in memory]
                parameter[rows] -= self._change(values, *copies)
                for array, copy in zip(memory, copies, strict=True):
                    array[rows] = copy
            else:
                parameter -= self._change(gradient, *memory)

    def _remembered(self, name: str, parameter: Float) -> list[Float]:
        keys = [f"{kind}.{name}" for kind in self.kinds]
        for key in keys:
            if key not in self.memory:
                self.memory[key] = np.zeros_like(parameter)
        return [self.memory[key] for key in keys]

    def _change(self, gradient: Float, *remembered: Float) -> Float:
        """Return what to subtract; change the ``remembered`` arrays in place."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Return the optimiser's ``kind``, ``rate``, ``steps`` and copies of the remembered arrays."""
        memory = {name: array.copy() for name, array in self.memory.items()}
        return {"kind": type(self).__name__, "rate": self.rate, "steps": self.steps, "memory": memory}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.rate, self.steps = float(state["rate"]), int(state["steps"])
        self.memory = {name: array.copy() for name, array in state["memory"].items()}


class SGD(Optimiser):
    r"""Gradient descent with momentum: :math:`v \leftarrow \mu v + g`, :math:`\theta \leftarrow \theta - \eta v`.

    Of a matrix with a sparse gradient, the rows that a batch does not use stand still, their momentum too.

    Parameters
    ----------
    model : Layer
    rate : float
        :math:`\eta`.
    momentum : float
        :math:`\mu` in [0, 1); 0 is plain gradient descent.

    Raises
    ------
    ValueError
        If ``rate`` or ``momentum`` is out of range.
    """

    def __init__(self, model: Layer, rate: float = 0.1, momentum: float = 0.0) -> None:
        super().__init__(model, rate)
        if not 0 <= momentum < 1:
            raise ValueError(f"momentum must be in [0, 1), got {momentum}")
        self.momentum = momentum
        self.kinds = ("velocity",) if momentum else ()

    def _change(self, gradient: Float, *remembered: Float) -> Float:
        kind = gradient.dtype.type
        if not self.momentum:
            return kind(self.rate) * gradient
        (velocity,) = remembered
        velocity *= kind(self.momentum)
        velocity += gradient
        return kind(self.rate) * velocity


class Adam(Optimiser):
    r"""Adam: steps of the size :math:`\eta`, by the gradient's running mean over the root of its running square.

    .. math::

        m \leftarrow \beta_1 m + (1 - \beta_1) g, \qquad v \leftarrow \beta_2 v + (1 - \beta_2) g^2, \qquad
        \theta \leftarrow \theta - \eta \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}

    Of a matrix with a sparse gradient it is lazy: rows that a batch does not use stand still, their m and v too. A
    vocabulary's embedding so costs what a batch uses, not what it holds.

    Parameters
    ----------
    model : Layer
    rate : float
        :math:`\eta`.
    decay_mean, decay_square : float
        :math:`\beta_1` and :math:`\beta_2`, in [0, 1).
    epsilon : float
        :math:`\epsilon`.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization", ICLR 2015.

    Examples
    --------
    The first step has the size of the rate, whatever the gradient's:

    >>> from birnn_ref.layers import Dense
    >>> layer = Dense(1, 1, rng=np.random.default_rng(0), dtype=np.float64)
    >>> before, _ = layer.params["W"].copy(), layer.forward(np.full((1, 1), 500.0))
    >>> _ = layer.backward(np.ones((1, 1)))
    >>> Adam(layer, rate=0.01).step()
    >>> (before - layer.params["W"]).round(6)
    array([[0.01]])
    """

    kinds = ("mean", "square")

    def __init__(
        self,
        model: Layer,
        rate: float = 1e-3,
        decay_mean: float = 0.9,
        decay_square: float = 0.999,
        epsilon: float = 1e-8,
    ) -> None:
        super().__init__(model, rate)
        for name, value in (("decay_mean", decay_mean), ("decay_square", decay_square)):
            if not 0 <= value < 1:
                raise ValueError(f"{name} must be in [0, 1), got {value}")
        if not epsilon > 0:
            raise ValueError(f"epsilon must be positive, got {epsilon}")
        self.decay_mean, self.decay_square, self.epsilon = decay_mean, decay_square, epsilon

    def _change(self, gradient: Float, *remembered: Float) -> Float:
        kind, (mean, square) = gradient.dtype.type, remembered
        mean *= kind(self.decay_mean)
        mean += kind(1 - self.decay_mean) * gradient
        square *= kind(self.decay_square)
        square += kind(1 - self.decay_square) * np.square(gradient)
        # Both corrections are numbers, so they join the step's size and spare two passes over the arrays.
        size = self.rate / (1 - self.decay_mean**self.steps)
        root = (1 - self.decay_square**self.steps) ** -0.5
        spread = np.sqrt(square)
        spread *= kind(root)
        spread += kind(self.epsilon)
        change: Float = np.divide(mean, spread, out=spread)
        change *= kind(size)
        return change
