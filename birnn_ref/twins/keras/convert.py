"""Any layer or model that Keras can run as well, there and back."""

from __future__ import annotations

from typing import Any

from birnn_ref.layers import Layer
from birnn_ref.models import Seq2Seq
from birnn_ref.twins.graph import MODELS
from birnn_ref.twins.keras.models import KerasModel
from birnn_ref.twins.keras.seq2seq import KerasSeq2Seq
from birnn_ref.twins.keras.weights import recurrence_from_keras, recurrence_to_keras


def to_keras(layer: Layer) -> Any:
    """Return the twin of a recurrent layer or a model in Keras, with the same weights.

    Parameters
    ----------
    layer : Recurrent, Bidirectional, Stack, or a model of `birnn_ref.models`

    Returns
    -------
    KerasRecurrence, KerasModel or KerasSeq2Seq
        Built from Keras's own layers.

    Raises
    ------
    TypeError
        If the layer is none of these.

    Examples
    --------
    >>> import numpy as np
    >>> from birnn_ref.layers import Bidirectional
    >>> from birnn_ref.twins.keras import keras
    >>> layer = Bidirectional("gru", 3, 4, merge="sum", rng=np.random.default_rng(0))
    >>> x = np.ones((2, 5, 3), np.float32)
    >>> theirs, _ = to_keras(layer)(x)
    >>> bool(np.allclose(layer.forward(x)[0], keras.ops.convert_to_numpy(theirs), atol=1e-6))
    True
    """
    if isinstance(layer, MODELS):
        return KerasModel(layer)
    if isinstance(layer, Seq2Seq):
        return KerasSeq2Seq(layer)
    return recurrence_to_keras(layer)


def from_keras(layer: Any) -> Layer:
    """Return the reference's layer or model with the weights of a Keras layer.

    Parameters
    ----------
    layer : KerasRecurrence, KerasModel, KerasSeq2Seq, keras.layers.SimpleRNN, LSTM, GRU or Bidirectional of one of them
        Built, and with Keras's own activations; a simple RNN's may be ``"relu"``. The reference always returns
        outputs at every step, 0 past each length, and final states, whatever ``return_sequences``, ``return_state``
        and ``zero_output_for_mask``. Weights in bfloat16 or float16 become float32, which holds them exactly.

    Returns
    -------
    Layer

    Raises
    ------
    TypeError
        If the layer is none of these.
    ValueError
        If it is not built, or has an option that the reference lacks: ``stateful``, ``dropout``, a regulariser, …

    Examples
    --------
    >>> import numpy as np
    >>> from birnn_ref.twins.keras import keras
    >>> theirs = keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True), merge_mode="ave")
    >>> theirs.build((None, None, 3))
    >>> layer = from_keras(theirs)
    >>> type(layer).__name__, layer.forward(np.ones((2, 5, 3), np.float32))[0].shape
    ('Bidirectional', (2, 5, 4))
    """
    if isinstance(layer, KerasModel | KerasSeq2Seq):
        return layer.to_reference()
    return recurrence_from_keras(layer)
