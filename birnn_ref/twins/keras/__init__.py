"""The twins in Keras: `to_keras` takes a layer or a model there with its weights, `from_keras` brings it back."""

from birnn_ref.twins.keras.backend import BACKEND, CELLS, keras
from birnn_ref.twins.keras.convert import from_keras, to_keras
from birnn_ref.twins.keras.own import KerasLayer
from birnn_ref.twins.keras.recurrence import KerasRecurrence

__all__ = ["BACKEND", "CELLS", "KerasLayer", "KerasRecurrence", "from_keras", "keras", "to_keras"]
