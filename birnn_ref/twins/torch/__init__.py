"""The twins in PyTorch: `to_torch` takes a layer or a model there with its weights, `from_torch` brings it back."""

from birnn_ref.twins.torch.convert import from_torch, to_torch
from birnn_ref.twins.torch.own import TorchLayer
from birnn_ref.twins.torch.recurrence import TorchRecurrence

__all__ = ["TorchLayer", "TorchRecurrence", "from_torch", "to_torch"]
