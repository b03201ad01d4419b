"""What every model shares: answers, and a file that holds all of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, check_lengths, check_sizes
from birnn_ref.layers import Layer, no_grad
from birnn_ref.train.checkpoint import CheckpointError, load_checkpoint, read_notes, save_checkpoint

FORMAT = "birnn_ref model 1"
"""What a model's file says that it is; the number changes when older versions could not read it."""


class Model(Layer):
    """A network from a sequence to answers.

    A model's file is a checkpoint, as `save_checkpoint` writes it: a NumPy ``.npz`` archive, which holds arrays and no
    code. Each parameter is an array ``parameters/NAME``; the text ``plain`` is JSON, and its ``notes`` are the
    ``format``, the model's ``kind`` (its class) and the ``settings`` that it was made with.

    Attributes
    ----------
    settings : dict
        The arguments that it was made with, all but ``rng``; plain data.
    """

    settings: dict[str, Any]

    def loss(self, logits: Float, targets: Any, lengths: Any = None, **options: Any) -> tuple[float, Float]:
        """Return the loss to train with and its gradient with respect to the logits."""
        raise NotImplementedError(f"{type(self).__name__} has no loss")

    def decode(self, logits: Float, lengths: Any = None) -> Any:
        """Return the answers that the logits stand for."""
        raise NotImplementedError(f"{type(self).__name__} has no decode")

    def logits(self, x: Any, lengths: Any = None, *, batch_size: int = 256) -> Float:
        """Return the logits of many sequences, worked out in batches.

        Parameters
        ----------
        x : array ``(count, time, ...)``, or a tuple of such
            As ``forward`` takes it.
        lengths : integer array ``(count,)``, optional
        batch_size : int

        Returns
        -------
        array, ``(count, outputs)`` or ``(count, time, outputs)``
            0 past a sequence's length.

        Raises
        ------
        TypeError, ValueError
            If an argument does not fit.
        """
        return np.concatenate(
            [_padded(z, z.ndim == 3, self._time(x)) for z, _ in self._batches(x, lengths, batch_size)]
        )

    def predict(self, x: Any, lengths: Any = None, *, batch_size: int = 256) -> Any:
        """Return the answers for many sequences; arguments as in `logits`.

        Returns
        -------
        array, ``(count, ...)``
            What ``decode`` gives: classes ``(count,)``, tags ``(count, time)`` or numbers; 0 past a sequence's length.
        """
        found = ((self.decode(z, own), z.ndim == 3) for z, own in self._batches(x, lengths, batch_size))
        return np.concatenate([_padded(answers, per_step, self._time(x)) for answers, per_step in found])

    def save(self, path: str | Path) -> None:
        """Write the model to a ``.npz`` file, from which `load` makes it again, bit for bit.

        Raises
        ------
        TypeError
            If a setting is not plain data: the record of a cell that is not the package's.
        """
        try:
            save_checkpoint(path, self, notes=self._notes())
        except AttributeError as error:  # of json's default, which asks what it does not know for a list
            raise TypeError(f"settings must be plain data to be saved, got {self.settings}") from error

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the model of a file; ``Model.load`` takes any, a class its own.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        CheckpointError
            If it is damaged, holds no model, or another kind of model.
        """
        notes = read_notes(path)
        if not isinstance(notes, dict) or notes.get("format") != FORMAT:
            raise CheckpointError(f"{path} is a checkpoint, not a model's file: load_checkpoint puts it into a model")
        kinds = {kind.__name__ for kind in _kinds(cls)}
        if notes["kind"] not in kinds:
            raise CheckpointError(f"{path} holds a {notes['kind']}, expected {' or '.join(sorted(kinds))}")
        try:
            model: Self = cls.from_settings(notes["kind"], notes["settings"])
        except (TypeError, ValueError) as error:
            raise CheckpointError(f"{path} has settings that do not make a {notes['kind']}: {error}") from error
        load_checkpoint(path, model)
        return model

    @classmethod
    def from_settings(cls, kind: str, settings: dict[str, Any]) -> Self:
        """Return a model of a class, by its name, with weights that mean nothing yet.

        Raises
        ------
        KeyError
            If it is neither this class nor one below it.
        TypeError, ValueError
            If the settings do not fit.
        """
        kinds: dict[str, Any] = {own.__name__: own for own in _kinds(cls)}
        model: Self = kinds[kind](**settings, rng=np.random.default_rng(0))
        return model

    @staticmethod
    def _time(x: Any) -> int:
        """Return the steps of the logits, where these have steps."""
        return int(np.shape(x[0] if isinstance(x, tuple) else x)[1])

    def _notes(self) -> dict[str, Any]:
        return {"format": FORMAT, "kind": type(self).__name__, "settings": self.settings}

    def _batches(self, x: Any, lengths: Any, size: int) -> Iterator[tuple[Float, Any]]:
        """Yield each batch's logits and lengths, cut to its longest sequence."""
        check_sizes(batch_size=size)
        count = len(x[0] if isinstance(x, tuple) else x)
        if lengths is not None:
            lengths = check_lengths(lengths, count, self._time(x))
        if not count:
            raise ValueError("x holds no sequences")
        for start in range(0, count, size):
            rows = slice(start, start + size)
            own = None if lengths is None else lengths[rows]
            steps = None if own is None else max(1, int(own.max()))
            batch = tuple(array[rows, :steps] for array in (x if isinstance(x, tuple) else (x,)))
            with no_grad():
                logits = self.forward(batch if isinstance(x, tuple) else batch[0], own)
            yield logits, own


def plain_settings(dtype: npt.DTypeLike, options: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return a model's arguments as plain data, those of ``**options`` beside the others.

    Examples
    --------
    >>> plain_settings(np.float32, {"merge": "sum"}, cell="gru", hidden=np.int64(8))
    {'cell': 'gru', 'hidden': 8, 'merge': 'sum', 'dtype': 'float32'}
    """
    named = {**settings, **options, "dtype": np.dtype(dtype).name}
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in named.items()}


def _kinds(cls: type[Model]) -> Iterator[type[Model]]:
    yield cls
    for kind in cls.__subclasses__():
        yield from _kinds(kind)


def _padded(values: Any, per_step: bool, time: int) -> Any:
    """Give answers of a batch that was cut to its longest sequence all their steps."""
    if not per_step:
        return values
    return np.pad(values, [(0, 0), (0, time - values.shape[1]), *[(0, 0)] * (values.ndim - 2)])
