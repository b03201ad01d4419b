"""A review classifier on `HandBRNN`, fast enough on a CPU for whole reviews and for sweeps over settings."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from birnn_ref.experiments.networks.brnn_by_hand import HandBRNN
from birnn_ref.experiments.networks.scored_words import read_words
from birnn_ref.twins.torch.padding import within


class HandClassifier(nn.Module):
    """Embedding, one or more levels of `HandBRNN`, their states pooled over time, one logit.

    Parameters
    ----------
    num_words, embedding, hidden : int
    depth : int
        Levels; each reads both directions of the one below.
    bag : sequence of float
        One number for each score that stands beside a word's vector: what it counts in the bag's logit, which is the
        sum over scores and time. The readout adds that logit, undropped, times one learned number that starts at 1.
    pooling : {"mean_max", "final"}
        The mean and the maximum of the states over time, or the last state of each direction.
    word_dropout : float
        Share of the words that training replaces by the unknown word, their scores beside them by zero.
    dropout : float
        Of the embedding's features (one mask for all steps of a review) and of the pooled states.

    Examples
    --------
    >>> model = HandClassifier(10, 3, 4, depth=2, bag=[0.5])
    >>> x, scores = torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.zeros(2, 3, 1)
    >>> model(x, scores, torch.tensor([3, 1])).shape
    torch.Size([2])
    """

    bag: Tensor

    def __init__(
        self, num_words: int, embedding: int, hidden: int, *, depth: int = 1, bag: Sequence[float] = (),
        pooling: str = "mean_max", word_dropout: float = 0.0, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        if pooling not in ("mean_max", "final"):
            raise ValueError(f"pooling must be 'mean_max' or 'final', got {pooling!r}")
        self.embedding = nn.Embedding(num_words, embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        widths = [embedding + len(bag)] + [2 * hidden] * (depth - 1)
        self.levels = nn.ModuleList([HandBRNN(width, hidden) for width in widths])
        self.readout = nn.Linear((4 if pooling == "mean_max" else 2) * hidden, 1)
        self.register_buffer("bag", torch.tensor(bag, dtype=torch.float32))
        self.trust = nn.Parameter(torch.ones(()))
        self.hidden, self.pooling, self.word_dropout, self.dropout = hidden, pooling, word_dropout, dropout

    def forward(self, x: Tensor, scores: Tensor, lengths: Tensor) -> Tensor:
        """Return one logit per review, ``(batch,)``, from token ids and scores padded behind."""
        valid = within(lengths, x.shape[1])
        bag = scores.sum(dim=1) @ self.bag
        drop = {"word_dropout": self.word_dropout, "dropout": self.dropout} if self.training else {}
        states, _ = read_words(self.embedding, x, scores, valid, **drop)
        for level in self.levels:
            states = level(states, lengths)
        pooled = nn.functional.dropout(self._pooled(states, valid, lengths), self.dropout, self.training)
        logits: Tensor = self.readout(pooled)[:, 0] + self.trust * bag
        return logits

    def _pooled(self, states: Tensor, valid: Tensor, lengths: Tensor) -> Tensor:
        if self.pooling == "final":  # the forward direction ends at the last word, the backward one at the first
            ends = states[torch.arange(len(states)), lengths - 1, : self.hidden]
            return torch.cat([ends, states[:, 0, self.hidden :]], dim=1)
        counts = valid[..., None]
        mean = (states * counts).sum(dim=1) / lengths[:, None]
        return torch.cat([mean, states.masked_fill(~counts, -torch.inf).amax(dim=1)], dim=1)
