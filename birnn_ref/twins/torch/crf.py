"""The conditional random field in PyTorch: the forward algorithm, and autograd for its gradient."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from birnn_ref.layers.crf import CRF
from birnn_ref.twins.torch.padding import within


class TorchCRF(nn.Module):
    """The twin of a `CRF`, with the same parameters.

    Parameters
    ----------
    layer : CRF

    Examples
    --------
    >>> import numpy as np
    >>> twin = TorchCRF(CRF(3, rng=np.random.default_rng(0)))
    >>> twin(torch.zeros(1, 2, 3), torch.tensor([[2, 0]])).shape
    torch.Size([1])
    """

    allowed: Tensor
    may_start: Tensor

    def __init__(self, layer: CRF) -> None:
        super().__init__()
        for name, value in layer.params.items():
            self.register_parameter(name, nn.Parameter(torch.from_numpy(value.copy())))
        may_start, allowed = layer.rules
        self.register_buffer("may_start", torch.from_numpy(may_start), persistent=False)
        self.register_buffer("allowed", torch.from_numpy(allowed), persistent=False)

    def forward(self, emissions: Tensor, tags: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return each tagging's log-likelihood; arguments as the reference's ``forward``, in tensors."""
        batch, time, _ = emissions.shape
        lengths = torch.full((batch,), time, device=emissions.device) if lengths is None else lengths
        counts = within(lengths, time)
        P = torch.where(counts[:, :, None], emissions, 0)
        y = torch.where(counts, tags, 0)
        A, start = self._constrained()
        end = self.get_parameter("end")
        alpha = start + P[:, 0]
        score = start[y[:, 0]] + P[:, 0].gather(1, y[:, :1])[:, 0]
        for t in range(1, time):
            own = counts[:, t]
            reached = torch.logsumexp(alpha[:, :, None] + A, dim=1) + P[:, t]
            alpha = torch.where(own[:, None], reached, alpha)
            step = A[y[:, t - 1], y[:, t]] + P[:, t].gather(1, y[:, t : t + 1])[:, 0]
            score = score + torch.where(own, step, 0)
        last = y.gather(1, (lengths - 1).clamp(min=0)[:, None])[:, 0]
        log_likelihood = score + end[last] - torch.logsumexp(alpha + end, dim=1)
        return torch.where(lengths > 0, log_likelihood, 0)

    def decode(self, emissions: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the best tagging, ``(batch, time)``, 0 at padded steps."""
        batch, time, tags = emissions.shape
        lengths = torch.full((batch,), time, device=emissions.device) if lengths is None else lengths
        counts = within(lengths, time)
        P = torch.where(counts[:, :, None], emissions, 0)
        A, start = self._constrained()
        best, stay = start + P[:, 0], torch.arange(tags, device=emissions.device)
        came_from = [stay.expand(batch, tags)]
        for t in range(1, time):
            own = counts[:, t, None]
            value, at = (best[:, :, None] + A).max(dim=1)
            best = torch.where(own, value + P[:, t], best)
            came_from.append(torch.where(own, at, stay))
        path = [(best + self.get_parameter("end")).argmax(dim=1)]
        for at in came_from[:0:-1]:
            path.append(at.gather(1, path[-1][:, None])[:, 0])
        return torch.where(counts, torch.stack(path[::-1], dim=1), 0)

    def _constrained(self) -> tuple[Tensor, Tensor]:
        """Return A and a, minus infinity where the rules forbid."""
        A, start = self.get_parameter("transitions"), self.get_parameter("start")
        return A.masked_fill(~self.allowed, -torch.inf), start.masked_fill(~self.may_start, -torch.inf)
