"""The sequence-to-sequence model in Keras: its own cells and the backend's own gradient."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_ref.models.seq2seq import Seq2Seq
from birnn_ref.twins.keras.backend import keras, within
from birnn_ref.twins.keras.weights import recurrence_from_keras, recurrence_to_keras
from birnn_ref.twins.weights import keras_from_ref, ref_from_keras

ops = keras.ops
CELLS = {"rnn": keras.layers.SimpleRNNCell, "lstm": keras.layers.LSTMCell, "gru": keras.layers.GRUCell}


class KerasSeq2Seq(keras.Model):  # type: ignore[misc]
    """The twin of a `Seq2Seq` with the same weights.

    Parameters
    ----------
    model : Seq2Seq
        Of a cell that Keras has.

    Examples
    --------
    >>> model = Seq2Seq("gru", 50, 40, 8, 6, start=2, end=3, rng=np.random.default_rng(0))
    >>> x = np.array([[5, 6, 7]]), np.array([3]), np.array([[2, 11]])
    >>> tuple(KerasSeq2Seq(model)(x).shape)
    (1, 2, 40)
    """

    def __init__(self, model: Seq2Seq) -> None:
        decoder = model.decoder
        if decoder.cell.name not in CELLS:
            raise TypeError(f"cell must be one that Keras has, {', '.join(CELLS)}, got {decoder.cell.name}")
        dtype = decoder.params["b_o"].dtype.name
        super().__init__(dtype=dtype)
        # Called for a copy, so that Keras does not search the reference for layers of its own.
        kept = copy.deepcopy(model)
        self.copy_reference: Callable[[], Seq2Seq] = lambda: copy.deepcopy(kept)
        self.form, self.cell_name, self.states = decoder.form, decoder.cell.name, tuple(decoder.cell.states)
        self.rate, self.seed = model.words.dropout.rate, keras.random.SeedGenerator()
        self.encoder = recurrence_to_keras(model.encoder)
        own = {name: decoder.params[name] for name in decoder.params if name in ("W_xh", "W_hh", "b_h", "b_hn")}
        self.cell = CELLS[self.cell_name](decoder.hidden, dtype=dtype)
        self.cell.build((None, len(own["W_xh"])))
        self.cell.set_weights(keras_from_ref(self.cell_name, own))
        self.plain = {}
        for name, value in model.named_parameters():
            if not name.startswith("encoder.") and name not in {f"decoder.{key}" for key in own}:
                self.plain[name] = self.add_weight(shape=value.shape, name=name.replace(".", "_"), dtype=dtype)
                self.plain[name].assign(value)
        self.built = True

    def call(self, x: Any, lengths: Any = None, training: bool = False) -> Any:
        """Return the logits; arguments as the reference's ``forward``."""
        ids, read_lengths, said = x
        p = {name: ops.convert_to_tensor(value) for name, value in self.plain.items()}
        read_lengths = np.full(len(ids), ids.shape[1]) if read_lengths is None else read_lengths
        lengths = np.full(len(said), said.shape[1]) if lengths is None else lengths
        reads, writes = within(read_lengths, ids.shape[1]), within(lengths, said.shape[1])

        def drop(value: Any) -> Any:
            return keras.random.dropout(value, self.rate, seed=self.seed) if training and self.rate else value

        def look_up(name: str, at: Any, counts: Any) -> Any:
            return drop(ops.take(p[name], ops.where(counts, ops.cast(at, "int32"), 0), axis=0))

        h, final = self.encoder(look_up("words.W", ids, reads), read_lengths, training=training)
        states = []
        for name, state in zip(self.states, final, strict=True):
            ends = ops.concatenate(
                [state[-1][d] for d in range(state.shape[1])], axis=1
            )  # (batch, directions * hidden)
            states.append(ops.tanh(ends @ p[f"bridge_{name}.W"] + p[f"bridge_{name}.b"]))
        keys, vectors, outputs = h @ p["decoder.U"], look_up("said.W", said, writes), []

        def look(s: Any) -> Any:
            if self.form == "luong":
                scores = ops.sum(keys * s[:, None], axis=2)
            else:
                compared = ops.tanh((s @ p["decoder.W"])[:, None] + keys)  # (batch, time, hidden)
                scores = ops.sum(compared * p["decoder.v"], axis=2)
            # A finite score keeps the softmax of an empty sequence finite.
            alpha = ops.softmax(ops.where(reads, scores, ops.full_like(scores, -1e30)), axis=1)
            return ops.sum(alpha[:, :, None] * h, axis=1)  # (batch, memory)

        for t in range(said.shape[1]):
            x_t = vectors[:, t]
            if self.form == "bahdanau":
                context = look(states[0])
                _, states = self.cell(ops.concatenate([x_t, context], axis=1), states)
            else:
                _, states = self.cell(x_t, states)
                context = look(states[0])
            both = ops.concatenate([states[0], context], axis=1)  # (batch, hidden + memory)
            outputs.append(ops.tanh(both @ p["decoder.W_o"] + p["decoder.b_o"]))
        logits = drop(ops.stack(outputs, axis=1)) @ p["readout.W"] + p["readout.b"]
        return ops.where(writes[:, :, None], logits, ops.zeros_like(logits))

    def to_reference(self) -> Seq2Seq:
        """Return the reference's model with this twin's weights."""
        model = self.copy_reference()
        parameters = dict(model.named_parameters())
        for name, variable in self.plain.items():
            parameters[name][...] = variable.numpy()
        for name, value in ref_from_keras(self.cell_name, self.cell.get_weights()).items():
            model.decoder.params[name][...] = value
        back = recurrence_from_keras(self.encoder)
        for level, other in zip(model.encoder.children.values(), back.children.values(), strict=True):
            level.params = other.params
        return model
