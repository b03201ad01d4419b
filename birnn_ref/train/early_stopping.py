"""Early stopping: keep the parameters that did best on held-out data."""

from __future__ import annotations

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers.base import Layer


class EarlyStopping:
    """Remember the best epoch's parameters, and say when to stop.

    Parameters
    ----------
    patience : int, optional
        Epochs without a better loss after which to stop; None never stops, and still keeps the best.

    Attributes
    ----------
    best_loss : float
    best_epoch : int
        From 0; -1 before the first.
    best : dict
        Copies of the parameters at that epoch.

    Examples
    --------
    >>> from birnn_ref.layers import LayerNorm
    >>> stopping = EarlyStopping(patience=2)
    >>> [stopping.update(epoch, loss, LayerNorm(1)) for epoch, loss in enumerate([0.7, 0.5, 0.6, 0.8])]
    [False, False, False, True]
    >>> stopping.best_epoch
    1
    """

    def __init__(self, patience: int | None = None) -> None:
        if patience is not None and patience < 1:
            raise ValueError(f"patience must be at least 1, or None, got {patience}")
        self.patience = patience
        self.best_loss, self.best_epoch = np.inf, -1
        self.best: dict[str, Float] = {}

    def update(self, epoch: int, loss: float, model: Layer) -> bool:
        """Take an epoch's loss on held-out data; return whether to stop. A loss that is not a number is not better."""
        if loss < self.best_loss:
            self.best_loss, self.best_epoch = loss, epoch
            self.best = {name: array.copy() for name, array in model.named_parameters()}
        return self.patience is not None and epoch - self.best_epoch >= self.patience

    def restore(self, model: Layer) -> None:
        """Put the best parameters back, if there are any."""
        for name, array in model.named_parameters():
            if name in self.best:
                array[...] = self.best[name]
