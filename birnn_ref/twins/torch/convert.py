"""Any layer or model that PyTorch can run as well, there and back."""

from __future__ import annotations

from torch import nn

from birnn_ref.layers import Layer
from birnn_ref.models import Seq2Seq
from birnn_ref.twins.graph import MODELS
from birnn_ref.twins.torch.models import TorchModel
from birnn_ref.twins.torch.seq2seq import TorchSeq2Seq
from birnn_ref.twins.torch.weights import recurrence_from_torch, recurrence_to_torch


def to_torch(layer: Layer) -> nn.Module:
    """Return the twin of a recurrent layer or a model in PyTorch, with the same weights.

    Parameters
    ----------
    layer : Recurrent, Bidirectional, Stack, or a model of `birnn_ref.models`

    Returns
    -------
    TorchRecurrence, TorchModel or TorchSeq2Seq
        Where `torch.nn` has the same module, ``to_torch(layer).parts[0]`` is it.

    Raises
    ------
    TypeError
        If the layer is none of these.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> from birnn_ref.layers import Bidirectional
    >>> layer = Bidirectional("gru", 3, 4, merge="sum", rng=np.random.default_rng(0))
    >>> x = np.ones((2, 5, 3), np.float32)
    >>> theirs, _ = to_torch(layer)(torch.from_numpy(x))
    >>> bool(np.allclose(layer.forward(x)[0], theirs.detach().numpy(), atol=1e-6))
    True
    """
    if isinstance(layer, MODELS):
        return TorchModel(layer)
    if isinstance(layer, Seq2Seq):
        return TorchSeq2Seq(layer)
    return recurrence_to_torch(layer)


def from_torch(module: nn.Module) -> Layer:
    """Return the reference's layer or model with the weights of a PyTorch module.

    Parameters
    ----------
    module : TorchRecurrence, TorchModel, TorchSeq2Seq, torch.nn.RNN, torch.nn.LSTM or torch.nn.GRU
        Without ``proj_size``. One level of one direction becomes a `Recurrent`, one of two a `Bidirectional`, more a
        `Stack`. The reference is batch-first, whatever the module's ``batch_first``. Weights in bfloat16 or float16
        become float32, which holds them exactly.

    Returns
    -------
    Layer

    Raises
    ------
    TypeError
        If the module is none of these.
    ValueError
        If it has ``proj_size``, which the reference lacks.

    Examples
    --------
    >>> import numpy as np
    >>> import torch
    >>> layer = from_torch(nn.LSTM(3, 4, num_layers=2, bidirectional=True, dtype=torch.float64))
    >>> type(layer).__name__, layer.forward(np.ones((2, 5, 3)))[0].shape
    ('Stack', (2, 5, 8))
    """
    if isinstance(module, TorchModel | TorchSeq2Seq):
        return module.to_reference()
    return recurrence_from_torch(module)
