"""From one sequence to another: an encoder reads in both directions, and a decoder attends to what it read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import Float, Int, check_lengths, check_sizes
from birnn_ref.layers import Dense, Dropout, Embedding, Stack, no_grad
from birnn_ref.layers.attention_step import Memory
from birnn_ref.layers.decoder import Decoder, States
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models.base import Model, plain_settings
from birnn_ref.models.beam_search import Written, beam_search
from birnn_ref.models.summary import output_size
from birnn_ref.models.words import Words

WORD_LIMIT = 1.0
"""Word vectors start within ± this: a decoder that reads shorter ones stands still for hundreds of steps."""


class Seq2Seq(Model):
    r"""Read a sequence in both directions and write another, word by word (Bahdanau 2015, Luong 2015).

    The decoder starts from what both readings end in, :math:`s_0 = \tanh([h^f_T; h^b_1] W_s + b_s)`, for each of the
    cell's states.

    Parameters
    ----------
    cell : str
        Of encoder and decoder.
    num_words, num_targets : int
        Ids of what is read and of what is written run from 0 to these minus 1.
    embedding, hidden : int
        Features of a word's vector, and of each direction's and of the decoder's state.
    start, end : int
        The ids that begin and end what is written.
    form : {"bahdanau", "luong"}
        Of the decoder, see `Decoder`.
    depth : int
        Recurrent layers of the encoder.
    dropout : float
        The share dropped of word vectors and of the decoder's outputs, in training.
    rng : numpy.random.Generator
        Draws the weights, word vectors from U(-1, 1); see `Embedding`.
    dtype : dtype
    **options
        Further arguments of the encoder's `Stack`.

    Examples
    --------
    >>> model = Seq2Seq("gru", 50, 40, 8, 6, start=2, end=3, rng=np.random.default_rng(0))
    >>> ids, lengths, said = np.array([[5, 6, 7], [8, 9, 0]]), np.array([3, 2]), np.array([[2, 11, 12], [2, 13, 0]])
    >>> model.forward((ids, lengths, said), np.array([3, 2])).shape
    (2, 3, 40)
    >>> len(model.write(ids, lengths, width=3, max_steps=9))
    2
    """

    def __init__(
        self, cell: str, num_words: int, num_targets: int, embedding: int, hidden: int, *, start: int, end: int,
        form: str = "bahdanau", depth: int = 1, dropout: float = 0.0, rng: np.random.Generator,
        dtype: npt.DTypeLike = np.float32, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.settings = plain_settings(
            dtype, options, cell=cell, num_words=num_words, num_targets=num_targets, embedding=embedding,
            hidden=hidden, start=start, end=end, form=form, depth=depth, dropout=dropout,
        )  # fmt: skip
        for name, value in (("start", start), ("end", end)):
            if not 0 <= value < num_targets:
                raise ValueError(f"{name} must lie between 0 and {num_targets - 1}, got {value}")
        self.start, self.end = start, end
        self.words = Words(num_words, embedding, dropout, rng=rng, limit=WORD_LIMIT, dtype=dtype)
        self.encoder = Stack(cell, embedding, hidden, depth, rng=rng, dtype=dtype, **options)
        memory = output_size(self.encoder)
        self.said = Embedding(num_targets, embedding, rng=rng, limit=WORD_LIMIT, dtype=dtype)
        self.dropouts = Dropout(dropout), Dropout(dropout)
        self.decoder = Decoder(cell, embedding, hidden, memory, form, rng=rng, dtype=dtype)
        directions = 2 if self.encoder.bidirectional else 1
        self.bridges = [Dense(directions * hidden, hidden, rng=rng, dtype=dtype) for _ in self.decoder.cell.states]
        self.readout = Dense(hidden, num_targets, rng=rng, dtype=dtype)
        bridges = {f"bridge_{name}": b for name, b in zip(self.decoder.cell.states, self.bridges, strict=True)}
        self.children = {"words": self.words, "encoder": self.encoder, **bridges, "said": self.said,
                         "decoder": self.decoder, "readout": self.readout}  # fmt: skip

    def forward(self, x: tuple[Int, Any, Int], lengths: Any = None, *, rng: np.random.Generator | None = None) -> Float:
        """Return the logits of each step of what is to be written, given what stands before it (teacher forcing).

        Parameters
        ----------
        x : (ids, lengths, said)
            Ids that are read ``(batch, time)``, how many of them count ``(batch,)`` or None, and ids that were written
            before each step ``(batch, target time)``, the start first.
        lengths : integer array ``(batch,)``, optional
            Steps that each sequence writes.
        rng : numpy.random.Generator, optional
            Draws what is dropped.

        Returns
        -------
        array, ``(batch, target time, num_targets)``

        Raises
        ------
        TypeError, ValueError
            If an argument does not fit.
        """
        ids, read_lengths, said = x
        h, initial = self._read(ids, read_lengths, rng)
        vectors = self.dropouts[0].forward(self.said.forward(said, lengths), rng=rng)
        outputs, _ = self.decoder.forward(vectors, lengths, initial, h, read_lengths)
        return self.readout.forward(self.dropouts[1].forward(outputs, rng=rng), lengths)

    def backward(self, d_logits: Float) -> None:
        """Store every parameter's gradient."""
        (starts,) = self._take()
        d_outputs = self.dropouts[1].backward(self.readout.backward(d_logits))
        d_vectors, d_initial, dh = self.decoder.backward(d_outputs)
        self.said.backward(self.dropouts[0].backward(d_vectors))
        d_final = []
        for bridge, s_0, ds_0 in zip(self.bridges, starts, d_initial, strict=True):
            d_ends = bridge.backward(ds_0 * (1 - s_0**2))  # (batch, directions * hidden)
            by_direction = np.stack(np.split(d_ends, 2 if self.encoder.bidirectional else 1, axis=1))
            d_state = np.zeros((self.encoder.depth, *by_direction.shape), d_ends.dtype)
            d_state[-1] = by_direction
            d_final.append(d_state)
        self.words.backward(self.encoder.backward(dh, tuple(d_final))[0])

    def loss(self, logits: Float, targets: Any, lengths: Any = None, **options: Any) -> tuple[float, Float]:
        """Return `softmax_cross_entropy`, the mean over all steps that are to be written."""
        return softmax_cross_entropy(logits, targets, lengths, **options)

    def decode(self, logits: Float, lengths: Any = None) -> Int:
        """Return each step's best word, given what truly stands before it; `write` goes on from its own words."""
        best: Int = logits.argmax(axis=-1)
        return best

    def predict(self, x: Int, lengths: Any = None, *, batch_size: int = 256, **options: Any) -> list[Int]:
        """Return what `write` says of many sequences: ids ``(steps,)`` each; options are those of `write`.

        Parameters
        ----------
        x : integer array, ``(count, time)``
            Ids that are read.
        lengths : integer array ``(count,)``, optional
        batch_size : int
        """
        lengths = check_lengths(lengths, *np.shape(x), what="steps of x")
        starts = range(0, len(x), batch_size)
        parts = (self.write(x[i : i + batch_size], lengths[i : i + batch_size], **options) for i in starts)
        return [written.ids for part in parts for written in part]

    @no_grad()
    def write(
        self, ids: Int, lengths: Any = None, *, width: int = 1, normalise: float = 1.0, max_steps: int = 50
    ) -> list[Written]:
        r"""Write freely: of all beginnings keep the ``width`` most probable at each step (beam search); 1 is greedy.

        A long text has a small probability whatever it says, so what is compared is :math:`\log p(y) / |y|^a`.

        Parameters
        ----------
        ids : integer array, ``(batch, time)``
        lengths : integer array ``(batch,)``, optional
        width : int
            Beginnings kept.
        normalise : float
            The power a; 0 compares probabilities.
        max_steps : int
            What has not ended by then is cut.

        Returns
        -------
        list of Written, one per sequence

        Raises
        ------
        TypeError, ValueError
            If an argument does not fit.

        Notes
        -----
        Y. Wu et al., "Google's neural machine translation system", arXiv 1609.08144 (2016), on normalising.
        """
        check_sizes(width=width, max_steps=max_steps)
        lengths = check_lengths(lengths, *np.shape(ids), what="steps of ids")
        h, initial = self._read(ids, lengths, None)
        rows = np.repeat(np.arange(len(ids)), width)  # each sequence has its beams side by side
        read = self.decoder.read(h, lengths)
        memory = Memory(read.h[rows], read.keys[rows], read.counts[rows])

        def step(words: Int, states: States) -> tuple[Float, States, Float]:
            vectors = self.said.forward(words[:, None])[:, 0]  # (batch * width, embedding)
            o_t, states, alpha_t, _ = self.decoder.step(vectors, states, memory)
            return _log_softmax(self.readout.forward(o_t)), states, alpha_t

        found = beam_search(
            step, tuple(state[rows] for state in initial), start=self.start, end=self.end, width=width,
            normalise=normalise, max_steps=max_steps,
        )  # fmt: skip
        return [w._replace(alpha=w.alpha[:, :n]) for w, n in zip(found, lengths, strict=True)]

    @staticmethod
    def _time(x: Any) -> int:
        return int(np.shape(x[2])[1])

    def _batches(self, x: Any, lengths: Any, size: int) -> Iterator[tuple[Float, Any]]:
        """Yield each batch's logits; what is read and what is written have lengths of their own."""
        ids, read_lengths, said = x
        read_lengths = check_lengths(read_lengths, *np.shape(ids), what="steps of ids")
        lengths = check_lengths(lengths, *np.shape(said), what="steps of what was written")
        for rows in (slice(start, start + size) for start in range(0, len(ids), size)):
            yield self.forward((ids[rows], read_lengths[rows], said[rows]), lengths[rows]), lengths[rows]

    def _read(self, ids: Int, lengths: Any, rng: np.random.Generator | None) -> tuple[Float, States]:
        """Return the encoder's outputs and the decoder's first states."""
        h, final = self.encoder.forward(self.words.read(ids, lengths, rng), lengths, rng=rng)
        ends = (np.concatenate(state[-1], axis=1) for state in final)  # (batch, directions * hidden) each
        starts = tuple(np.tanh(b.forward(end)) for b, end in zip(self.bridges, ends, strict=True))
        self._keep(starts)
        return h, starts


def _log_softmax(z: Float) -> Float:
    z = z - z.max(axis=-1, keepdims=True)
    found: Float = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    return found
