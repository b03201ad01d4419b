"""The sentence-state LSTM, the nearest published model to a network that sees a whole sequence at once."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from birnn_ref._checks import check_sizes
from birnn_ref.twins.torch.padding import within, without_padding
from birnn_ref.variants._checks import check_lengths, check_tensor

GATES = ("l", "r", "f", "s", "i", "o")
"""Shares of the left and the right neighbours, the word itself, the sentence and the word's old memory; output."""


class SLSTM(nn.Module):
    r"""Update every word's state at once, several times, from its neighbours, itself and the sentence.

    There is no chain and no direction. A word starts from :math:`h = c = e_t = x_t W_e + b_e`, the sentence from the
    words' mean. One step, for every word, with sums over ``window`` neighbours on each side:

    .. math::

        [\hat l, \hat r, \hat f, \hat s, \hat i, o] &=
            \sigma(h_t W + [\textstyle\sum h_{\text{left}}; \sum h_{\text{right}}]\, U + e_t V + g Z + b) \\
        [l, r, f, s, i] &= \text{softmax}([\hat l, \hat r, \hat f, \hat s, \hat i]) \\
        c_t &\leftarrow l \odot \textstyle\sum c_{\text{left}} + r \odot \sum c_{\text{right}} + f \odot e_t
            + s \odot c_g + i \odot c_t, \qquad h_t \leftarrow o \odot \tanh(c_t)

    and for the sentence, from the same old states, with :math:`\bar h` the words' mean and the softmax over all words
    and the sentence, in each unit:

    .. math::

        [\alpha_1, \dots, \alpha_T, \alpha_g] &= \text{softmax}([\sigma(h_t U_a + g W_a + b_a)]_t,\
            \sigma(\bar h U_g + g W_g + b_g)) \\
        c_g &\leftarrow \textstyle\sum_t \alpha_t \odot c_t + \alpha_g \odot c_g, \qquad
        g \leftarrow \sigma(\bar h U_o + g W_o + b_o) \odot \tanh(c_g)

    Parameters
    ----------
    features, hidden : int
    steps : int
        K, how often all states are updated. After K steps a word has heard directly of K times ``window`` neighbours
        on each side, and of the rest through the sentence.
    window : int
        Neighbours on each side.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a whole number of at least 1.

    Notes
    -----
    Y. Zhang, Q. Liu and L. Song, "Sentence-state LSTM for text representation", ACL 2018 (arXiv 1805.02474), in the
    form of the code released with it, which mixes in the word's embedding where the paper has a candidate. That code
    takes the mean over the padded length; here it is over the words. PyTorch alone, gradients by autograd.

    Examples
    --------
    >>> h, g = SLSTM(3, 4)(torch.zeros(2, 5, 3), torch.tensor([5, 2]))
    >>> h.shape, g.shape
    (torch.Size([2, 5, 4]), torch.Size([2, 4]))
    """

    def __init__(self, features: int, hidden: int, *, steps: int = 3, window: int = 1) -> None:
        super().__init__()
        check_sizes(features=features, hidden=hidden, steps=steps, window=window)
        self.features, self.hidden, self.steps, self.window = features, hidden, steps, window
        self.embed = nn.Linear(features, hidden)
        self.of_word = nn.Linear(5 * hidden, len(GATES) * hidden)  # reads [h; left; right; e; g]
        self.of_share = nn.Linear(2 * hidden, hidden)  # reads [h_t; g]
        self.of_sentence = nn.Linear(2 * hidden, 2 * hidden)  # reads [mean h; g]: its share, its output gate

    def forward(self, x: Tensor, lengths: Any = None) -> tuple[Tensor, Tensor]:
        """Return the words' states ``(batch, time, hidden)``, 0 past each length; the sentence's ``(batch, hidden)``.

        Parameters
        ----------
        x : tensor, ``(batch, time, features)``
        lengths : integer tensor ``(batch,)``, optional
            Words in each sentence; what stands after them changes nothing.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as above.
        """
        check_tensor("x", x, ("batch", "time", self.features))
        lengths = check_lengths(lengths, x)
        valid = within(lengths, x.shape[1])
        e = without_padding(self.embed(without_padding(x, valid)), valid)
        h = c = e
        g = c_g = _mean(e, lengths)
        for _ in range(self.steps):
            (h, c), (g, c_g) = self._words(h, c, e, g, c_g, valid), self._sentence(h, c, g, c_g, valid, lengths)
        return h, g

    def _words(self, h: Tensor, c: Tensor, e: Tensor, g: Tensor, c_g: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """One step of every word."""
        h_left, h_right = self._neighbours(h)
        read = torch.cat([h, h_left, h_right, e, g[:, None].expand_as(h)], dim=2)
        *shares, o = torch.sigmoid(self.of_word(read)).chunk(len(GATES), dim=2)
        sources = torch.stack([*self._neighbours(c), e, c_g[:, None].expand_as(c), c])
        c = (torch.softmax(torch.stack(shares), dim=0) * sources).sum(dim=0)
        return without_padding(o * torch.tanh(c), valid), without_padding(c, valid)

    def _sentence(
        self, h: Tensor, c: Tensor, g: Tensor, c_g: Tensor, valid: Tensor, lengths: Tensor
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """One step of the sentence."""
        of_words = torch.sigmoid(self.of_share(torch.cat([h, g[:, None].expand_as(h)], dim=2)))
        of_words = of_words.masked_fill(~valid[:, :, None], -torch.inf)
        own, o = torch.sigmoid(self.of_sentence(torch.cat([_mean(h, lengths), g], dim=1))).chunk(2, dim=1)
        shares = torch.softmax(torch.cat([of_words, own[:, None]], dim=1), dim=1)
        c_g = (shares * torch.cat([c, c_g[:, None]], dim=1)).sum(dim=1)
        return o * torch.tanh(c_g), c_g

    def _neighbours(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Return the sums over the window's left and right half; outside the sentence stands 0."""
        time = states.shape[1]
        padded = nn.functional.pad(states, (0, 0, self.window, self.window))
        at = range(self.window)
        left = torch.stack([padded[:, k : k + time] for k in at]).sum(dim=0)
        right = torch.stack([padded[:, self.window + 1 + k :][:, :time] for k in at]).sum(dim=0)
        return left, right


def _mean(h: Tensor, lengths: Tensor) -> Tensor:
    """The mean over a sentence's words; what is padding is 0 already."""
    return h.sum(dim=1) / lengths.clamp(min=1)[:, None]
