"""Two directions that talk through gates: what popular texts call a "Gated Recurrent Independent Network"."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from birnn_ref._checks import check_choice, check_sizes
from birnn_ref.twins.spec import Spec
from birnn_ref.twins.torch.padding import within, without_padding
from birnn_ref.twins.torch.recurrence import CLASSES, TorchRecurrence
from birnn_ref.variants._checks import check_lengths, check_tensor


class GatedExchange(nn.Module):
    r"""Let each direction take in what the other knows, through a gate that has seen both.

    .. math::

        f'_t &= f_t + \sigma([f_t; b_t]\, G_f + c_f) \odot \tanh(b_t U_f) \\
        b'_t &= b_t + \sigma([f_t; b_t]\, G_b + c_b) \odot \tanh(f_t U_b)

    The gate is what matters: it *multiplies* something that knows the past with something that knows the future.
    Without it each new state is still a sum of a function of the past and one of the future.

    Parameters
    ----------
    hidden : int
        Each direction's size.
    gated : bool
        Without the gate, :math:`f'_t = f_t + \tanh(b_t U_f)`, and :math:`b'_t` likewise.

    Raises
    ------
    TypeError, ValueError
        If ``hidden`` is not a whole number of at least 1.

    Notes
    -----
    Our construction from the descriptions; no publication of that name was found. Both directions are computed first
    and exchange afterwards: coupling them step by step would be circular. PyTorch alone, gradients by autograd.

    Examples
    --------
    >>> f, b = GatedExchange(4)(torch.zeros(2, 5, 4), torch.zeros(2, 5, 4))
    >>> f.shape, b.shape
    (torch.Size([2, 5, 4]), torch.Size([2, 5, 4]))
    """

    def __init__(self, hidden: int, *, gated: bool = True) -> None:
        super().__init__()
        check_sizes(hidden=hidden)
        self.hidden, self.gated = hidden, gated
        self.to_f = nn.Linear(hidden, hidden, bias=False)  # U_f
        self.to_b = nn.Linear(hidden, hidden, bias=False)  # U_b
        if gated:
            self.gate_f = nn.Linear(2 * hidden, hidden)  # G_f, c_f
            self.gate_b = nn.Linear(2 * hidden, hidden)  # G_b, c_b

    def forward(self, f: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        """Return both directions' new states; arguments and results ``(batch, time, hidden)``.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as above.
        """
        check_tensor("f", f, ("batch", "time", self.hidden))
        check_tensor("b", b, tuple(f.shape))
        for_f, for_b = torch.tanh(self.to_f(b)), torch.tanh(self.to_b(f))
        if self.gated:
            both = torch.cat([f, b], dim=2)
            for_f, for_b = torch.sigmoid(self.gate_f(both)) * for_f, torch.sigmoid(self.gate_b(both)) * for_b
        return f + for_f, b + for_b


class ExchangeBiRNN(nn.Module):
    """A bidirectional layer, the exchange, and on top of it, if asked for, a second bidirectional layer.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
    features, hidden : int
        ``hidden`` is each direction's size.
    second : bool
        Adds a bidirectional layer of the same size that reads :math:`[f'_t; b'_t]`.
    gated : bool
        As in `GatedExchange`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    The nearest published model is the Cross-BiLSTM: P.-H. Li, T.-J. Fu and W.-Y. Ma, "Why attention? Analyze BiLSTM
    deficiency and its remedies in the case of NER", AAAI 2020 (arXiv 1908.11046). Its second layer reads
    :math:`[f_t; b_t]` with no exchange between; that is `birnn_ref.layers.Stack` with ``mixed=True``.

    Examples
    --------
    >>> ExchangeBiRNN("lstm", 3, 4)(torch.zeros(2, 5, 3), torch.tensor([5, 2])).shape
    torch.Size([2, 5, 8])
    """

    def __init__(self, cell: str, features: int, hidden: int, *, second: bool = False, gated: bool = True) -> None:
        super().__init__()
        check_choice("cell", cell, tuple(CLASSES))
        check_sizes(features=features, hidden=hidden)
        self.features = features
        self.first = TorchRecurrence(
            Spec("bidirectional", cell, features, hidden, bidirectional=True, merge=None)
        )  # fmt: skip
        self.exchange = GatedExchange(hidden, gated=gated)
        self.second = (
            TorchRecurrence(Spec("bidirectional", cell, 2 * hidden, hidden, bidirectional=True)) if second else None
        )

    def forward(self, x: Tensor, lengths: Any = None) -> Tensor:
        """Return ``(batch, time, 2 * hidden)``, the forward half first; 0 past a sequence's length.

        Parameters
        ----------
        x : tensor, ``(batch, time, features)``
        lengths : integer tensor ``(batch,)``, optional
            Steps that count in each sequence; what stands after them changes nothing.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as above.
        """
        check_tensor("x", x, ("batch", "time", self.features))
        lengths = check_lengths(lengths, x)
        (f, b), _ = self.first(x, lengths)
        mixed = torch.cat(self.exchange(f, b), dim=2)
        if self.second is not None:
            mixed, _ = self.second(mixed, lengths)
        return without_padding(mixed, within(lengths, x.shape[1]))
