"""Metrics: how good answers are, by the rules that each field has agreed on."""

from birnn_ref.metrics.edits import Edits, count_edits, edit_distance, error_rate
from birnn_ref.metrics.numbers import mean_absolute_error, mean_squared_error, root_mean_squared_error
from birnn_ref.metrics.spans import Scores, find_spans, score_spans, span_f1
from birnn_ref.metrics.tokens import token_accuracy
from birnn_ref.metrics.translation import bleu

__all__ = [
    "Edits",
    "Scores",
    "bleu",
    "count_edits",
    "edit_distance",
    "error_rate",
    "find_spans",
    "mean_absolute_error",
    "mean_squared_error",
    "root_mean_squared_error",
    "score_spans",
    "span_f1",
    "token_accuracy",
]
