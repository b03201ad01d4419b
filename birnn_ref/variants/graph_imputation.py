"""GRIN as published, the Graph Recurrent Imputation Network: missing readings of sensors, from their neighbours."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from birnn_ref._checks import check_sizes
from birnn_ref.twins.torch.padding import without_padding
from birnn_ref.variants._checks import check_tensor


class Estimates(NamedTuple):
    """What the network makes of every entry, ``(batch, time, nodes)``.

    Attributes
    ----------
    final : tensor
        The merged estimate. It never depends on the entry that it estimates.
    intermediate : tuple of tensors
        A direction's estimates from its state alone and with the neighbours; four for two directions.
    """

    final: Tensor
    intermediate: tuple[Tensor, ...]


class DiffusionConv(nn.Module):
    r"""A weighted sum of a node's own features and its neighbours', up to two hops along and against the edges.

    :math:`\text{DC}(z) = [z; A_f z; A_f^2 z; A_b z; A_b^2 z]\, W + b`. Without ``self_loop`` it is
    :math:`[A_f z; A_b z]\, W + b`: one hop alone, since :math:`A^2` would bring a node's own features back.
    """

    paths: Tensor

    def __init__(self, adjacency: Tensor, features: int, outputs: int, *, self_loop: bool = True) -> None:
        super().__init__()
        A_f, A_b = _row_normalised(adjacency), _row_normalised(adjacency.T)
        itself = torch.eye(len(adjacency), dtype=adjacency.dtype)
        kinds = [itself, A_f, A_f @ A_f, A_b, A_b @ A_b] if self_loop else [A_f, A_b]
        self.register_buffer("paths", torch.stack(kinds))  # (kinds, to, from)
        self.weigh = nn.Linear(features * len(kinds), outputs)

    def forward(self, z: Tensor) -> Tensor:
        """Map ``(batch, nodes, features)`` to ``(batch, nodes, outputs)``."""
        gathered = torch.einsum("kij,bjf->bikf", self.paths, z)
        out: Tensor = self.weigh(gathered.flatten(2))
        return out


class Direction(nn.Module):
    r"""One direction: estimate, fill in, update the state.

    With x the readings and m which of them are seen,

    .. math::

        \hat x^1 &= h_{t-1} W_1, \qquad \bar x = m \odot x + (1 - m) \odot \hat x^1 \\
        g &= \text{DC without self-loop}([\bar x; m; h_{t-1}] W_{in}), \qquad
        s = [\text{PReLU}([g; h_{t-1}] W_o); h_{t-1}], \qquad \hat x^2 = s W_r \\
        \tilde x &= m \odot x + (1 - m) \odot \hat x^2, \qquad r, u = \sigma(\text{DC}([\tilde x; m; h_{t-1}])) \\
        c &= \tanh(\text{DC}([\tilde x; m; r \odot h_{t-1}])), \qquad h_t = u \odot h_{t-1} + (1 - u) \odot c
    """

    def __init__(self, adjacency: Tensor, hidden: int) -> None:
        super().__init__()
        self.h_0 = nn.Parameter(torch.randn(len(adjacency), hidden) * hidden**-0.5)
        self.from_state = nn.Linear(hidden, 1)
        self.enter = nn.Linear(2 + hidden, hidden)
        self.from_others = DiffusionConv(adjacency, hidden, hidden, self_loop=False)
        self.join = nn.Sequential(nn.Linear(2 * hidden, hidden), nn.PReLU())
        self.from_both = nn.Linear(2 * hidden, 1)
        self.gates = DiffusionConv(adjacency, 2 + hidden, 2 * hidden)
        self.candidate = DiffusionConv(adjacency, 2 + hidden, hidden)

    def forward(self, x: Tensor, m: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return both estimates ``(batch, time, nodes)`` and the states s ``(batch, time, nodes, 2 * hidden)``."""
        h = self.h_0.expand(len(x), -1, -1)
        found = []
        for x_t, m_t in zip(x[..., None].unbind(1), m[..., None].unbind(1), strict=True):
            first = self.from_state(h)
            filled = torch.where(m_t > 0, x_t, first)
            g = self.from_others(self.enter(torch.cat([filled, m_t, h], dim=2)))
            s = torch.cat([self.join(torch.cat([g, h], dim=2)), h], dim=2)
            second = self.from_both(s)
            filled = torch.where(m_t > 0, x_t, second)
            r, u = torch.sigmoid(self.gates(torch.cat([filled, m_t, h], dim=2))).chunk(2, dim=2)
            c = torch.tanh(self.candidate(torch.cat([filled, m_t, r * h], dim=2)))
            h = u * h + (1 - u) * c
            found.append((first[..., 0], second[..., 0], s))
        first, second, states = (torch.stack(parts, dim=1) for parts in zip(*found, strict=True))
        return first, second, states


class GraphImputation(nn.Module):
    r"""Estimate every entry of a sensor field from the other entries, before and after it, near and far.

    Two `Direction` modules, and :math:`\hat y_t = \text{MLP}([s^f_t; s^b_t; m_t; v])` with v a learned vector of each
    node. No estimate depends on the entry that it estimates, :math:`\partial \hat y_{t,i} / \partial x_{t,i} = 0`,
    since the states that reach it come from other steps and the convolution that reads this step has no self-loop.
    So every seen entry can be a training target.

    Parameters
    ----------
    adjacency : tensor, ``(nodes, nodes)``
        Weights of the edges, at least 0; entry ``[i, j]`` is what node i takes from node j. The diagonal is ignored.
    hidden, embedding, readout : int
        Sizes of a direction's state, of the nodes' vectors and of the MLP's hidden layer.
    bidirectional : bool
        Without it, the forward direction alone.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    A. Cini, I. Marisca and C. Alippi, "Filling the G_ap_s: multivariate time series imputation by graph neural
    networks", ICLR 2022 (arXiv 2108.00298). One channel per node. PyTorch alone, gradients by autograd.

    Examples
    --------
    >>> model = GraphImputation(torch.ones(3, 3), 4)
    >>> estimates = model(torch.zeros(2, 5, 3), torch.ones(2, 5, 3))
    >>> estimates.final.shape, len(estimates.intermediate)
    (torch.Size([2, 5, 3]), 4)
    """

    def __init__(
        self, adjacency: Any, hidden: int, *, embedding: int = 8, readout: int = 32, bidirectional: bool = True
    ) -> None:  # fmt: skip
        super().__init__()
        check_tensor("adjacency", adjacency, ("nodes", len(adjacency) if isinstance(adjacency, Tensor) else "nodes"))
        if not bool((adjacency >= 0).all()):
            raise ValueError("adjacency must not hold negative weights")
        check_sizes(hidden=hidden, embedding=embedding, readout=readout)
        adjacency = adjacency.to(torch.get_default_dtype())  # the layers' own; a sensor field's is float64
        self.nodes = len(adjacency)
        self.directions = nn.ModuleList([Direction(adjacency, hidden) for _ in range(1 + bidirectional)])
        self.vectors = nn.Parameter(torch.randn(self.nodes, embedding) * embedding**-0.5)
        merged = 2 * hidden * len(self.directions) + 1 + embedding
        self.readout = nn.Sequential(nn.Linear(merged, readout), nn.ReLU(), nn.Linear(readout, 1))

    def forward(self, x: Tensor, mask: Tensor) -> Estimates:
        """Estimate every entry.

        Parameters
        ----------
        x : tensor, ``(batch, time, nodes)``
            Readings; what stands where ``mask`` is 0 changes nothing, NaN included.
        mask : tensor, ``(batch, time, nodes)``
            1 where a reading is seen, else 0.

        Returns
        -------
        Estimates

        Raises
        ------
        TypeError, ValueError
            If an argument is not as above.
        """
        check_tensor("x", x, ("batch", "time", self.nodes))
        check_tensor("mask", mask, tuple(x.shape))
        if not bool(((mask == 0) | (mask == 1)).all()):
            raise ValueError("mask must hold nothing but 0 and 1")
        x = without_padding(x, mask > 0)
        parts = [self.directions[0](x, mask)]
        if len(self.directions) == 2:
            parts.append(tuple(part.flip(1) for part in self.directions[1](x.flip(1), mask.flip(1))))
        vectors = self.vectors.expand(*x.shape[:2], -1, -1)
        merged = torch.cat([*(states for _, _, states in parts), mask[..., None], vectors], dim=3)
        intermediate = tuple(estimate for first, second, _ in parts for estimate in (first, second))
        return Estimates(self.readout(merged)[..., 0], intermediate)


def imputation_loss(estimates: Estimates, x: Tensor, valid: Tensor) -> Tensor:
    """Return the summed mean absolute errors of all estimates over the entries with a known reading.

    Parameters
    ----------
    estimates : Estimates
    x, valid : tensor, ``(batch, time, nodes)``
        The readings, and 1 where one is known, whether the network saw it or not.

    Raises
    ------
    ValueError
        If no reading is known.
    """
    known = valid > 0
    if not bool(known.any()):
        raise ValueError("valid marks no reading: there is nothing to learn from")
    errors = [(estimate - x)[known].abs().mean() for estimate in (estimates.final, *estimates.intermediate)]
    return torch.stack(errors).sum()


def _row_normalised(adjacency: Tensor) -> Tensor:
    weights = adjacency.clone().fill_diagonal_(0)
    return weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-8)
