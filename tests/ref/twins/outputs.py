"""Cases of the twins in Keras of what writes: the results and gradients found there, and the reference's, by name."""

import numpy as np
from ref.twins.cases import randomise

from birnn_ref.layers import CRF
from birnn_ref.losses import ctc_loss
from birnn_ref.models import Seq2Seq
from birnn_ref.twins.keras import keras, to_keras
from birnn_ref.twins.keras.crf import KerasCRF
from birnn_ref.twins.keras.ctc import keras_ctc_loss
from birnn_ref.twins.keras.parity import differentiate
from birnn_ref.twins.spec import gradients
from birnn_ref.twins.weights import ref_gradients_from_keras

NAMES = ("O", "B-x", "I-x", "B-y", "I-y")


def variable(values):
    return keras.Variable(values, dtype=values.dtype.name)


def crf(batch, time, seed, *, bio, scale=1.0):
    """The likelihoods, their gradients and the best taggings; padding holds NaN."""
    rng = np.random.default_rng(seed)
    layer = randomise(CRF(5, NAMES if bio else None, rng=rng, dtype=np.float64), rng)
    emissions, d = scale * rng.normal(size=(batch, time, 5)), rng.normal(size=batch)
    lengths = rng.integers(0, time + 1, size=batch)
    y = layer.decode(rng.normal(size=emissions.shape))  # taggings that the rules allow
    expected = {"likelihood": layer.forward(emissions, y, lengths), "dP": layer.backward(d)}
    padded = np.arange(time) >= lengths[:, None]
    P, twin = variable(np.where(padded[:, :, None], np.nan, emissions)), KerasCRF(layer)
    names = [name for name in layer.params if time > 1 or name != "transitions"]  # a single step uses none
    likelihood, (dP, *grads) = differentiate(
        lambda: twin(P.value, np.where(padded, 999, y), lengths), d, [P, *(twin.params[name] for name in names)]
    )
    found = {"likelihood": likelihood, "dP": dP, **dict(zip(names, grads, strict=True))}
    found["tags"] = keras.ops.convert_to_numpy(twin.decode(P.value, lengths))
    expected |= {name: layer.grads[name] for name in names} | {"tags": layer.decode(emissions, lengths)}
    return found, expected


def ctc(batch, time, labels, longest, seed, *, blank=0, scale=1.0):
    """The loss and its gradient, and the loss again of targets with -1 behind them."""
    rng = np.random.default_rng(seed)
    logits = scale * rng.normal(size=(batch, time, labels)).astype(np.float32)
    targets = rng.choice([k for k in range(labels) if k != blank], size=(batch, longest))
    lengths = rng.integers(1, time + 1, size=batch)
    # A label between two equal ones needs a blank: half as many labels as steps always fit.
    sizes = np.minimum(rng.integers(1, longest + 1, size=batch), (lengths + 1) // 2)
    loss, d_logits = ctc_loss(logits, targets, lengths, sizes, blank=blank)
    z = variable(np.where((np.arange(time) < lengths[:, None])[:, :, None], logits, np.nan).astype(np.float32))
    found, (grad,) = differentiate(
        lambda: keras_ctc_loss(z.value, targets, lengths, sizes, blank=blank), np.float32(1), [z]
    )
    padded = np.where(np.arange(longest) < sizes[:, None], targets, -1)
    again = keras.ops.convert_to_numpy(keras_ctc_loss(logits, padded, lengths, blank=blank))
    return {"loss": found, "d_logits": grad, "again": again}, {
        "loss": np.asarray(loss), "d_logits": d_logits, "again": np.asarray(loss),
    }  # fmt: skip


def seq2seq(cell, form, *, padded):
    """The logits and every gradient; padding holds ids that exist nowhere. Returns the model and its twin besides."""
    rng = np.random.default_rng(0)
    options = {"form": form, "depth": 2, "bidirectional": cell != "lstm", "rng": rng, "dtype": np.float64}
    model = randomise(Seq2Seq(cell, 9, 6, 2, 3, start=2, end=3, **options), rng)
    ids, said, y = rng.integers(1, 9, size=(3, 5)), rng.integers(1, 6, size=(3, 4)), rng.integers(6, size=(3, 4))
    lengths, steps = (np.array([5, 3, 1]), np.array([4, 1, 3])) if padded else (None, None)
    if padded:
        ids[np.arange(5) >= lengths[:, None]] = 999
        said[np.arange(4) >= steps[:, None]] = -5
    x = ids, lengths, said
    logits = model.forward(x, steps)
    _, d_logits = model.loss(logits, y, steps)
    model.backward(d_logits)
    twin = to_keras(model)
    chains = [twin.encoder.place(level, d) for level in range(2) for d in range(2 if cell != "lstm" else 1)]
    weights = [weight for place in (twin.cell, *chains) for weight in place.trainable_weights]
    theirs, grads = differentiate(lambda: twin(x, steps), d_logits, [*twin.plain.values(), *weights])
    found, expected = {"logits": theirs}, {"logits": logits}
    own, parameters = dict(model.named_gradients()), dict(model.named_parameters())
    for name, gradient in zip(twin.plain, grads, strict=False):
        found[name], expected[name] = gradient, own[name]
        if not isinstance(own[name], np.ndarray):
            expected[name] = np.zeros_like(parameters[name])
            expected[name][own[name].rows] = own[name].values
    rest = [grads[i : i + 3] for i in range(len(twin.plain), len(grads), 3)]
    encoder = [direction for level in gradients(model.encoder) for direction in level]
    for where, three, ours in zip(("decoder", *range(9)), rest, (model.decoder.grads, *encoder), strict=False):
        for name, gradient in ref_gradients_from_keras(cell, three).items():
            found[f"{where} {name}"], expected[f"{where} {name}"] = gradient, ours[name]
    return found, expected, model, twin
