"""CTC in Keras: its own `keras.ops.ctc_loss`, called as the reference's."""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref.twins.keras.backend import keras, within

ops = keras.ops


def keras_ctc_loss(
    logits: Any, targets: Any, lengths: Any = None, target_lengths: Any = None, *, blank: int = 0
) -> Any:
    """Return what `birnn_ref.losses.ctc_loss` returns, without the gradient, which the backend takes.

    On TensorFlow it is added up in float32, whatever comes in. The loss of a target that no way can say is as large as
    the backend makes it; the reference's is infinite.

    Parameters
    ----------
    logits : tensor, ``(batch, time, labels)``
    targets : integer array, ``(batch, target time)``
        Behind a target stands -1, or anything if ``target_lengths`` is given.
    lengths, target_lengths : integer arrays ``(batch,)``, optional
    blank : int

    Returns
    -------
    tensor of no axes

    Examples
    --------
    >>> loss = keras_ctc_loss(ops.zeros((1, 2, 3)), np.array([[1]]))
    >>> round(float(ops.exp(-loss)), 4)
    0.3333
    """
    logits = ops.convert_to_tensor(logits)
    batch, time, _ = logits.shape
    lengths = np.full(batch, time) if lengths is None else lengths
    target_lengths = (np.asarray(targets) >= 0).sum(axis=1) if target_lengths is None else target_lengths
    z = ops.where(within(lengths, time)[:, :, None], logits, ops.zeros_like(logits))
    own = within(target_lengths, targets.shape[1])
    labels = ops.where(own, ops.cast(targets, "int32"), 0)
    sizes = (ops.cast(size, "int32") for size in (target_lengths, lengths))
    return ops.mean(ops.ctc_loss(labels, z, *sizes, mask_index=blank))
