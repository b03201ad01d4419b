"""Taggers in PyTorch that differ in one thing: who reads the sentence between word vectors and readout."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from birnn_ref.experiments.networks.mixers import First
from birnn_ref.twins.spec import Spec
from birnn_ref.twins.torch.recurrence import TorchRecurrence
from birnn_ref.variants.asymmetrical import AsymmetricalBiRNN
from birnn_ref.variants.slstm import SLSTM


def _stack(features: int, hidden: int, depth: int) -> nn.Module:
    return First(TorchRecurrence(Spec("stack", "lstm", features, hidden, bidirectional=True, depth=depth)))


READERS: dict[str, Callable[[int, int, int], nn.Module]] = {
    "forward": lambda features, hidden, _: First(TorchRecurrence(Spec("recurrent", "lstm", features, hidden))),
    "both": lambda features, hidden, _: _stack(features, hidden, 1),
    "mixed": lambda features, hidden, _: _stack(features, hidden, 2),
    "per_step": lambda features, hidden, _: AsymmetricalBiRNN("lstm", features, hidden),
    "summary": lambda features, hidden, _: AsymmetricalBiRNN("lstm", features, hidden, form="summary"),
    "slstm": lambda features, hidden, steps: First(SLSTM(features, hidden, steps=steps)),
}
"""By name: from the features of a word, the units of a state and the steps of the S-LSTM to what reads."""


class VariantTagger(nn.Module):
    """Word vectors, dropout, a reader, dropout, a linear readout at every word.

    Parameters
    ----------
    name : str, one of `READERS`
    num_words, embedding, hidden, outputs : int
        ``hidden`` is the size of one state.
    dropout : float
        The share dropped of the vectors and of the states, in training.
    steps : int
        How often an S-LSTM renews its states.

    Examples
    --------
    >>> import torch
    >>> model = VariantTagger("per_step", 100, 8, 4, 5)
    >>> model(torch.tensor([[7, 8, 9], [7, 0, 0]]), torch.tensor([3, 1])).shape
    torch.Size([2, 3, 5])
    """

    def __init__(
        self, name: str, num_words: int, embedding: int, hidden: int, outputs: int, *, dropout: float = 0.0,
        steps: int = 3,
    ) -> None:  # fmt: skip
        super().__init__()
        self.words, self.dropout = nn.Embedding(num_words, embedding), nn.Dropout(dropout)
        self.reader = READERS[name](embedding, hidden, steps)
        self.readout = nn.Linear(hidden * (2 if name in ("both", "mixed") else 1), outputs)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Return the logits ``(batch, time, outputs)`` of word numbers ``(batch, time)``."""
        states = self.reader(self.dropout(self.words(ids)), lengths)  # (batch, time, hidden), twice that for two sides
        logits: Tensor = self.readout(self.dropout(states))
        return logits

    def size(self) -> int:
        """Return how many parameters there are without the word vectors, which all have alike."""
        return sum(parameter.numel() for part in (self.reader, self.readout) for parameter in part.parameters())
