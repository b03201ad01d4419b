"""Two references for the recurrent layers: PyTorch, and each sequence alone by the step functions."""

import numpy as np

from birnn_ref.cells import (
    gru_step,
    gru_step_backward,
    lstm_step,
    lstm_step_backward,
    rnn_step,
    rnn_step_backward,
)

STEPS = {
    "rnn": (rnn_step, rnn_step_backward, 1),
    "lstm": (lstm_step, lstm_step_backward, 2),
    "gru": (gru_step, gru_step_backward, 1),
}


def random_params(layer, rng, scale=0.5):
    """Give every parameter of a layer new random values, biases too."""
    for _, value in layer.named_parameters():
        value[...] = rng.normal(scale=scale, size=value.shape)


def alone(cell, params, x, states, d_outputs, d_states, **options):
    """Run one chain over one unpadded sequence and back.

    ``x`` is ``(time, features)``, states and their gradients ``(hidden,)``. Returns the outputs, the final states, dx,
    the initial states' gradients and the parameters' gradients.
    """
    step, step_backward, count = STEPS[cell]
    states = [state[None] for state in states]
    caches, outputs = [], np.zeros((len(x), states[0].shape[1]))
    for t, x_t in enumerate(x):
        *states, cache = step(x_t[None], *states, **params, **options)
        caches.append(cache)
        outputs[t] = states[0][0]
    d_states = [d[None].copy() for d in d_states]
    dx, grads = np.zeros_like(x), {name: np.zeros_like(value) for name, value in params.items()}
    for t in reversed(range(len(x))):
        d_states[0] = d_states[0] + d_outputs[t]
        dx_t, *d_states, step_grads = step_backward(*d_states, caches[t])
        dx[t] = dx_t[0]
        for name, gradient in step_grads.items():
            grads[name] += gradient
    assert len(states) == count
    return outputs, [s[0] for s in states], dx, [d[0] for d in d_states], grads


def each_alone(cell, params, x, lengths, initial, d_outputs, d_final, **options):
    """Run `alone` for every sequence in every direction; arrays as in the layers, with an axis for the directions.

    Returns a dict: ``outputs (batch, time, directions, hidden)``, ``final``, ``dx``, ``d_initial`` and one entry for
    each parameter's gradient.
    """
    directions = len(params["W_xh"])
    found = {
        "outputs": np.zeros_like(d_outputs),
        "final": [s.copy() for s in initial],
        "dx": np.zeros_like(x),
        "d_initial": [s.copy() for s in d_final],
        **{name: np.zeros_like(value) for name, value in params.items()},
    }
    for d in range(directions):
        chain = {name: value[d] for name, value in params.items()}
        for i, length in enumerate(lengths):
            reading = np.arange(length) if d == 0 else np.arange(length)[::-1]
            out, final, dx, d_initial, grads = alone(
                cell,
                chain,
                x[i, reading],
                [s[d, i] for s in initial],
                d_outputs[i, reading, d],
                [s[d, i] for s in d_final],
                **options,
            )
            found["outputs"][i, reading, d] = out
            found["dx"][i, reading] += dx
            for k in range(len(initial)):
                found["final"][k][d, i], found["d_initial"][k][d, i] = final[k], d_initial[k]
            for name, gradient in grads.items():
                found[name][d] += gradient
    return found


def in_torch(cell, layers, x, lengths, initial, d_outputs, d_final, activation="tanh", merge="concat"):
    """Run ``torch.nn``'s layer, of several depths and directions, with these weights.

    ``layers`` holds a dict of parameters for each depth, with an axis for the directions; states are
    ``(depth, directions, batch, hidden)``. Returns a dict as `each_alone` does, parameters as ``"0.W_xh"``.
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
