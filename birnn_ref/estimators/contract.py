"""scikit-learn's contract without scikit-learn: parameters by name, and what it asks of an estimator.

Where scikit-learn is there, its own tags, errors and warnings are used, so that its tools work with these estimators.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from typing import Any, Self


class NotFittedError(ValueError, AttributeError):
    """The estimator has learned nothing yet."""


class Parametrised:
    """Parameters are the arguments of ``__init__``, each kept as it came under its own name.

    scikit-learn reads them from the signature, so every estimator lists all of its own there.
    """

    @classmethod
    def _names(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; ``deep`` is for estimators inside of estimators, and there are none."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Self:
        """Change parameters, and return the estimator.

        Raises
        ------
        ValueError
            If it has no parameter of a name.
        """
        for name, value in params.items():
            if name not in self._names():
                known = ", ".join(self._names())
                raise ValueError(f"Invalid parameter {name!r} for {type(self).__name__}: it has {known}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        usual = {name: p.default for name, p in inspect.signature(type(self)).parameters.items()}
        changed = {n: v for n, v in self.get_params().items() if type(v) is not type(usual[n]) or v != usual[n]}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in changed.items())})"


def not_fitted(estimator: Any) -> Exception:
    """Return the error for an estimator that is asked before it has learned."""
    kind = _of_scikit_learn("exceptions", "NotFittedError") or NotFittedError
    error: Exception = kind(f"This {type(estimator).__name__} instance is not fitted yet: call fit with data first")
    return error


def column_warning() -> type[Warning]:
    """Return the kind of warning for targets that are a column where a row was asked."""
    kind: type[Warning] = _of_scikit_learn("exceptions", "DataConversionWarning") or UserWarning
    return kind


def tags(estimator_type: str | None, *, several: bool = False) -> Any:
    """Return scikit-learn's tags; only scikit-learn asks for them. ``several`` numbers may be the target."""
    sk = importlib.import_module("sklearn.utils")
    return sk.Tags(
        estimator_type=estimator_type,
        target_tags=sk.TargetTags(required=True, multi_output=several),
        classifier_tags=sk.ClassifierTags() if estimator_type == "classifier" else None,
        regressor_tags=sk.RegressorTags() if estimator_type == "regressor" else None,
        input_tags=sk.InputTags(two_d_array=True, three_d_array=True, string=True),
    )


def _of_scikit_learn(module: str, name: str) -> Any:
    if "sklearn" not in sys.modules:
        return None
    return getattr(importlib.import_module(f"sklearn.{module}"), name)
