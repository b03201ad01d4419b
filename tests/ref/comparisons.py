"""Two references for the recurrent layers: PyTorch, and the specification in `birnn_ref.plain`."""

import numpy as np

from birnn_ref.cells import find_cell
from birnn_ref.plain import reverse_time, unroll, unroll_backward


def random_params(layer, rng, scale=0.5):
    """Give every parameter of a layer new random values, biases too."""
    for _, value in layer.named_parameters():
        value[...] = rng.normal(scale=scale, size=value.shape)


def plainly(cell, params, x, lengths, initial, d_outputs, d_final, **options):
    """Run the specification, forward and backward, in one or two directions.

    Parameters, states and their gradients have a leading axis for the directions; ``d_outputs`` is ``(batch, time,
    directions, hidden)``. Returns a dict: ``outputs``, ``final``, ``dx``, ``d_initial`` and each parameter's gradient.
    """
    cell = find_cell(cell)
    found = {"outputs": np.zeros_like(d_outputs), "dx": np.zeros_like(x), "final": [], "d_initial": []}
    grads = []
    for d in range(d_outputs.shape[2]):
        turn = reverse_time if d else lambda a, lengths: a
        weights = {name: value[d] for name, value in params.items()}
        outputs, final, caches = unroll(
            cell.step, turn(x, lengths), tuple(s[d] for s in initial), lengths, **weights, **options
        )
        d_h, d_last = turn(np.ascontiguousarray(d_outputs[:, :, d]), lengths), tuple(s[d] for s in d_final)
        if caches:
            dx, d_first, own = unroll_backward(cell.step_backward, d_h, caches, lengths, d_last)
            found["dx"] += turn(dx, lengths)
        else:
            d_first, own = d_last, {name: np.zeros_like(value) for name, value in weights.items()}
        found["outputs"][:, :, d] = turn(outputs[0], lengths)
        found["final"].append(final)
        found["d_initial"].append(d_first)
        grads.append(own)
    for name in ("final", "d_initial"):
        found[name] = [np.stack(states) for states in zip(*found[name], strict=True)]
    return found | {name: np.stack([own[name] for own in grads]) for name in params}


def in_torch(cell, layers, x, lengths, initial, d_outputs, d_final, activation="tanh", merge="concat"):
    """Run ``torch.nn``'s layer, of several depths and directions, with these weights.

    ``layers`` holds a dict of parameters for each depth, with an axis for the directions; states are
    ``(depth, directions, batch, hidden)``. Returns a dict as `plainly` does, parameters as ``"0.W_xh"``.
    """
    import torch

    directions, features, _ = layers[0]["W_xh"].shape
    hidden, depth = layers[0]["W_hh"].shape[1], len(layers)
    options = {"nonlinearity": activation} if cell == "rnn" else {}
    kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    net = kind(
        features,
        hidden,
        depth,
        batch_first=True,
        bidirectional=directions == 2,
        dtype=torch.from_numpy(x).dtype,
        **options,
    )

    def weights(name, k, d):
        return getattr(net, f"{name}_l{k}{'_reverse' if d else ''}")

    with torch.no_grad():
        for k, params in enumerate(layers):
            for d in range(directions):
                weights("weight_ih", k, d).copy_(torch.from_numpy(params["W_xh"][d].T))
                weights("weight_hh", k, d).copy_(torch.from_numpy(params["W_hh"][d].T))
                weights("bias_ih", k, d).copy_(torch.from_numpy(params["b_h"][d]))
                weights("bias_hh", k, d).zero_()
                if "b_hn" in params:
                    weights("bias_hh", k, d)[2 * hidden :] = torch.from_numpy(params["b_hn"][d])

    x_torch = torch.tensor(x, requires_grad=True)
    states = [torch.tensor(s.reshape(depth * directions, *s.shape[2:]), requires_grad=True) for s in initial]
    read = x_torch
    if lengths is not None:
        read = torch.nn.utils.rnn.pack_padded_sequence(
            x_torch, torch.from_numpy(lengths), batch_first=True, enforce_sorted=False
        )
    outputs, final = net(read, tuple(states) if cell == "lstm" else states[0])
    if lengths is not None:
        outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=x.shape[1])
    if merge != "concat":
        h_f, h_b = outputs.split(hidden, dim=2)
        outputs = {"sum": h_f + h_b, "mul": h_f * h_b, "ave": (h_f + h_b) / 2}[merge]
    final = final if cell == "lstm" else (final,)
    loss = (outputs * torch.from_numpy(d_outputs)).sum()
    for state, d_state in zip(final, d_final, strict=True):
        loss = loss + (state * torch.from_numpy(d_state).reshape(state.shape)).sum()
    loss.backward()

    found = {
        "outputs": outputs.detach().numpy(),
        "final": [s.detach().numpy().reshape(initial[0].shape) for s in final],
        "dx": x_torch.grad.numpy(),
        "d_initial": [s.grad.numpy().reshape(initial[0].shape) for s in states],
    }
    for k in range(depth):
        per = [[weights(name, k, d).grad.numpy() for d in range(directions)] for name in ("weight_ih", "weight_hh")]
        found[f"{k}.W_xh"], found[f"{k}.W_hh"] = (np.stack([w.T for w in both]) for both in per)
        found[f"{k}.b_h"] = np.stack([weights("bias_ih", k, d).grad.numpy() for d in range(directions)])
        if cell == "gru":
            b_hh = [weights("bias_hh", k, d).grad.numpy()[2 * hidden :] for d in range(directions)]
            found[f"{k}.b_hn"] = np.stack(b_hh)
    return found


def assert_same(found, expected, tolerance=1e-10):
    """Compare two dicts of arrays (or lists of them), each relative to its largest entry."""
    assert found.keys() == expected.keys()
    for name in expected:
        pairs = [(found[name], expected[name])]
        if isinstance(expected[name], (list, tuple)):
            pairs = list(zip(found[name], expected[name], strict=True))
        for a, b in pairs:
            assert a.shape == b.shape, name
            assert a.dtype == b.dtype, name
            assert np.isfinite(a).all(), name
            scale = max(np.abs(b).max(initial=0), 1e-3)
            worst = np.abs(a - b).max(initial=0) / scale
            assert worst <= tolerance, f"{name} differs by {worst:.1e}"
