"""A convolution, a BiLSTM, or one under the other, as review classifiers in PyTorch, for the studies."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from birnn_ref.datasets.reviews import UNKNOWN
from birnn_ref.twins.torch.padding import within


class ConvRecurrentClassifier(nn.Module):
    """Embedding, convolution and max-pooling, BiLSTM, mean and maximum over time, one logit; either half may be absent.

    Parameters
    ----------
    num_words, embedding : int
    filters : int
        Of the convolution; 0 leaves it and the pooling out.
    width, pool : int
        Words that a filter sees, and steps in a window of which the largest values are kept. Without a BiLSTM above
        there are no windows: all steps are pooled at once.
    hidden : int
        Units of each direction; 0 leaves the BiLSTM out.
    word_dropout, dropout : float
        As in `PooledClassifier`.
    shuffled : bool
        Put the windows of each review in a random order before the BiLSTM reads them.

    Raises
    ------
    ValueError
        If both halves are left out, or there are no windows to shuffle.
    """

    def __init__(
        self, num_words: int, embedding: int, *, filters: int = 0, width: int = 1, pool: int = 1, hidden: int = 0,
        word_dropout: float = 0.0, dropout: float = 0.0, shuffled: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if not (filters or hidden):
            raise ValueError("filters and hidden must not both be 0: nothing would read the words")
        if shuffled and not (filters and hidden):
            raise ValueError("shuffled needs filters and hidden: there are no windows to shuffle")
        self.embedding = nn.Embedding(num_words, embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.conv = nn.Conv1d(embedding, filters, width, padding="same") if filters else None
        features = filters or embedding
        self.recurrent = nn.LSTM(features, hidden, batch_first=True, bidirectional=True) if hidden else None
        self.readout = nn.Linear(2 * (2 * hidden or features), 1)
        self.pool, self.word_dropout, self.dropout, self.shuffled = pool, word_dropout, dropout, shuffled

    def forward(self, x: Tensor, scores: Tensor, lengths: Tensor) -> Tensor:
        """Return one logit per review, ``(batch,)``; ``scores`` are not read."""
        if self.training:
            dropped = (torch.rand(x.shape, device=x.device) < self.word_dropout) & within(lengths, x.shape[1])
            x = torch.where(dropped, torch.full_like(x, UNKNOWN), x)
        states = self.embedding(x)
        if self.training:
            mask = torch.rand(len(x), 1, states.shape[2], device=x.device) > self.dropout
            states = states * mask / (1 - self.dropout)
        if self.conv is not None:
            states, lengths = self.phrases(states, lengths)
        if self.recurrent is not None:
            # Padding stands behind, so the backward direction starts in it: packing keeps it out.
            packed = nn.utils.rnn.pack_padded_sequence(states, lengths.cpu(), batch_first=True, enforce_sorted=False)
            states, _ = nn.utils.rnn.pad_packed_sequence(
                self.recurrent(packed)[0], batch_first=True, total_length=states.shape[1]
            )
        counts = within(lengths, states.shape[1])[..., None]
        mean = states.masked_fill(~counts, 0).sum(dim=1) / lengths[:, None]
        largest = states.masked_fill(~counts, -torch.inf).amax(dim=1)
        pooled = nn.functional.dropout(torch.cat([mean, largest], dim=1), self.dropout, self.training)
        logits: Tensor = self.readout(pooled)[:, 0]
        return logits

    def phrases(self, states: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Convolve, and below a BiLSTM keep each window's largest values; padding enters neither."""
        assert self.conv is not None
        counts = within(lengths, states.shape[1])[..., None]
        states = self.conv(states.masked_fill(~counts, 0).transpose(1, 2)).transpose(1, 2).relu()
        if self.recurrent is None:
            return states, lengths
        # After the ReLU nothing is below 0, so zeros at the padding never win in a window that holds a word.
        states = states.masked_fill(~counts, 0).transpose(1, 2)
        states = nn.functional.max_pool1d(states, self.pool, ceil_mode=True).transpose(1, 2)
        lengths = (lengths + self.pool - 1) // self.pool
        if self.shuffled:
            keys = torch.rand(states.shape[:2], device=states.device).masked_fill(~within(lengths, states.shape[1]), 2)
            states = states.gather(1, keys.argsort(dim=1)[..., None].expand_as(states))
        return states, lengths
