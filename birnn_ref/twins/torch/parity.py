"""Run a reference layer's PyTorch twin on a case."""

from __future__ import annotations

from typing import Any

import torch

from birnn_ref.layers import Layer
from birnn_ref.twins.parity import Case, Results, name_results
from birnn_ref.twins.torch.weights import recurrence_to_torch, torch_gradients


def torch_results(layer: Layer, case: Case) -> Results:
    """Run the twin forward and backward, and name its results as `birnn_ref.twins.parity.ref_results` does."""
    twin = recurrence_to_torch(layer)
    x = torch.from_numpy(case.x).requires_grad_()
    initial = tuple(torch.from_numpy(state).requires_grad_() for state in case.initial)
    lengths = None if case.lengths is None else torch.from_numpy(case.lengths)
    outputs, final = twin(x, lengths, initial)
    reached = [*(outputs if isinstance(outputs, tuple) else (outputs,)), *final]
    upstream = [*(case.d_outputs if isinstance(case.d_outputs, tuple) else (case.d_outputs,)), *case.d_final]
    torch.autograd.backward(reached, [torch.from_numpy(gradient) for gradient in upstream])

    def plain(value: Any) -> Any:
        return tuple(map(plain, value)) if isinstance(value, tuple) else value.detach().numpy()

    d_initial = tuple(state.grad for state in initial)
    return name_results(plain(outputs), plain(final), plain(x.grad), plain(d_initial), torch_gradients(twin))
