"""The tutorial's network in Keras, and what records its training."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from birnn_ref.twins.keras import CELLS, keras


def classifier(num_words: int, embedding: int = 128, hidden: int = 64, cell: str = "rnn") -> keras.Model:
    """Build an embedding, a bidirectional recurrent layer and one sigmoid output.

    Parameters
    ----------
    num_words : int
        Rows of the embedding: token ids run from 0 to ``num_words - 1``.
    embedding, hidden : int
        Features of a word vector, and of each direction's state.
    cell : {"rnn", "lstm", "gru"}
        The recurrent cell.

    Returns
    -------
    keras.Model
        From token ids ``(batch, time)`` to the probability of a positive review, ``(batch, 1)``.
    """
    return keras.Sequential(
        [
            keras.layers.Embedding(num_words, embedding),
            keras.layers.Bidirectional(CELLS[cell](hidden)),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Seconds that each epoch's training took, later callbacks' scoring left out."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop it."""
        self.seconds.append(time.perf_counter() - self._start)


class Scorer(keras.callbacks.Callback):  # type: ignore[misc]
    """Loss and accuracy on named sets ``{name: (x, y)}`` after each epoch."""

    def __init__(self, sets: Mapping[str, tuple[Any, Any]]) -> None:
        super().__init__()
        self.sets = sets
        self.loss: dict[str, list[float]] = {name: [] for name in sets}
        self.accuracy: dict[str, list[float]] = {name: [] for name in sets}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Score every set."""
        for name, (x, y) in self.sets.items():
            loss, accuracy = self.model.evaluate(x, y, batch_size=256, verbose=0)
            self.loss[name].append(round(float(loss), 5))
            self.accuracy[name].append(round(float(accuracy), 5))
