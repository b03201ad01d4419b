"""A layer or model of your own, in Keras, for what `birnn_ref.inspect` measures."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.twins.keras.backend import BACKEND, keras, within

ops = keras.ops


class KerasLayer:
    """A recurrent Keras layer or model with ``forward`` and ``backward`` on NumPy arrays.

    Parameters
    ----------
    layer : keras.Layer
        It returns outputs at every step, ``return_sequences=True``. It is called as in evaluation, and stays as it is.
    call : callable, optional
        ``call(layer, x, mask)`` returns the outputs, as your program does it; the mask is True ``(batch, time)`` at the
        steps that count. Left out, it is ``layer(x)``: no mask.

    Raises
    ------
    TypeError
        If it is no layer.
    RuntimeError
        On a backend other than TensorFlow and PyTorch.

    Examples
    --------
    >>> from birnn_ref.inspect import find_leaks
    >>> layer = keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True))
    >>> x, lengths = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32), np.array([5, 3])
    >>> find_leaks(KerasLayer(layer), x, lengths).found("past", "future")
    ('padding',)
    >>> masked = KerasLayer(layer, lambda layer, x, mask: layer(x, mask=mask))
    >>> find_leaks(masked, x, lengths).found("past", "future")
    ()
    """

    def __init__(self, layer: Any, call: Callable[[Any, Any, Any], Any] | None = None) -> None:
        if not isinstance(layer, keras.Layer):
            raise TypeError(f"layer must be a keras.Layer, got {type(layer).__name__}")
        if BACKEND not in ("tensorflow", "torch"):
            raise RuntimeError(f"gradients are taken on TensorFlow or PyTorch, not on {BACKEND}")
        self.layer, self.call = layer, call
        self._kept: Any = None

    def __deepcopy__(self, memo: Any) -> KerasLayer:
        return KerasLayer(self.layer, self.call)  # a layer is not changed, and Keras's copies lose their names

    def forward(self, x: Float, lengths: Any = None, *, rng: Any = None) -> Float:
        """Return the outputs, ``(batch, time, outputs)``."""
        mask = within(np.full(len(x), x.shape[1]) if lengths is None else lengths, x.shape[1])
        if BACKEND == "torch":
            import torch

            tape, inputs = None, torch.tensor(x, requires_grad=True)
            outputs = self._called(inputs, mask)
        else:
            tf: Any = importlib.import_module("tensorflow")  # which ships no types
            inputs = tf.constant(x)
            with tf.GradientTape(persistent=True) as tape:
                tape.watch(inputs)
                outputs = self._called(inputs, mask)
        if len(outputs.shape) != 3 or tuple(outputs.shape[:2]) != x.shape[:2]:
            shape = tuple(outputs.shape)
            raise ValueError(f"outputs have shape {shape}, expected {x.shape[:2]} and features: return_sequences=True")
        self._kept = tape, inputs, outputs
        values: Float = ops.convert_to_numpy(outputs)
        return values

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient of ``x``."""
        if self._kept is None:
            raise RuntimeError("KerasLayer.backward was called before forward")
        (tape, inputs, outputs), self._kept = self._kept, None
        upstream = ops.convert_to_tensor(d_outputs)
        if tape is None:
            import torch

            (dx,) = torch.autograd.grad(outputs, inputs, upstream, allow_unused=True)
        else:
            dx = tape.gradient(outputs, inputs, output_gradients=upstream)
        values: Float = np.zeros(inputs.shape, d_outputs.dtype) if dx is None else ops.convert_to_numpy(dx)
        return values

    def _called(self, x: Any, mask: Any) -> Any:
        found = self.call(self.layer, x, mask) if self.call else self.layer(x, training=False)
        return found[0] if isinstance(found, (tuple, list)) else found
