"""Carry recurrent layers from the reference to PyTorch and back, weights and all."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from birnn_ref._checks import Float
from birnn_ref.layers import Layer
from birnn_ref.twins.spec import Chains, Spec, build, describe
from birnn_ref.twins.torch.recurrence import CLASSES, TorchRecurrence
from birnn_ref.twins.weights import ref_from_torch, ref_gradients_from_torch, torch_from_ref

_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def recurrence_to_torch(layer: Layer) -> TorchRecurrence:
    """Return the twin of a recurrent layer, with the same weights; see `birnn_ref.twins.torch.to_torch`."""
    spec, chains = describe(layer)
    twin = TorchRecurrence(spec)
    with torch.no_grad():
        for level, directions in enumerate(chains):
            for direction, params in enumerate(directions):
                part, suffix = twin.place(level, direction)
                for name, value in torch_from_ref(spec.cell, params).items():
                    part.get_parameter(name + suffix).copy_(torch.from_numpy(value))
    return twin


def recurrence_from_torch(module: nn.Module) -> Layer:
    """Return the recurrent layer with the weights of a PyTorch module; see `birnn_ref.twins.torch.from_torch`."""
    twin = module if isinstance(module, TorchRecurrence) else _wrap(module)
    chains = _chains(twin, gradients=False)
    return build(replace(twin.spec, dtype=chains[0][0]["W_hh"].dtype), chains)


def torch_gradients(module: nn.Module) -> Chains:
    """Return the gradients of a module's last backward pass by the book's names, as ``[level][direction]``.

    Raises
    ------
    ValueError
        If there was no backward pass.
    """
    return _chains(module if isinstance(module, TorchRecurrence) else _wrap(module), gradients=True)


def widened(value: torch.Tensor) -> Float:
    """Return a tensor as an array: float64 as it is, the rest as float32, which holds bfloat16 and float16 exactly."""
    kept = value.detach().cpu()
    array: Float = (kept if kept.dtype == torch.float64 else kept.float()).numpy()
    return array


def _chains(twin: TorchRecurrence, *, gradients: bool) -> Chains:
    spec, convert = twin.spec, ref_gradients_from_torch if gradients else ref_from_torch
    chains: Chains = []
    for level in range(spec.depth):
        chains.append([])
        for direction in range(spec.directions):
            part, suffix = twin.place(level, direction)
            arrays = {}
            for name in _NAMES:
                value: torch.Tensor | None = getattr(part, name + suffix, None)
                if value is None:  # a module made with bias=False
                    value = torch.zeros(len(part.get_parameter("weight_ih" + suffix)), dtype=_dtype(part))
                elif gradients:
                    value = value.grad
                if value is None:
                    raise ValueError(f"{name}{suffix} has no gradient: call backward first")
                arrays[name] = widened(value)
            chains[level].append(convert(spec.cell, arrays, reset_after=spec.reset_after))
    return chains


def _wrap(module: nn.Module) -> TorchRecurrence:
    """Put a `torch.nn` module into a twin; its weights are shared, not copied."""
    cell = next((name for name, kind in CLASSES.items() if isinstance(module, kind)), None)
    if not isinstance(module, nn.RNNBase) or cell is None:
        raise TypeError(f"module must be a TorchRecurrence, torch.nn.RNN, LSTM or GRU, got {type(module).__name__}")
    if module.proj_size:
        raise ValueError(f"module has proj_size={module.proj_size}, which the reference lacks")
    single = module.num_layers == 1
    spec = Spec(
        kind="stack" if not single else "bidirectional" if module.bidirectional else "recurrent",
        cell=cell,
        features=module.input_size,
        hidden=module.hidden_size,
        depth=module.num_layers,
        bidirectional=module.bidirectional,
        activation=getattr(module, "nonlinearity", "tanh"),
        dropout=0.0 if single else module.dropout,
    )
    twin = TorchRecurrence(spec)
    twin.parts[0] = module
    return twin


def _dtype(module: nn.Module) -> torch.dtype:
    return next(module.parameters()).dtype
