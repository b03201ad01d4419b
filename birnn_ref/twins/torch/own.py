"""A module of your own, in PyTorch, for what `birnn_ref.inspect` measures."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from birnn_ref._checks import Float

Call = Callable[[nn.Module, Tensor, Tensor], Any]
"""From the module, ``x (batch, time, features)`` and lengths ``(batch,)`` to outputs ``(batch, time, outputs)``."""


class TorchLayer:
    """A recurrent PyTorch module with ``forward`` and ``backward`` on NumPy arrays.

    Parameters
    ----------
    module : torch.nn.Module
        Batch-first. It is copied, and set to evaluation, so that nothing is dropped; its own gradients stay.
    call : callable, optional
        ``call(module, x, lengths)`` returns the outputs, as your program does it: with packing, or with a mask. Left
        out, it is ``module(x, lengths)`` where the module's ``forward`` has an argument of this name, else
        ``module(x)``; of a tuple the first is taken.

    Raises
    ------
    TypeError
        If it is no module, or its ``batch_first`` is False.

    Examples
    --------
    What stands behind a shorter sequence is read by its backward direction, unless the sequences are packed:

    >>> import numpy as np
    >>> from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
    >>> from birnn_ref.inspect import find_leaks
    >>> module = nn.LSTM(3, 4, bidirectional=True, batch_first=True)
    >>> def packed(module, x, lengths):
    ...     read = module(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))[0]
    ...     return pad_packed_sequence(read, batch_first=True, total_length=x.shape[1])[0]
    >>> x, lengths = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32), np.array([5, 3])
    >>> find_leaks(TorchLayer(module), x, lengths).found("past", "future")
    ('padding',)
    >>> find_leaks(TorchLayer(module, packed), x, lengths).found("past", "future")
    ()
    """

    def __init__(self, module: nn.Module, call: Call | None = None) -> None:
        if not isinstance(module, nn.Module):
            raise TypeError(f"module must be a torch.nn.Module, got {type(module).__name__}")
        if not getattr(module, "batch_first", True):
            raise TypeError("module must be batch-first: make it with batch_first=True, or transpose in a call")
        self.module, self.call = copy.deepcopy(module).eval(), call
        self._kept: tuple[Tensor, Tensor] | None = None

    def __deepcopy__(self, memo: Any) -> TorchLayer:
        return TorchLayer(self.module, self.call)

    def forward(self, x: Float, lengths: Any = None, *, rng: Any = None) -> Float:
        """Return the outputs, ``(batch, time, outputs)``."""
        own = next(self.module.parameters(), torch.tensor(x))
        inputs = torch.tensor(x, device=own.device, requires_grad=True)
        if inputs.dtype != own.dtype:
            raise TypeError(f"x has dtype {x.dtype}, and the module's parameters {own.dtype}: one of them must change")
        # Lengths stay on the processor, where packing wants them.
        steps = torch.full((len(x),), x.shape[1]) if lengths is None else torch.tensor(lengths)
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):  # cuDNN has no backward in evaluation
            found = self.call(self.module, inputs, steps) if self.call else self._plainly(inputs, steps)
        outputs: Tensor = found[0] if isinstance(found, tuple) else found
        if outputs.ndim != 3 or outputs.shape[:2] != x.shape[:2]:
            raise ValueError(f"outputs have shape {tuple(outputs.shape)}, expected {x.shape[:2]} and their features")
        self._kept = inputs, outputs
        values: Float = outputs.detach().cpu().numpy()
        return values

    def backward(self, d_outputs: Float) -> Float:
        """Return the gradient of ``x``; the module's parameters get none."""
        if self._kept is None:
            raise RuntimeError("TorchLayer.backward was called before forward")
        (inputs, outputs), self._kept = self._kept, None
        (dx,) = torch.autograd.grad(outputs, inputs, torch.tensor(d_outputs, device=inputs.device), allow_unused=True)
        values: Float = (torch.zeros_like(inputs) if dx is None else dx).detach().cpu().numpy()
        return values

    def _plainly(self, x: Tensor, lengths: Tensor) -> Any:
        takes = "lengths" in inspect.signature(self.module.forward).parameters
        return self.module(x, lengths) if takes else self.module(x)
