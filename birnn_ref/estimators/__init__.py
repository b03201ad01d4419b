"""Estimators: the models after scikit-learn's contract, for sequences of any lengths. They need NumPy alone.

Sequences are given as they are, a list with one entry each: an array ``(time, features)`` or ``(time,)`` of numbers,
or a list of words. One array for all of them does as well.
"""

from birnn_ref.estimators.base import Estimator
from birnn_ref.estimators.classifier import BiRNNClassifier
from birnn_ref.estimators.contract import NotFittedError
from birnn_ref.estimators.regressor import BiRNNRegressor
from birnn_ref.estimators.tagger import BiRNNTagger

__all__ = ["BiRNNClassifier", "BiRNNRegressor", "BiRNNTagger", "Estimator", "NotFittedError"]
