"""The models in PyTorch."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from birnn_ref._checks import Float
from birnn_ref.layers import CRF, AdditiveAttention, Conv1D, Dense, Embedding, Layer
from birnn_ref.models import Classifier, ConvClassifier, Regressor
from birnn_ref.twins.graph import Graph, leaves
from birnn_ref.twins.torch.crf import TorchCRF
from birnn_ref.twins.torch.padding import within
from birnn_ref.twins.torch.recurrence import TorchRecurrence
from birnn_ref.twins.torch.weights import recurrence_from_torch, recurrence_to_torch, torch_gradients, widened


class TorchModel(nn.Module):
    """The twin of a model of `birnn_ref.models`, with the same weights.

    Parameters
    ----------
    model : Classifier, ConvClassifier, Tagger, CharTagger or Regressor

    Examples
    --------
    >>> from birnn_ref.models import Tagger
    >>> twin = TorchModel(Tagger("gru", 100, 3, 4, 5, rng=np.random.default_rng(0)))
    >>> twin(torch.tensor([[7, 8, 9]]), torch.tensor([2])).shape
    torch.Size([1, 3, 5])
    """

    def __init__(self, model: Layer) -> None:
        super().__init__()
        self.reference = copy.deepcopy(model)
        self.leaves = nn.ModuleDict()
        for name, layer in leaves(model).items():
            for key, leaf in _torch_leaves(name, layer).items():
                self.leaves[key.replace(".", "_")] = leaf

    def forward(self, x: Any, lengths: Tensor | None = None) -> Tensor:
        """Return the logits; arguments as the reference's ``forward`` in tensors, `Spelt` words as their ``arrays``."""

        def drop(value: Tensor, rate: float) -> Tensor:
            return nn.functional.dropout(value, rate, self.training)

        def rows(matrix: Tensor, at: Tensor) -> Tensor:
            return matrix[at]

        logits: Tensor = Graph(torch, self.part, drop, within, rows).logits(self.reference, x, lengths)
        return logits

    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the loss as the reference's ``loss``: of a mean over sequences or over the steps that count."""
        if "crf" in self.leaves:
            steps = targets.numel() if lengths is None else lengths.sum()
            loss: Tensor = -self.leaves["crf"](logits, targets, lengths).sum() / steps
            return loss
        if lengths is not None and logits.ndim == 3:
            counts = within(lengths, targets.shape[1])
            logits, targets = logits[counts], targets[counts]
        if isinstance(self.reference, Regressor):
            score = {"squared": nn.functional.mse_loss, "absolute": nn.functional.l1_loss}[self.reference.error]
            return score(logits.reshape(targets.shape), targets)
        if isinstance(self.reference, Classifier | ConvClassifier) and logits.shape[1] == 1:
            return nn.functional.binary_cross_entropy_with_logits(logits[:, 0], targets.to(logits.dtype))
        return nn.functional.cross_entropy(logits.flatten(0, -2), targets.flatten())

    def decode(self, logits: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the answers as the reference's ``decode``: classes, taggings or numbers."""
        if "crf" in self.leaves:
            crf: Any = self.leaves["crf"]
            best: Tensor = crf.decode(logits, lengths)
            return best
        if isinstance(self.reference, Regressor):
            return logits[..., 0] if logits.shape[-1] == 1 else logits
        if isinstance(self.reference, Classifier | ConvClassifier) and logits.shape[1] == 1:
            return (logits[:, 0] > 0).long()
        return logits.argmax(dim=-1)

    def part(self, name: str) -> nn.Module:
        """Return the leaf of a dotted name."""
        return self.leaves[name.replace(".", "_")]

    def to_reference(self) -> Layer:
        """Return the reference's model with this twin's weights."""
        model = copy.deepcopy(self.reference)
        own = {value.dtype for _, value in model.named_parameters()}
        if any(value.dtype == torch.float64 for value in self.parameters()) and own != {np.dtype(np.float64)}:
            raise TypeError("the twin's weights are float64, its reference's float32: call .float() first")
        for name, layer in leaves(model).items():
            target: Any = layer
            source = self.part(name) if not isinstance(layer, AdditiveAttention) else None
            if isinstance(source, TorchRecurrence):
                for level, other in zip(
                    target.children.values(), recurrence_from_torch(source).children.values(), strict=True
                ):
                    level.params = other.params
            else:
                for key, value in self._arrays(name, layer, gradients=False).items():
                    target.params[key][...] = value
        return model

    def ref_gradients(self) -> dict[str, Any]:
        """Return the gradients of the last backward pass as `birnn_ref.twins.graph.ref_gradients` names them."""
        return {
            name: torch_gradients(self.part(name))
            if name.endswith("stack")
            else self._arrays(name, layer, gradients=True)
            for name, layer in leaves(self.reference).items()
        }

    def _arrays(self, name: str, layer: Layer, *, gradients: bool) -> dict[str, Float]:
        def read(part: str, key: str) -> Float:
            tensor: Any = self.part(part).get_parameter(key)
            if gradients and tensor.grad is None:
                raise ValueError(f"{part}.{key} has no gradient: call backward first")
            return widened(tensor.grad if gradients else tensor)

        if isinstance(layer, AdditiveAttention):
            U, v = f"{name}.U", f"{name}.v"
            return {"U": read(U, "weight").T, "b": read(U, "bias"), "v": read(v, "weight")[0]}
        if isinstance(layer, CRF):
            return {key: read(name, key) for key in layer.params}
        if isinstance(layer, Embedding):
            return {"W": read(name, "weight")}
        prefix = "conv." if isinstance(layer, Conv1D) else ""
        return {"W": read(name, prefix + "weight").T, "b": read(name, prefix + "bias")}


class TorchConv(nn.Module):
    """`torch.nn.Conv1d` on batch-first sequences, ``(batch, time, features)``."""

    def __init__(self, features: int, filters: int, width: int, dtype: torch.dtype) -> None:
        super().__init__()
        self.conv = nn.Conv1d(features, filters, width, dtype=dtype)
        self.pad = ((width - 1) // 2, width // 2)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve over time, as many steps out as in."""
        y: Tensor = self.conv(nn.functional.pad(x.transpose(1, 2), self.pad))
        return y.transpose(1, 2)


def _torch_leaves(name: str, layer: Layer) -> dict[str, nn.Module]:
    """Return a leaf's twin by name; attention is two linear maps."""
    params = layer.params
    if isinstance(layer, AdditiveAttention):
        W_U, v = params["U"], params["v"]
        return {
            f"{name}.U": _linear(W_U, params["b"]),
            f"{name}.v": _linear(v[:, None], None),
        }
    if isinstance(layer, CRF):
        return {name: TorchCRF(layer)}
    if isinstance(layer, Dense):
        return {name: _linear(params["W"], params["b"])}
    if isinstance(layer, Embedding):
        words, features = params["W"].shape
        return {name: nn.Embedding(words, features, _weight=torch.from_numpy(params["W"].copy()))}
    if isinstance(layer, Conv1D):
        W = params["W"]
        width, features, filters = W.shape
        leaf = TorchConv(features, filters, width, getattr(torch, W.dtype.name))
        with torch.no_grad():
            leaf.conv.weight.copy_(torch.from_numpy(np.ascontiguousarray(W.T)))
            assert leaf.conv.bias is not None
            leaf.conv.bias.copy_(torch.from_numpy(params["b"]))
        return {name: leaf}
    return {name: recurrence_to_torch(layer)}


def _linear(W: Float, b: Float | None) -> nn.Linear:
    features, outputs = W.shape
    leaf = nn.Linear(features, outputs, bias=b is not None, dtype=getattr(torch, W.dtype.name))
    with torch.no_grad():
        leaf.weight.copy_(torch.from_numpy(np.ascontiguousarray(W.T)))
        if b is not None:
            leaf.bias.copy_(torch.from_numpy(b))
    return leaf
