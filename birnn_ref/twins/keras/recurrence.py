"""The recurrent layers in Keras: its own, with both forms of stack and `lengths` as masks."""

from __future__ import annotations

from typing import Any

from birnn_ref.layers.recurrent.merging import merge_pair
from birnn_ref.twins.keras.backend import CELLS, keras, within
from birnn_ref.twins.spec import Spec

ops = keras.ops


class KerasRecurrence(keras.layers.Layer):  # type: ignore[misc]
    """The twin of `birnn_ref.layers.Recurrent`, `Bidirectional` and `Stack`: their arguments and results as tensors.

    Each level of two directions is one `keras.layers.Bidirectional`, whose two outputs the twin merges; directions that
    are stacked alone are chains of plain layers, the backward chain on the flipped sequence.

    Parameters
    ----------
    spec : Spec
        Sizes and options. Weights are drawn as Keras draws them.

    Examples
    --------
    >>> layer = KerasRecurrence(Spec("bidirectional", "lstm", 3, 4, bidirectional=True, merge="sum"))
    >>> outputs, (h, c) = layer(ops.zeros((2, 5, 3)), lengths=ops.array([5, 2]))
    >>> tuple(outputs.shape), tuple(h.shape)
    ((2, 5, 4), (2, 2, 4))
    """

    def __init__(self, spec: Spec, **options: Any) -> None:
        super().__init__(dtype=spec.dtype.name, **options)
        self.spec = spec
        self.parts: list[Any] = []
        for level in range(spec.depth):
            for _ in range(2 if spec.apart else 1):
                part = _part(spec)
                part.build((None, None, spec.inputs(level)))
                self.parts.append(part)
        self.drop = keras.layers.Dropout(spec.dropout, dtype=spec.dtype.name)
        self.drop_over_time = keras.layers.Dropout(
            spec.variational_dropout, noise_shape=(None, 1, None), dtype=spec.dtype.name
        )
        self.built = True

    def place(self, level: int, direction: int) -> Any:
        """Return the Keras layer that holds a chain's weights."""
        if self.spec.apart:
            return self.parts[2 * level + direction]
        part = self.parts[level]
        return (part.backward_layer if direction else part.forward_layer) if self.spec.bidirectional else part

    def call(self, x: Any, lengths: Any = None, initial: Any = None, training: bool = False) -> Any:
        """Return the outputs ``(batch, time, ...)``, 0 past each length, and final states ``(*lead, batch, hidden)``.

        ``lengths`` is an integer tensor ``(batch,)``; what stands past it in ``x`` does not count, whatever it holds.
        """
        spec = self.spec
        batch = ops.shape(x)[0]
        flat = (spec.depth, spec.directions, batch, spec.hidden)
        if initial is None:
            states = [ops.zeros(flat, dtype=spec.dtype.name) for _ in range(spec.states)]
        else:
            states = [ops.reshape(state, flat) for state in initial]
        mask = None
        if lengths is not None:
            mask = within(lengths, ops.shape(x)[1])
            x = ops.where(mask[:, :, None], x, ops.zeros_like(x))
        outputs, finals = (self._apart if spec.apart else self._mixed)(x, mask, states, training)
        final = [ops.stack([level[i] for level in finals]) for i in range(spec.states)]
        return outputs, tuple(ops.reshape(state, (*spec.lead, batch, spec.hidden)) for state in final)

    def _mixed(self, x: Any, mask: Any, states: list[Any], training: bool) -> Any:
        """Each level reads the merged output below; with merge None the levels between read both side by side."""
        spec, finals = self.spec, []
        for level, part in enumerate(self.parts):
            entering = [state[level, d] for d in range(spec.directions) for state in states]
            results = part(x, initial_state=entering, mask=mask)
            leaving = results[-len(entering) :]
            finals.append([ops.stack(leaving[i :: spec.states]) for i in range(spec.states)])
            between = level < spec.depth - 1
            mode = "concat" if between and spec.merge is None else spec.merge
            x = merge_pair(ops, results[0], results[1], mode) if spec.bidirectional else results[0]
            if between:
                x = self._drop(x, training)
        return x, finals

    def _apart(self, x: Any, mask: Any, states: list[Any], training: bool) -> Any:
        """Stack each direction alone; on the flipped sequence the padding comes first, under its flipped mask."""
        spec, finals = self.spec, []
        chains = [x, ops.flip(x, axis=1)]
        masks = [mask, None if mask is None else ops.flip(mask, axis=1)]
        for level in range(spec.depth):
            leaving = []
            for d in range(2):
                entering = [state[level, d] for state in states]
                chains[d], *final = self.parts[2 * level + d](chains[d], initial_state=entering, mask=masks[d])
                leaving.append(final)
                if level < spec.depth - 1:
                    chains[d] = self._drop(chains[d], training)
            finals.append([ops.stack([final[i] for final in leaving]) for i in range(spec.states)])
        return merge_pair(ops, chains[0], ops.flip(chains[1], axis=1), spec.merge), finals

    def _drop(self, x: Any, training: bool) -> Any:
        return self.drop_over_time(self.drop(x, training=training), training=training)


def _part(spec: Spec) -> Any:
    options: dict[str, Any] = {"activation": spec.activation} if spec.cell == "rnn" else {}
    if spec.cell == "gru":
        options["reset_after"] = spec.reset_after
    # Keras repeats the last output over masked steps unless told to give zeros.
    layer = CELLS[spec.cell](
        spec.hidden,
        return_sequences=True,
        return_state=True,
        zero_output_for_mask=True,
        dtype=spec.dtype.name,
        **options,
    )
    if spec.apart or not spec.bidirectional:
        return layer
    return keras.layers.Bidirectional(layer, merge_mode=None, dtype=spec.dtype.name)
