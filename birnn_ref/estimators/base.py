"""What all three estimators share: fitting, a file, a summary and a learning curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from birnn_ref._checks import Int, check_probability, check_sizes
from birnn_ref.estimators.contract import Parametrised, not_fitted
from birnn_ref.estimators.files import load_estimator, save_estimator
from birnn_ref.estimators.reading import Reading
from birnn_ref.train import Adam, Sequences, fit, linear_decay, progress_bar


class Estimator(Parametrised):
    """A bidirectional network after scikit-learn's contract.

    Parameters
    ----------
    cell : str, a name in `birnn_ref.cells.CELLS`
    hidden, depth : int
        Features of each direction's state, and recurrent layers.
    embedding : int
        Features of a word's vector; sequences of numbers have none.
    bidirectional : bool
    dropout, word_dropout : float
        The share dropped of vectors and states, and of words taken for unknown ones, in training.
    min_count : int
        Words that occur less often in training are unknown.
    scale : bool
        Whether features are brought to mean 0 and standard deviation 1, by the training data.
    epochs, batch_size : int
    rate : float
        Of Adam; it falls to 0 in a straight line.
    clip : float or None
        The largest norm of a gradient.
    validation : float
        The share of the sequences, drawn at random, that is held out of training; of all epochs the one that did best
        on them is kept. With 0 it is the last.
    patience : int or None
        Stop after so many epochs without a better one.
    progress : bool
        Whether a bar is shown.
    dtype : {"float32", "float64"}
        What is computed in.
    random_state : int, numpy.random.Generator or None
        Makes a fit repeatable.

    Attributes
    ----------
    model_ : Model
        The network, of `birnn_ref.models`.
    history_ : list of dict
        Of each epoch, as `fit` returns it.
    n_features_in_ : int
        Features of a step; sequences of words have none.
    """

    kind: ClassVar[str | None] = None
    model_: Any
    history_: list[dict[str, Any]]
    reading_: Reading

    def __init__(
        self, cell: str = "lstm", *, hidden: int = 32, depth: int = 1, embedding: int = 32, bidirectional: bool = True,
        dropout: float = 0.0, word_dropout: float = 0.0, min_count: int = 1, scale: bool = True, epochs: int = 50,
        batch_size: int = 32, rate: float = 0.01, clip: float | None = 5.0, validation: float = 0.0,
        patience: int | None = None, progress: bool = True, dtype: str = "float32", random_state: Any = None,
    ) -> None:  # fmt: skip
        self.cell, self.hidden, self.depth, self.embedding = cell, hidden, depth, embedding
        self.bidirectional, self.dropout, self.word_dropout = bidirectional, dropout, word_dropout
        self.min_count, self.scale, self.epochs, self.batch_size = min_count, scale, epochs, batch_size
        self.rate, self.clip, self.validation, self.patience = rate, clip, validation, patience
        self.progress, self.dtype, self.random_state = progress, dtype, random_state

    def save(self, path: str | Path) -> None:
        """Write the fitted estimator to a ``.npz`` file of arrays and JSON, with its parameters; `load` reads it."""
        self._check_fitted()
        save_estimator(path, self)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the estimator of a file, fitted as it was.

        Raises
        ------
        FileNotFoundError, CheckpointError
            If there is no such file, or it is damaged or holds something else.
        """
        estimator: Self = load_estimator(path, cls)
        return estimator

    def summary(self) -> str:
        """Return a table of the network's parameters."""
        self._check_fitted()
        rows = [(name, " × ".join(map(str, a.shape)), f"{a.size:,}") for name, a in self.model_.named_parameters()]
        rows.append(("in all", "", f"{sum(a.size for _, a in self.model_.named_parameters()):,}"))
        widths = [max(len(row[k]) for row in rows) for k in range(3)]
        lines = [f"{name:{widths[0]}}  {shape:{widths[1]}}  {size:>{widths[2]}}" for name, shape, size in rows]
        return "\n".join([repr(self), *lines])

    def plot_history(self, ax: Any = None) -> Any:
        """Draw the learning curve; see `birnn_ref.inspect.plots.plot_history`."""
        from birnn_ref.inspect.plots import plot_history

        self._check_fitted()
        return plot_history(self.history_, ax=ax)

    def _reading(self, letters: bool = False) -> Reading:
        return Reading(scale=self.scale, min_count=self.min_count, letters=letters, dtype=self.dtype)

    def _train(self, reading: Reading, X: Any, make: Any, y: Any, *, per_step: bool, **how: Any) -> None:
        """Fit the network that ``make(num_words, features, **common)`` returns, and keep what was learned."""
        check_sizes(epochs=self.epochs, batch_size=self.batch_size)
        check_probability("validation", self.validation)
        rng = generator(self.random_state)
        x, lengths = reading.read(X, type(self).__name__)
        common = {
            "depth": self.depth, "dropout": self.dropout, "bidirectional": self.bidirectional, "rng": rng,
            "dtype": np.dtype(self.dtype), **({"word_dropout": self.word_dropout} if reading.words else {}),
        }  # fmt: skip
        words = None if reading.words is None else len(reading.words)
        model = make(words, self.embedding if reading.features is None else reading.features, **common)
        train, held_out = self._parts(x, y, lengths, per_step, rng)
        steps = self.epochs * -(-len(train) // self.batch_size)
        history = fit(
            model, train, loss=model.loss, optimiser=Adam(model, self.rate), epochs=self.epochs, rng=rng,
            batch_size=self.batch_size, clip=self.clip, schedule=linear_decay(self.rate, steps), validation=held_out,
            patience=self.patience, progress=progress_bar if self.progress else None, **how,
        )  # fmt: skip
        self.model_, self.history_, self.reading_ = model, history, reading
        if reading.features is not None:
            self.n_features_in_ = reading.features

    def _parts(
        self, x: Any, y: Any, lengths: Int, per_step: bool, rng: np.random.Generator
    ) -> tuple[Sequences, Sequences | None]:
        """Return what is trained on, and what is held out."""
        out = round(self.validation * len(lengths))
        if not out:
            return Sequences(x, y, lengths, per_step=per_step), None
        order = rng.permutation(len(lengths))

        def part(rows: Int) -> Sequences:
            own = tuple(array[rows] for array in x) if isinstance(x, tuple) else x[rows]
            return Sequences(own, y[rows], lengths[rows], per_step=per_step)

        return part(order[out:]), part(order[:out])

    def _read(self, X: Any) -> tuple[Any, Int]:
        self._check_fitted()
        return self.reading_.read(X, type(self).__name__)

    def _check_fitted(self) -> None:
        if not hasattr(self, "model_"):
            raise not_fitted(self)


def generator(random_state: Any) -> np.random.Generator:
    """Return a generator; an int is a seed, None draws one.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if isinstance(random_state, np.random.RandomState):
        return np.random.default_rng(random_state.randint(2**31))
    try:
        return np.random.default_rng(random_state)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"random_state must be an int, a numpy.random.Generator or None, got {random_state!r}"
        ) from error


def check_target(X: Any, y: Any, who: str) -> Any:
    """Return targets that can be counted; refuse them if they are missing, or not as many as the sequences."""
    if y is None:
        raise ValueError(f"{who} requires y to be passed, but the target y is None")
    counted = [a if hasattr(a, "__len__") else np.atleast_1d(np.asarray(a)) for a in (X, y)]
    sizes = [len(a) for a in counted]
    if sizes[0] != sizes[1]:
        raise ValueError(f"X holds {sizes[0]} sequences and y {sizes[1]} targets: inconsistent numbers of samples")
    return counted[1]
