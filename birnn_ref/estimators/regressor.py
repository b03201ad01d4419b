"""Numbers for each sequence, or for each of its steps."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np

from birnn_ref.estimators.base import Estimator, check_target
from birnn_ref.estimators.contract import tags
from birnn_ref.estimators.reading import padded
from birnn_ref.models import Regressor


class BiRNNRegressor(Estimator):
    """Say numbers of sequences: a `Regressor` after scikit-learn's contract.

    Parameters
    ----------
    cell, hidden, depth, embedding, bidirectional, dropout, word_dropout, min_count, scale, epochs, batch_size, rate, \
clip, validation, patience, progress, dtype, random_state
        As in `Estimator`.
    pooling : {"mean", "final", "max", "attention", None}
        How the states become one vector; with None each step is answered.
    error : {"squared", "absolute"}
        What it learns by.

    Attributes
    ----------
    target_mean_, target_spread_ : arrays, ``(outputs,)``
        Of the training targets, which the network learns as numbers of mean 0 and standard deviation 1.
    model_, history_, n_features_in_
        As in `Estimator`.

    Examples
    --------
    How long is the way of a walk, step by step?

    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(rng.integers(3, 9), 2)) for _ in range(300)]
    >>> y = [np.linalg.norm(walk, axis=1).sum() for walk in X]
    >>> model = BiRNNRegressor("gru", hidden=8, rate=0.03, pooling="final", progress=False, random_state=0)
    >>> model.fit(X[:250], y[:250]).score(X[250:], y[250:]) > 0.8
    True
    """

    kind: ClassVar[str | None] = "regressor"
    learned: ClassVar[tuple[str, ...]] = ("target_mean_", "target_spread_", "target_axes_")
    target_mean_: Any
    target_spread_: Any
    target_axes_: Any

    def __init__(
        self, cell: str = "lstm", *, hidden: int = 32, depth: int = 1, embedding: int = 32, bidirectional: bool = True,
        pooling: str | None = "mean", error: str = "squared", dropout: float = 0.0, word_dropout: float = 0.0,
        min_count: int = 1, scale: bool = True, epochs: int = 50, batch_size: int = 32, rate: float = 0.01,
        clip: float | None = 5.0, validation: float = 0.0, patience: int | None = None, progress: bool = True,
        dtype: str = "float32", random_state: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            cell, hidden=hidden, depth=depth, embedding=embedding, bidirectional=bidirectional, dropout=dropout,
            word_dropout=word_dropout, min_count=min_count, scale=scale, epochs=epochs, batch_size=batch_size,
            rate=rate, clip=clip, validation=validation, patience=patience, progress=progress, dtype=dtype,
            random_state=random_state,
        )  # fmt: skip
        self.pooling, self.error = pooling, error

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from sequences and their numbers.

        Parameters
        ----------
        X : list of arrays ``(time, features)`` or ``(time,)``, or of lists of words; or one array for all
        y : array, ``(count,)`` or ``(count, outputs)``
            With ``pooling=None`` a list of arrays ``(time,)`` or ``(time, outputs)``.

        Returns
        -------
        BiRNNRegressor
            Itself.

        Raises
        ------
        TypeError, ValueError
            If X or y is not as above, or a number is NaN or infinite.
        """
        reading = self._reading()
        reading.fit(X)
        y = check_target(X, y, type(self).__name__)
        rows = self._targets(X, y)  # (time or 1, outputs) each
        steps = np.concatenate(rows)
        self.target_mean_, self.target_spread_ = steps.mean(axis=0), steps.std(axis=0)
        self.target_spread_[self.target_spread_ == 0] = 1
        self.target_axes_ = np.array(np.ndim(y[0]))
        scaled = padded([(row - self.target_mean_) / self.target_spread_ for row in rows]).astype(self.dtype)
        per_step, outputs = self.pooling is None, scaled.shape[2]
        target = scaled if per_step else scaled[:, 0]
        target = target[..., 0] if outputs == 1 else target  # as the model's decode gives it

        def make(num_words: int | None, features: int, **common: Any) -> Regressor:
            return Regressor(
                self.cell, num_words, features, self.hidden, outputs, pooling=self.pooling, error=self.error, **common
            )

        self._train(reading, X, make, target, per_step=per_step)
        return self

    def predict(self, X: Any) -> Any:
        """Return the numbers: ``(count,)`` or ``(count, outputs)``; answered by steps, a list of arrays."""
        x, lengths = self._read(X)
        said = self.model_.predict(x, lengths).astype(np.float64)
        outputs = len(self.target_mean_)
        said = said[..., None] if outputs == 1 else said
        said = said * self.target_spread_ + self.target_mean_
        flat = outputs == 1 and self.target_axes_ == (self.pooling is None)
        said = said[..., 0] if flat else said
        return said if self.pooling else [row[:n] for row, n in zip(said, lengths, strict=True)]

    def score(self, X: Any, y: Any) -> float:
        r"""Return :math:`R^2 = 1 - \sum (y - \hat y)^2 / \sum (y - \bar y)^2`, a mean over the outputs.

        1 is perfect, 0 no better than the mean. (Where the truth never changes, it is 1 or 0.)
        """
        said = self.predict(X)
        true, said = (np.concatenate(self._targets(X, values)) for values in (y, said))
        left, all_of_it = np.square(true - said).sum(axis=0), np.square(true - true.mean(axis=0)).sum(axis=0)
        share = np.where(all_of_it > 0, left / np.where(all_of_it > 0, all_of_it, 1), left > 0)
        return float((1 - share).mean())

    def _targets(self, X: Any, y: Any) -> list[Any]:
        """Return for each sequence its targets, ``(time or 1, outputs)``."""
        rows: list[Any] = []
        for i, own in enumerate(y):
            row = np.asarray(own)
            if row.dtype.kind not in "biuf":
                row = row.astype(np.float64)
            wanted = 1 if self.pooling is None else 0
            if row.ndim not in (wanted, wanted + 1):
                shape = "(time,) or (time, outputs)" if wanted else "one number, or (outputs,)"
                raise ValueError(f"target {i} of y has shape {row.shape}, expected {shape}")
            if wanted and len(row) != len(X[i]):
                raise ValueError(f"target {i} of y has {len(row)} steps, and sequence {i} of X {len(X[i])}")
            if not np.isfinite(row).all():
                raise ValueError(f"target {i} of y contains NaN or inf: leave the sequence out, or fill the gap")
            row = row.reshape(len(row) if wanted else 1, -1)
            if rows and row.shape[1] != rows[0].shape[1]:
                raise ValueError(f"target {i} of y has {row.shape[1]} numbers, and target 0 {rows[0].shape[1]}")
            rows.append(row)
        return rows

    def __sklearn_tags__(self) -> Any:
        return tags(self.kind, several=True)
