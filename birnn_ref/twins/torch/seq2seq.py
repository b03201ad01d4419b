"""The sequence-to-sequence model in PyTorch: `torch.nn`'s cells and autograd."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from birnn_ref._checks import Float
from birnn_ref.models.seq2seq import Seq2Seq
from birnn_ref.twins.torch.padding import within
from birnn_ref.twins.torch.weights import recurrence_from_torch, recurrence_to_torch
from birnn_ref.twins.weights import ref_from_torch, ref_gradients_from_torch, torch_from_ref

CELLS: dict[str, Any] = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}


class TorchSeq2Seq(nn.Module):
    """The twin of a `Seq2Seq` with the same weights.

    Parameters
    ----------
    model : Seq2Seq
        Of a cell that `torch.nn` has.

    Examples
    --------
    >>> import numpy as np
    >>> model = Seq2Seq("gru", 50, 40, 8, 6, start=2, end=3, rng=np.random.default_rng(0))
    >>> x = torch.tensor([[5, 6, 7]]), torch.tensor([3]), torch.tensor([[2, 11]])
    >>> TorchSeq2Seq(model)(x).shape
    torch.Size([1, 2, 40])
    """

    def __init__(self, model: Seq2Seq) -> None:
        super().__init__()
        self.reference, decoder = copy.deepcopy(model), model.decoder
        if decoder.cell.name not in CELLS:
            raise TypeError(f"cell must be one that torch.nn has, {', '.join(CELLS)}, got {decoder.cell.name}")
        self.encoder = recurrence_to_torch(model.encoder)
        own = {name: decoder.params[name] for name in decoder.params if name in ("W_xh", "W_hh", "b_h", "b_hn")}
        dtype = getattr(torch, own["b_h"].dtype.name)
        self.cell = CELLS[decoder.cell.name](len(own["W_xh"]), decoder.hidden, dtype=dtype)
        with torch.no_grad():
            for name, value in torch_from_ref(decoder.cell.name, own).items():
                self.cell.get_parameter(name).copy_(torch.from_numpy(value))
        self.plain = nn.ParameterDict({
            _key(name): nn.Parameter(torch.from_numpy(value.copy()))
            for name, value in model.named_parameters()
            if not name.startswith("encoder.") and name not in {f"decoder.{key}" for key in own}
        })  # fmt: skip

    def forward(self, x: Any, lengths: Tensor | None = None) -> Tensor:
        """Return the logits; arguments as the reference's ``forward``, in tensors."""
        ids, read_lengths, said = x
        model, p = self.reference, {name.replace("__", "."): value for name, value in self.plain.items()}
        read_lengths = torch.full((len(ids),), ids.shape[1]) if read_lengths is None else read_lengths
        lengths = torch.full((len(ids),), said.shape[1]) if lengths is None else lengths
        reads = within(read_lengths, ids.shape[1])
        writes = within(lengths, said.shape[1])

        def drop(value: Tensor) -> Tensor:
            return nn.functional.dropout(value, model.words.dropout.rate, self.training)

        h, final = self.encoder(drop(p["words.W"][torch.where(reads, ids, 0)]), read_lengths)
        ends = [torch.cat(list(state[-1]), dim=1) for state in final]
        states = tuple(
            torch.tanh(end @ p[f"bridge_{name}.W"] + p[f"bridge_{name}.b"])
            for name, end in zip(model.decoder.cell.states, ends, strict=True)
        )
        keys, vectors, outputs = h @ p["decoder.U"], drop(p["said.W"][torch.where(writes, said, 0)]), []

        def look(s: Tensor) -> Tensor:
            if model.decoder.form == "luong":
                scores = (keys * s[:, None]).sum(dim=2)
            else:
                scores = torch.tanh((s @ p["decoder.W"])[:, None] + keys) @ p["decoder.v"]
            alpha = scores.masked_fill(~reads, -torch.inf).softmax(dim=1)
            context: Tensor = (alpha[:, :, None] * h).sum(dim=1)
            return context

        for x_t in vectors.unbind(1):
            if model.decoder.form == "bahdanau":
                context = look(states[0])
                states = self._step(torch.cat([x_t, context], dim=1), states)
            else:
                states = self._step(x_t, states)
                context = look(states[0])
            outputs.append(torch.tanh(torch.cat([states[0], context], dim=1) @ p["decoder.W_o"] + p["decoder.b_o"]))
        logits = drop(torch.stack(outputs, dim=1)) @ p["readout.W"] + p["readout.b"]
        kept: Tensor = torch.where(writes[:, :, None], logits, 0)
        return kept

    def to_reference(self) -> Seq2Seq:
        """Return the reference's model with this twin's weights."""
        model = copy.deepcopy(self.reference)
        parameters = dict(model.named_parameters())
        for name, value in self.plain.items():
            parameters[name.replace("__", ".")][...] = value.detach().cpu().numpy()
        for name, value in self._cell_arrays(gradients=False).items():
            model.decoder.params[name][...] = value
        back = recurrence_from_torch(self.encoder)
        for level, other in zip(model.encoder.children.values(), back.children.values(), strict=True):
            level.params = other.params
        return model

    def ref_gradients(self) -> dict[str, Float]:
        """Return the gradients of the last backward pass by the reference's names, those of the encoder left out."""
        found = {
            name.replace("__", "."): value.grad.numpy() for name, value in self.plain.items() if value.grad is not None
        }
        return found | {f"decoder.{name}": value for name, value in self._cell_arrays(gradients=True).items()}

    def _step(self, x_t: Tensor, states: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        after = self.cell(x_t, states if len(states) > 1 else states[0])
        return after if isinstance(after, tuple) else (after,)

    def _cell_arrays(self, *, gradients: bool) -> dict[str, Float]:
        arrays = {}
        for name, value in self.cell.named_parameters():
            tensor = value.grad if gradients else value
            assert tensor is not None
            arrays[name] = tensor.detach().cpu().numpy()
        convert = ref_gradients_from_torch if gradients else ref_from_torch
        return convert(self.reference.decoder.cell.name, arrays)


def _key(name: str) -> str:
    return name.replace(".", "__")  # PyTorch allows no dot in a parameter's name
