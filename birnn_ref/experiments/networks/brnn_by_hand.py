"""A simple BRNN in PyTorch whose backward pass is written out: on a CPU, far fewer small operations than `nn.RNN`'s."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn


class Recurrence(torch.autograd.Function):
    r"""Run several chains of :math:`h_t = \tanh(p_t + h_{t-1} W_{hh})` at once, from a zero state.

    The backward pass walks the same steps the other way, and gathers the weights' gradient in one product at the end.
    """

    @staticmethod
    def forward(ctx: Any, projected: Tensor, weights: Tensor) -> Tensor:
        """Return the states ``(time, chains, batch, hidden)``.

        Parameters
        ----------
        projected : tensor, ``(time, chains, batch, hidden)``
            Each step's input times its weights, plus the bias.
        weights : tensor, ``(chains, hidden, hidden)``
            Recurrent weights; row vectors multiply them from the left.
        """
        states = projected.clone(memory_format=torch.contiguous_format)
        steps = states.unbind(0)
        steps[0].tanh_()
        for h_before, h_t in pairwise(steps):
            h_t.baddbmm_(h_before, weights).tanh_()
        ctx.save_for_backward(states, weights)
        return states

    @staticmethod
    def backward(ctx: Any, d_states: Tensor) -> tuple[Tensor, Tensor]:
        """Return the gradients of both arguments."""
        states, weights = ctx.saved_tensors
        d_sums = d_states.clone(memory_format=torch.contiguous_format)
        da, slopes, turned = d_sums.unbind(0), (1 - states**2).unbind(0), weights.transpose(1, 2)
        da[-1].mul_(slopes[-1])
        for t in range(len(da) - 1, 0, -1):
            da[t - 1].baddbmm_(da[t], turned).mul_(slopes[t - 1])
        return d_sums, torch.einsum("tcbi,tcbj->cij", states[:-1], d_sums[1:])


class HandBRNN(nn.Module):
    """A simple RNN in both directions over right-padded sequences, both chains in one batched product per step.

    Parameters
    ----------
    features, hidden : int

    Examples
    --------
    >>> layer = HandBRNN(3, 4)
    >>> layer(torch.zeros(2, 5, 3), torch.tensor([5, 2])).shape
    torch.Size([2, 5, 8])
    """

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.project = nn.Linear(features, 2 * hidden)
        self.W_hh = nn.Parameter(torch.empty(2, hidden, hidden))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(hidden**-0.5), hidden**-0.5)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Return both directions' states side by side, ``(batch, time, 2 · hidden)``; those of padding mean nothing.

        Parameters
        ----------
        x : tensor, ``(batch, time, features)``
            Padded behind.
        lengths : integer tensor, ``(batch,)``
        """
        step = torch.arange(x.shape[1], device=x.device)
        # Each review is reversed within its own length, so that padding comes last in both directions.
        turned = torch.where(step < lengths[:, None], lengths[:, None] - 1 - step, step)
        turned = turned.T[..., None].expand(-1, -1, self.hidden)
        ahead, behind = self.project(x).transpose(0, 1).chunk(2, dim=2)
        projected = torch.stack([ahead, behind.gather(0, turned)], dim=1)
        states: Tensor = Recurrence.apply(projected, self.W_hh)  # type: ignore[no-untyped-call]
        return torch.cat([states[:, 0], states[:, 1].gather(0, turned)], dim=2).transpose(0, 1)
