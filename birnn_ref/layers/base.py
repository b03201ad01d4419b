"""What every layer shares: named parameters, their gradients, and one backward for each forward."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from birnn_ref._checks import Float, Int


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
    called once after each ``forward``. ``forward`` takes ``rng``, a `numpy.random.Generator`, only in training, and
    only layers that draw random numbers use it: without one, every layer is deterministic.

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
        self._used = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._about()})"

    def _about(self) -> str:
        """Say what it is: its parameters' shapes and its children, unless a layer knows better."""
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
        """Keep what the next backward needs."""
        self._cache, self._used = cache, False

    def _take(self) -> Any:
        """Hand out what the last forward kept, once.

        Raises
        ------
        RuntimeError
            If there was no forward, or its backward has been called already.
        """
        if self._cache is None:
            happened = "called twice after one forward" if self._used else "called before forward"
            raise RuntimeError(f"{type(self).__name__}.backward was {happened}: call forward again first")
        cache, self._cache, self._used = self._cache, None, True
        return cache
