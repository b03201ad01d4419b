"""What every layer shares: named parameters, their gradients, and one backward for each forward that wants one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from birnn_ref._checks import Float, Int

_wanted = ContextVar("gradients wanted", default=True)


@contextmanager
def no_grad() -> Iterator[None]:
    """Let every ``forward`` inside keep nothing for a backward; for answers alone, it is faster and takes less memory.

    It holds for the thread that it is used in, as PyTorch's does.

    Examples
    --------
    >>> import numpy as np
    >>> from birnn_ref.layers import Recurrent
    >>> layer = Recurrent("rnn", 3, 4, rng=np.random.default_rng(0))
    >>> with no_grad():
    ...     outputs, _ = layer.forward(np.ones((2, 5, 3), np.float32))
    >>> layer.backward(outputs)
    Traceback (most recent call last):
    ...
    RuntimeError: Recurrent.backward was called after a forward inside no_grad: call forward again first
    """
    token = _wanted.set(False)
    try:
        yield
    finally:
        _wanted.reset(token)


def wants_gradients() -> bool:
    """Return whether a forward is to keep what its backward needs: everywhere but inside `no_grad`."""
    return _wanted.get()


class SparseRows(NamedTuple):
    """The gradient of a matrix of which only some rows were used.

    Attributes
    ----------
    rows : integer array, ``(used,)``
        The rows' numbers, each once, in increasing order.
    values : array, ``(used, columns)``
        Their gradients; every other row's is zero.
    """

    rows: Int
    values: Float


class Layer:
    """A differentiable step with named parameters.

    ``forward`` computes the result and keeps what ``backward`` needs. ``backward`` takes the loss's gradient with
    respect to the result, stores the parameters' gradients in ``grads`` and returns those of the inputs. It may be
    called once after each ``forward``, except inside `no_grad`, where nothing is kept. ``forward`` takes ``rng``, a
    `numpy.random.Generator`, only in training, and only layers that draw random numbers use it: without one, every
    layer is deterministic.

    Attributes
    ----------
    params : dict
        Arrays by name, in the book's notation. An optimiser changes them in place.
    grads : dict
        After ``backward``: for each parameter its gradient, of the same shape, or `SparseRows`.
    children : dict
        Layers that this one is built from, by name.
    """

    def __init__(self) -> None:
        self.params: dict[str, Float] = {}
        self.grads: dict[str, Float | SparseRows] = {}
        self.children: dict[str, Layer] = {}
        self._cache: Any = None
        self._happened = "called before forward"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._about()})"

    def _about(self) -> str:
        """Say what it is: its parameters' shapes and its children, unless a layer has a better way."""
        own = [f"{name} {' × '.join(map(str, value.shape))}" for name, value in self.params.items()]
        return ", ".join(own + [f"{name}: {child!r}" for name, child in self.children.items()])

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """Compute the result from ``x``, ``lengths`` and, in training, ``rng``."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, *d_results: Any) -> Any:
        """Store the parameters' gradients, and return those of the inputs, from those of the results."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    def named_parameters(self) -> Iterator[tuple[str, Float]]:
        """Yield every parameter with its dotted name: ``("readout.W", array)``; children's after the layer's own."""
        yield from self.params.items()
        for child_name, child in self.children.items():
            for name, value in child.named_parameters():
                yield f"{child_name}.{name}", value

    def named_gradients(self) -> Iterator[tuple[str, Float | SparseRows]]:
        """Yield every gradient with the dotted name of its parameter."""
        yield from self.grads.items()
        for child_name, child in self.children.items():
            for name, value in child.named_gradients():
                yield f"{child_name}.{name}", value

    def _keep(self, *cache: Any) -> None:
        """Keep what the next backward needs, if there is to be one."""
        self._cache = cache if wants_gradients() else None
        self._happened = "called after a forward inside no_grad"

    def _take(self) -> Any:
        """Hand out what the last forward kept, once.

        Raises
        ------
        RuntimeError
            If there was no forward, or its backward has been called already, or it was inside `no_grad`.
        """
        if self._cache is None:
            raise RuntimeError(f"{type(self).__name__}.backward was {self._happened}: call forward again first")
        cache, self._cache = self._cache, None
        self._happened = "called twice after one forward"
        return cache
