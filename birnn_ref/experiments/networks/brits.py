"""BRITS, Bidirectional Recurrent Imputation for Time Series: a regression on the other features, and two directions."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Fillings(NamedTuple):
    """What the network makes of every entry, ``(batch, time, features)``.

    Attributes
    ----------
    final : tensor
        The mean of the two directions. It never depends on the entry that it estimates.
    intermediate : tuple of tensors
        Each direction's estimates from its history, from the other features and from both; six.
    directions : tuple of tensors
        Each direction's last word, of which ``final`` is the mean.
    """

    final: Tensor
    intermediate: tuple[Tensor, ...]
    directions: tuple[Tensor, Tensor]


class BritsDirection(nn.Module):
    r"""One direction: estimate from the history, from the other features, and from both; fill in; go on.

    With x the readings, m which of them are seen and :math:`\delta` the steps since each was last seen,

    .. math::

        \gamma_h &= e^{-\max(0, \delta W_\gamma + b_\gamma)}, \qquad h = \gamma_h \odot h_{t-1} \\
        \hat x &= h W_x + b_x, \qquad x^c = m \odot x + (1 - m) \odot \hat x, \qquad
        \hat z = x^c W_z + b_z \text{ with a zero diagonal} \\
        \beta &= \sigma([\gamma_x; m] W_\beta + b_\beta), \qquad
        \hat c = \beta \odot \hat z + (1 - \beta) \odot \hat x \\
        c^c &= m \odot x + (1 - m) \odot \hat c, \qquad h_t = \text{LSTM}([c^c; m], h)
    """

    others: Tensor

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.decay_h = nn.Linear(features, hidden)
        self.decay_x = nn.Linear(features, features)
        self.from_history = nn.Linear(hidden, features)
        self.from_others = nn.Linear(features, features)
        self.balance = nn.Linear(2 * features, features)
        self.cell = nn.LSTMCell(2 * features, hidden)
        self.register_buffer("others", 1 - torch.eye(features))

    def forward(self, x: Tensor, m: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the three estimates, ``(batch, time, features)`` each."""
        delta = since_seen(m)
        decays = torch.exp(-torch.relu(self.decay_h(delta)))  # (batch, time, hidden)
        fading = torch.exp(-torch.relu(self.decay_x(delta)))
        balances = torch.sigmoid(self.balance(torch.cat([fading, m], dim=2)))  # (batch, time, features)
        weights = self.from_others.weight * self.others
        h = x.new_zeros(len(x), self.cell.hidden_size)
        c = torch.zeros_like(h)
        found = []
        for x_t, m_t, decay, beta in zip(*(a.unbind(1) for a in (x, m, decays, balances)), strict=True):
            h = decay * h
            history = self.from_history(h)
            filled = torch.where(m_t > 0, x_t, history)
            regression = nn.functional.linear(filled, weights, self.from_others.bias)
            both = beta * regression + (1 - beta) * history
            filled = torch.where(m_t > 0, x_t, both)
            h, c = self.cell(torch.cat([filled, m_t], dim=1), (h, c))
            found.append((history, regression, both))
        first, second, third = (torch.stack(parts, dim=1) for parts in zip(*found, strict=True))
        return first, second, third


class Brits(nn.Module):
    """Fill in a multivariate series from its own past and future and from the other features.

    Parameters
    ----------
    features, hidden : int
        ``hidden`` is each direction's size.

    Notes
    -----
    W. Cao et al., "BRITS: bidirectional recurrent imputation for time series", NeurIPS 2018 (arXiv 1805.10572).

    Examples
    --------
    >>> Brits(3, 4)(torch.zeros(2, 5, 3), torch.ones(2, 5, 3)).final.shape
    torch.Size([2, 5, 3])
    """

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.directions = nn.ModuleList([BritsDirection(features, hidden) for _ in range(2)])

    def forward(self, x: Tensor, mask: Tensor) -> Fillings:
        """Estimate every entry of readings ``(batch, time, features)``, of which the mask has 1 where one is seen."""
        x = torch.where(mask > 0, x, 0.0)
        ahead = self.directions[0](x, mask)
        back = tuple(part.flip(1) for part in self.directions[1](x.flip(1), mask.flip(1)))
        return Fillings((ahead[2] + back[2]) / 2, (*ahead, *back), (ahead[2], back[2]))


def since_seen(mask: Tensor) -> Tensor:
    """Return how many steps ago each feature was last seen before a step, ``(batch, time, features)``.

    Examples
    --------
    >>> since_seen(torch.tensor([[[1.0], [0.0], [0.0], [1.0]]]))[0, :, 0]
    tensor([0., 1., 2., 3.])
    """
    steps = [torch.zeros_like(mask[:, 0])]
    for seen in mask.unbind(1)[:-1]:
        steps.append(1 + (1 - seen) * steps[-1])
    return torch.stack(steps, dim=1)


def brits_loss(found: Fillings, x: Tensor, valid: Tensor) -> Tensor:
    """Return the summed absolute errors of all estimates where a reading is known, and how far the directions differ.

    Parameters
    ----------
    found : Fillings
    x, valid : tensor, ``(batch, time, features)``
        The readings, and 1 where one is known, whether the network saw it or not.
    """
    known = valid > 0
    errors = torch.stack([(estimate - x)[known].abs().mean() for estimate in found.intermediate]).sum()
    ahead, back = found.directions
    return errors + 0.1 * (ahead - back).abs().mean()
