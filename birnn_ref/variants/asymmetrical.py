"""The asymmetrical bidirectional network, published as the U-RNN: the forward pass reads the backward one's states."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from birnn_ref._checks import check_choice, check_sizes
from birnn_ref.twins.spec import Spec
from birnn_ref.twins.torch.padding import reverse_time
from birnn_ref.twins.torch.recurrence import CLASSES, TorchRecurrence
from birnn_ref.variants._checks import check_lengths, check_tensor

FORMS = ("per_step", "summary")


class AsymmetricalBiRNN(nn.Module):
    r"""Run the backward chain first; the forward chain then reads each input together with a backward state.

    .. math::

        h^b_t = \text{cell}^b(x_t, h^b_{t+1}), \qquad h^f_t = \text{cell}^f([x_t; s_t], h^f_{t-1}), \qquad
        s_t = \begin{cases} h^b_t & \text{per step} \\ h^b_1 & \text{summary} \end{cases}

    The states returned are the forward ones alone. They know the whole sequence; the backward ones never learn of the
    past.

    Parameters
    ----------
    cell : {"rnn", "lstm", "gru"}
    features, hidden : int
        ``hidden`` is each chain's size.
    form : {"per_step", "summary"}
        The paper's equations give the forward chain the backward state of the same step. The code released with it
        gives it the backward chain's final state at every step: its list of states holds one object many times.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.

    Notes
    -----
    R. Rozenberg, J. Gesnouin and F. Moutarde, "Asymmetrical Bi-RNN for pedestrian trajectory encoding", 2021
    (arXiv 2106.04419). PyTorch alone, gradients by autograd.

    Examples
    --------
    >>> AsymmetricalBiRNN("lstm", 3, 4)(torch.zeros(2, 5, 3), torch.tensor([5, 2])).shape
    torch.Size([2, 5, 4])
    """

    def __init__(self, cell: str, features: int, hidden: int, *, form: str = "per_step") -> None:
        super().__init__()
        check_choice("cell", cell, tuple(CLASSES))
        check_sizes(features=features, hidden=hidden)
        self.features = features
        self.form = check_choice("form", form, FORMS)
        self.backward_chain = TorchRecurrence(Spec("recurrent", cell, features, hidden))
        self.forward_chain = TorchRecurrence(Spec("recurrent", cell, features + hidden, hidden))

    def forward(self, x: Tensor, lengths: Any = None) -> Tensor:
        """Return the forward states, ``(batch, time, hidden)``; 0 past a sequence's length.

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
        states, final = self.backward_chain(reverse_time(x, lengths), lengths)
        if self.form == "per_step":
            told = reverse_time(states, lengths)
        else:
            told = final[0][:, None].expand(-1, x.shape[1], -1)
        outputs: Tensor
        outputs, _ = self.forward_chain(torch.cat([x, told], dim=2), lengths)
        return outputs
