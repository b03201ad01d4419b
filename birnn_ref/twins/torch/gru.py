"""The GRU that resets before the product (Cho et al., 2014), which `torch.nn` lacks."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ResetBeforeGRU(nn.Module):
    r"""A GRU whose reset gate acts on the state *before* the recurrent product, batch-first.

    .. math::

        r &= \sigma(x_t W_{xr} + h_{t-1} W_{hr} + b_r) \qquad z = \sigma(x_t W_{xz} + h_{t-1} W_{hz} + b_z) \\
        n &= \tanh(x_t W_{xn} + (r \odot h_{t-1}) W_{hn} + b_n) \\
        h_t &= (1 - z) \odot n + z \odot h_{t-1}

    Parameters and their names are those of `torch.nn.GRU`: ``weight_ih_l0`` and so on, rows transposed, gates in the
    order r z n; each b is the sum of its two biases.

    Parameters
    ----------
    features, hidden : int
    bidirectional : bool
        Adds the chain that reads backward, its weights' names ending in ``_reverse``.
    dtype : torch.dtype, optional

    Notes
    -----
    K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical machine translation",
    arXiv:1406.1078v3 (2014).

    Examples
    --------
    >>> outputs, h_n = ResetBeforeGRU(3, 4, bidirectional=True)(torch.zeros(2, 5, 3))
    >>> outputs.shape, h_n.shape
    (torch.Size([2, 5, 8]), torch.Size([2, 2, 4]))
    """

    def __init__(
        self, features: int, hidden: int, *, bidirectional: bool = False, dtype: torch.dtype | None = None
    ) -> None:
        super().__init__()
        self.hidden_size = hidden
        self.suffixes = ("_l0", "_l0_reverse") if bidirectional else ("_l0",)
        for suffix in self.suffixes:
            for name, shape in {
                "weight_ih": (3 * hidden, features),
                "weight_hh": (3 * hidden, hidden),
                "bias_ih": (3 * hidden,),
                "bias_hh": (3 * hidden,),
            }.items():
                drawn = torch.empty(shape, dtype=dtype).uniform_(-(hidden**-0.5), hidden**-0.5)
                self.register_parameter(name + suffix, nn.Parameter(drawn))

    def forward(self, x: Tensor, h_0: Tensor | None = None, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the outputs ``(batch, time, directions * hidden)`` and final states ``(directions, batch, hidden)``.

        Past a sequence's length its outputs are 0 and its state stays.
        """
        if h_0 is None:
            h_0 = x.new_zeros(len(self.suffixes), len(x), self.hidden_size)
        if lengths is None:
            lengths = torch.full((len(x),), x.shape[1], device=x.device)
        chains = [self._chain(suffix, x, h_0[i], lengths) for i, suffix in enumerate(self.suffixes)]
        return torch.cat([outputs for outputs, _ in chains], dim=2), torch.stack([h_t for _, h_t in chains])

    def _chain(self, suffix: str, x: Tensor, h_t: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        weight_hh = self.get_parameter("weight_hh" + suffix)
        U_rz, U_n = weight_hh[: 2 * self.hidden_size], weight_hh[2 * self.hidden_size :]
        bias = self.get_parameter("bias_ih" + suffix) + self.get_parameter("bias_hh" + suffix)
        inputs = nn.functional.linear(x, self.get_parameter("weight_ih" + suffix), bias)
        steps = range(x.shape[1])
        outputs: list[Tensor] = []
        for t in reversed(steps) if suffix.endswith("_reverse") else steps:
            x_rz, x_n = inputs[:, t, : 2 * self.hidden_size], inputs[:, t, 2 * self.hidden_size :]
            r, z = torch.sigmoid(x_rz + h_t @ U_rz.T).chunk(2, dim=1)
            n = torch.tanh(x_n + (r * h_t) @ U_n.T)
            # The backward chain meets the padding first, so a step counts by its position, not by its order.
            counts = (t < lengths)[:, None]
            h_t = torch.where(counts, (1 - z) * n + z * h_t, h_t)
            outputs.append(torch.where(counts, h_t, torch.zeros_like(h_t)))
        if suffix.endswith("_reverse"):
            outputs.reverse()
        return torch.stack(outputs, dim=1), h_t
