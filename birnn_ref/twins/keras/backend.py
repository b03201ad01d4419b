"""Keras on whichever backend is installed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

if "KERAS_BACKEND" not in os.environ:
    os.environ["KERAS_BACKEND"] = next(
        (b for b in ("tensorflow", "torch", "jax") if importlib.util.find_spec(b)), "tensorflow"
    )


@contextmanager
def _silent_start() -> Iterator[None]:
    """Keep TensorFlow's start-up notices, which its C++ code writes to file descriptor 2, out of notebooks."""
    kept = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


with _silent_start():
    import keras as keras

    # Looks for devices and turns a mask round: TensorFlow would report on both at the first use.
    keras.ops.transpose(keras.ops.greater(keras.ops.zeros((1, 1)), 0))

BACKEND: str = keras.backend.backend()

CELLS = {"rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


def within(lengths: Any, time: int) -> Any:
    """Return True ``(batch, time)`` at each sequence's own steps, those before its length."""
    return keras.ops.arange(time) < keras.ops.cast(lengths, "int32")[:, None]
