"""The recurrent layers in PyTorch: `torch.nn`'s own, with every merge mode, both forms of stack, and lengths."""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from birnn_ref.layers.recurrent.merging import merge_pair
from birnn_ref.twins.spec import Spec
from birnn_ref.twins.torch.gru import ResetBeforeGRU
from birnn_ref.twins.torch.padding import reverse_time, within, without_padding

States: TypeAlias = tuple[Tensor, ...]
Outputs: TypeAlias = "Tensor | tuple[Tensor, Tensor]"

CLASSES = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class TorchRecurrence(nn.Module):
    """The twin of `birnn_ref.layers.Recurrent`, `Bidirectional` and `Stack`: their arguments and results as tensors.

    Where the merge is ``concat`` and the levels are mixed it is one module of `torch.nn`, which is ``parts[0]``.
    Otherwise it is one for each level, or for each level and direction, and the twin merges what they return.

    Parameters
    ----------
    spec : Spec
        Sizes and options. Weights are drawn as `torch.nn` draws them.

    Examples
    --------
    >>> layer = TorchRecurrence(Spec("bidirectional", "lstm", 3, 4, bidirectional=True, merge="sum"))
    >>> outputs, (h, c) = layer(torch.zeros(2, 5, 3), lengths=torch.tensor([5, 2]))
    >>> outputs.shape, h.shape
    (torch.Size([2, 5, 4]), torch.Size([2, 2, 4]))
    """

    def __init__(self, spec: Spec) -> None:
        super().__init__()
        self.spec = spec
        self.whole = _is_whole(spec)
        if self.whole:
            self.parts = nn.ModuleList([_part(spec, spec.features, spec.depth, spec.bidirectional)])
            return
        directions = (False, False) if spec.apart else (spec.bidirectional,)
        levels = range(spec.depth)
        self.parts = nn.ModuleList(
            [_part(spec, spec.inputs(level), 1, both) for level in levels for both in directions]
        )

    def place(self, level: int, direction: int) -> tuple[nn.Module, str]:
        """Return the part that holds a chain's weights, and the suffix of their names in it."""
        if self.spec.apart:
            return self.parts[2 * level + direction], "_l0"
        reverse = "_reverse" if direction else ""
        return (self.parts[0], f"_l{level}{reverse}") if self.whole else (self.parts[level], f"_l0{reverse}")

    def forward(
        self, x: Tensor, lengths: Tensor | None = None, initial: States | None = None
    ) -> tuple[Outputs, States]:
        """Return the outputs ``(batch, time, ...)``, 0 past each length, and final states ``(*lead, batch, hidden)``.

        ``lengths`` is an integer tensor ``(batch,)``; what stands past it in ``x`` does not count, whatever it holds.
        """
        spec = self.spec
        batch = len(x)
        flat = (spec.depth, spec.directions, batch, spec.hidden)
        states = tuple(x.new_zeros(flat) if initial is None else initial[i].reshape(flat) for i in range(spec.states))
        if lengths is not None:
            x = without_padding(x, within(lengths.to(x.device), x.shape[1]))
        if self.whole:
            merged: Outputs
            merged, final = _run(self.parts[0], x, lengths, tuple(s.flatten(0, 1) for s in states))
        else:
            merged, final = (self._apart if spec.apart else self._mixed)(x, lengths, states)
        return merged, tuple(s.reshape(*spec.lead, batch, spec.hidden) for s in final)

    def _mixed(self, x: Tensor, lengths: Tensor | None, states: States) -> tuple[Outputs, States]:
        """Each level reads the merged output below; with merge None the levels between read both side by side."""
        spec = self.spec
        finals: list[States] = []
        merged: Outputs = x
        for level, part in enumerate(self.parts):
            outputs, final = _run(part, x, lengths, tuple(s[level] for s in states))
            finals.append(final)
            merged = merge_pair(torch, *_halves(outputs), spec.merge) if spec.bidirectional else outputs
            x = self._drop(merged if isinstance(merged, Tensor) else outputs)
        return merged, _stacked(finals)

    def _apart(self, x: Tensor, lengths: Tensor | None, states: States) -> tuple[Outputs, States]:
        """Stack each direction alone, the backward one on the reversed sequence; merge at the top."""
        spec = self.spec
        chains = [x, reverse_time(x, lengths)]
        finals: list[States] = []
        for level in range(spec.depth):
            at_level = []
            for d in range(2):
                part, entering = self.parts[2 * level + d], tuple(s[level, d : d + 1] for s in states)
                outputs, final = _run(part, chains[d], lengths, entering)
                chains[d] = self._drop(outputs) if level < spec.depth - 1 else outputs
                at_level.append(final)
            finals.append(tuple(torch.cat(pair) for pair in zip(*at_level, strict=True)))
        return merge_pair(torch, chains[0], reverse_time(chains[1], lengths), spec.merge), _stacked(finals)

    def _drop(self, x: Tensor) -> Tensor:
        x = nn.functional.dropout(x, self.spec.dropout, self.training)
        # One mask for all steps: drawn for one step and broadcast over time.
        return x * nn.functional.dropout(torch.ones_like(x[:, :1]), self.spec.variational_dropout, self.training)


def _is_whole(spec: Spec) -> bool:
    """Whether one module of `torch.nn` does all of it."""
    own = spec.cell == "gru" and not spec.reset_after and spec.depth > 1
    simple = not spec.bidirectional or (spec.mixed and spec.merge == "concat")
    return simple and not own and not spec.variational_dropout


def _part(spec: Spec, features: int, depth: int, bidirectional: bool) -> nn.Module:
    dtype = getattr(torch, spec.dtype.name)
    if spec.cell == "gru" and not spec.reset_after:
        return ResetBeforeGRU(features, spec.hidden, bidirectional=bidirectional, dtype=dtype)
    options: dict[str, Any] = {"nonlinearity": spec.activation} if spec.cell == "rnn" else {}
    if depth > 1:
        options["dropout"] = spec.dropout
    options |= {"batch_first": True, "bidirectional": bidirectional, "dtype": dtype}
    part: nn.Module = CLASSES[spec.cell](features, spec.hidden, depth, **options)
    return part


def _run(part: nn.Module, x: Tensor, lengths: Tensor | None, states: States) -> tuple[Tensor, States]:
    """Run one part; packing keeps the backward direction off the padding."""
    if isinstance(part, ResetBeforeGRU):
        outputs, h_n = part(x, states[0], lengths)
        return outputs, (h_n,)
    entering = states if len(states) == 2 else states[0]
    if lengths is None:
        outputs, final = part(x, entering)
        return outputs, final if isinstance(final, tuple) else (final,)
    # PyTorch packs no empty sequence: read one step of it, and put its zeros and its initial state back.
    packed = pack_padded_sequence(x, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False)
    outputs, final = part(packed, entering)
    outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
    final = final if isinstance(final, tuple) else (final,)
    outputs = without_padding(outputs, within(lengths.to(x.device), x.shape[1]))
    some = (lengths > 0)[:, None]
    return outputs, tuple(torch.where(some, after, before) for after, before in zip(final, states, strict=True))


def _halves(outputs: Tensor) -> tuple[Tensor, Tensor]:
    h_f, h_b = outputs.chunk(2, dim=-1)
    return h_f, h_b


def _stacked(finals: list[States]) -> States:
    return tuple(torch.stack(levels) for levels in zip(*finals, strict=True))
