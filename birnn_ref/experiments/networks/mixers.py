"""Networks that combine two directions in eleven ways, on the same width of state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from birnn_ref.twins.spec import Spec
from birnn_ref.twins.torch.recurrence import TorchRecurrence
from birnn_ref.variants.asymmetrical import AsymmetricalBiRNN
from birnn_ref.variants.gated_exchange import ExchangeBiRNN
from birnn_ref.variants.slstm import SLSTM

FEATURES = 3
"""A place is read as three numbers, of which one is 1."""


class First(nn.Module):
    """A module's first result alone: its outputs, without its final states."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Return the outputs ``(batch, time, ...)``."""
        outputs: Tensor = self.layer(x, lengths)[0]
        return outputs


def _stack(cell: str, hidden: int, **options: Any) -> nn.Module:
    return First(TorchRecurrence(Spec("stack", cell, FEATURES, hidden, bidirectional=True, **options)))


READERS: dict[str, Callable[[str, int], nn.Module]] = {
    "one_layer": lambda cell, hidden: _stack(cell, hidden),
    "apart": lambda cell, hidden: _stack(cell, hidden, depth=2, mixed=False),
    "exchange_without_gate": lambda cell, hidden: ExchangeBiRNN(cell, FEATURES, hidden, gated=False),
    "mul": lambda cell, hidden: _stack(cell, hidden, merge="mul"),
    "mlp": lambda cell, hidden: _stack(cell, hidden),
    "mixed": lambda cell, hidden: _stack(cell, hidden, depth=2),
    "exchange": lambda cell, hidden: ExchangeBiRNN(cell, FEATURES, hidden),
    "exchange_second_layer": lambda cell, hidden: ExchangeBiRNN(cell, FEATURES, hidden, second=True),
    "per_step": lambda cell, hidden: AsymmetricalBiRNN(cell, FEATURES, hidden),
    "summary": lambda cell, hidden: AsymmetricalBiRNN(cell, FEATURES, hidden, form="summary"),
    "slstm": lambda _, hidden: First(SLSTM(FEATURES, hidden)),
}
"""What stands below the readout, by name."""


def build(name: str, cell: str, hidden: int) -> nn.Module:
    """Return a network that gives each place one logit, ``(batch, time, 1)``, for ``(batch, time, 3)``."""
    reader = READERS[name](cell, hidden)
    with torch.no_grad():
        width = reader(torch.zeros(1, 2, FEATURES)).shape[2]
    if name == "mlp":
        return nn.Sequential(reader, nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, 1))
    return nn.Sequential(reader, nn.Linear(width, 1))
