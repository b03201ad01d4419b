"""A review classifier in PyTorch of which one part at a time may be changed."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from birnn_ref._checks import check_choice
from birnn_ref.experiments.networks.scored_words import read_words
from birnn_ref.twins.torch.padding import reverse_time, within

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class PooledClassifier(nn.Module):
    """Embedding, one recurrent layer in one or both directions, its states made one vector, one logit.

    Parameters
    ----------
    num_words, embedding, hidden : int
    cell : {"rnn", "lstm", "gru", "word"}
        ``"word"`` has no memory: each word's state is a tanh layer of its own vector, whatever stands beside it.
    directions : {2, 1}
        Both, or the forward one alone.
    pooling : {"mean_max", "final"}
        The mean and the maximum of the states over time, or the last state of each direction.
    ngrams : int
        n-gram scores beside each word's vector; their sums over time go to the readout too.
    word_dropout : float
        Share of the words that training replaces by the unknown word.
    dropout : float
        Of the embedding's features (one mask for all steps of a review) and of the readout's inputs.

    Raises
    ------
    ValueError
        If a choice is unknown, or a cell without memory is to have two directions or a final state.

    Examples
    --------
    >>> model = PooledClassifier(10, 3, 4, directions=1, pooling="final")
    >>> model(torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.zeros(2, 3, 0), torch.tensor([3, 1])).shape
    torch.Size([2])
    """

    def __init__(
        self, num_words: int, embedding: int, hidden: int, *, cell: str = "rnn", directions: int = 2,
        pooling: str = "mean_max", ngrams: int = 0, word_dropout: float = 0.0, dropout: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__()
        check_choice("cell", cell, (*CELLS, "word"))
        check_choice("pooling", pooling, ("mean_max", "final"))
        if directions not in (1, 2):
            raise ValueError(f"directions must be 1 or 2, got {directions!r}")
        if cell == "word" and (directions, pooling) != (1, "mean_max"):
            raise ValueError("a cell without memory has no directions and no final state: directions=1, mean_max")
        self.embedding = nn.Embedding(num_words, embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        width = embedding + ngrams
        chain = (lambda: nn.Linear(width, hidden)) if cell == "word" else partial(CELLS[cell], width, hidden)
        self.chains = nn.ModuleList([chain() for _ in range(directions)])
        pooled = directions * hidden * (2 if pooling == "mean_max" else 1)
        self.readout = nn.Linear(pooled + ngrams, 1)
        self.cell, self.pooling, self.word_dropout, self.dropout = cell, pooling, word_dropout, dropout
        with torch.no_grad():  # start from what the scores say by themselves
            self.readout.weight[:, pooled:] = 0.2

    def forward(self, x: Tensor, scores: Tensor, lengths: Tensor) -> Tensor:
        """Return one logit per review, ``(batch,)``, from token ids and scores padded behind."""
        valid = within(lengths, x.shape[1])
        drop = {"word_dropout": self.word_dropout, "dropout": self.dropout} if self.training else {}
        inputs, scores = read_words(self.embedding, x, scores, valid, **drop)
        states = self._states(inputs, lengths)  # one (batch, time, hidden) per direction
        pooled = torch.cat([self._pooled(h, valid, lengths) for h in states], dim=1)
        pooled = nn.functional.dropout(pooled, self.dropout, self.training)
        logits: Tensor = self.readout(torch.cat([pooled, scores.sum(dim=1)], dim=1))[:, 0]
        return logits

    def _states(self, inputs: Tensor, lengths: Tensor) -> list[Tensor]:
        """Return each chain's states in the order in which it reads; those of padding mean nothing."""
        if self.cell == "word":
            return [torch.tanh(chain(inputs)) for chain in self.chains]
        # Each review is reversed within its own length, so that padding comes last in both directions.
        time_first = (order.transpose(0, 1) for order in (inputs, reverse_time(inputs, lengths)))
        return [chain(x)[0].transpose(0, 1) for chain, x in zip(self.chains, time_first, strict=False)]

    def _pooled(self, states: Tensor, valid: Tensor, lengths: Tensor) -> Tensor:
        if self.pooling == "final":
            return states[torch.arange(len(states)), lengths - 1]
        mean = (states * valid[..., None]).sum(dim=1) / lengths[:, None]
        return torch.cat([mean, states.masked_fill(~valid[..., None], -torch.inf).amax(dim=1)], dim=1)
