"""Forward and backward through a bidirectional layer: NumPy, PyTorch, Keras on TensorFlow, and the floor.

Where there is a CUDA device, PyTorch on it is one more contestant, without a limit.

Every contestant computes the outputs from the inputs, and from the outputs' gradient those of the inputs and of all
weights, in float32. The floor is the matrix products alone, through the same BLAS into memory set aside before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from benchmarks.machine import Contestants
from birnn_ref.layers import Bidirectional

SHAPES = ((32, 50, 128, 64), (256, 50, 128, 64), (32, 200, 128, 128))
"""Batch, time, features, hidden."""
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
LIMITS = {"torch": {"rnn": 0.5, "lstm": 0.8, "gru": 0.8}, "floor": {"rnn": 1.6, "lstm": 1.6, "gru": 1.6}}
"""The largest ratio of NumPy's time to theirs."""
ROUNDS = 9

Shape = tuple[int, int, int, int]


def drawn(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs and the outputs' gradient, the same for every contestant."""
    batch, time, features, hidden = shape
    rng = np.random.default_rng(0)
    x, d_outputs = (rng.normal(size=(batch, time, size)).astype(np.float32) for size in (features, 2 * hidden))
    return x, d_outputs


def in_numpy(cell: str, shape: Shape) -> Callable[[], Any]:
    """Return the reference layer's pass."""
    x, d_outputs = drawn(shape)
    layer = Bidirectional(cell, shape[2], shape[3], rng=np.random.default_rng(0))

    def both_ways() -> None:
        layer.forward(x)
        layer.backward(d_outputs)

    return both_ways


def in_torch(cell: str, shape: Shape, device: str = "cpu") -> Callable[[], Any]:
    """Return ``torch.nn``'s pass; its inputs are on the device before, and it has ended when the call returns."""
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    x, d_outputs = drawn(shape)
    kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    layer = kind(shape[2], shape[3], batch_first=True, bidirectional=True, device=device)
    x_torch = torch.tensor(x, requires_grad=True, device=device)
    d_torch = torch.tensor(d_outputs, device=device)

    def both_ways() -> None:
        layer.zero_grad(set_to_none=True)
        x_torch.grad = None
        layer(x_torch)[0].backward(d_torch)
        if device == "cuda":
            torch.cuda.synchronize()

    return both_ways


def in_keras(cell: str, shape: Shape) -> Callable[[], Any]:
    """Return Keras's pass, compiled by TensorFlow."""
    from birnn_ref.twins.keras import CELLS, keras  # silences TensorFlow's start

    import tensorflow as tf  # isort: skip

    x, d_outputs = drawn(shape)
    layer = keras.layers.Bidirectional(CELLS[cell](shape[3], return_sequences=True))
    x_tf, d_tf = tf.constant(x), tf.constant(d_outputs)
    layer.build(x.shape)

    @tf.function
    def step(x: Any, d_outputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = layer(x)
        weights = [weight.value for weight in layer.trainable_variables]
        return outputs, tape.gradient(outputs, [x, *weights], d_outputs)

    return lambda: step(x_tf, d_tf)[1][0].numpy()


def floor(cell: str, shape: Shape) -> Callable[[], Any]:
    """Return the matrix products of both ways, both directions' in one call, and nothing else."""
    batch, time, features, hidden = shape
    rows, width, rng = batch * time, GATES[cell] * hidden, np.random.default_rng(0)

    def both(*size: int) -> np.ndarray:
        return rng.uniform(-0.1, 0.1, size=(2, *size)).astype(np.float32)

    inputs, states, gates = both(rows, features), both(rows, hidden), both(rows, width)
    W_xh, W_hh, W_hh_T = both(features, width), both(hidden, width), both(width, hidden)
    h_t, a_t = both(batch, hidden), both(batch, width)
    a, a_next, d_next = np.empty_like(gates), np.empty_like(a_t), np.empty_like(h_t)
    dW_xh, dW_hh, dx = np.empty_like(W_xh), np.empty_like(W_hh), np.empty_like(inputs)

    def products() -> None:
        np.matmul(inputs, W_xh, out=a)
        for _ in range(time):
            np.matmul(h_t, W_hh, out=a_next)
        for _ in range(time):
            np.matmul(a_t, W_hh_T, out=d_next)
        np.matmul(states.swapaxes(1, 2), gates, out=dW_hh)
        np.matmul(inputs.swapaxes(1, 2), gates, out=dW_xh)
        np.matmul(gates, W_xh.swapaxes(1, 2), out=dx)

    return products


CONTESTANTS = {
    "numpy": in_numpy,
    "torch": in_torch,
    "keras": in_keras,
    "floor": floor,
    "torch_cuda": partial(in_torch, device="cuda"),
}


def measure(contestants: Contestants, cell: str, shape: Shape, rounds: int, names: tuple[str, ...]) -> dict[str, Any]:
    """Measure these contestants at one shape.

    Returns
    -------
    dict
        What `Contestants.measure` found, and ``ratios`` of NumPy's median to each other's.
    """
    found = contestants.measure({name: partial(CONTESTANTS[name], cell, shape) for name in names}, rounds)
    median = {name: times["median"] for name, times in found["times"].items()}
    ratios = {name: median["numpy"] / median[name] for name in names if name != "numpy"}
    return {"cell": cell, "shape": shape, **found, "ratios": ratios}


def run(say: Callable[[str], None] = print, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """Measure every cell at every shape, and say each ratio with its limit."""
    import torch

    names = tuple(name for name in CONTESTANTS if name != "torch_cuda" or torch.cuda.is_available())
    found = []
    with Contestants(names) as contestants:
        for shape, cell in product(SHAPES, GATES):
            one = measure(contestants, cell, shape, rounds, names)
            found.append(one)
            times = ", ".join(
                f"{name} {t['median']:.1f} ms ({t['low']:.1f}–{t['high']:.1f})" for name, t in one["times"].items()
            )
            ratios = ", ".join(f"{name} {ratio:.2f}" + _limit(name, cell) for name, ratio in one["ratios"].items())
            memory = ", ".join(f"{name} {mib:.0f}" for name, mib in one["peak_memory"].items() if mib is not None)
            say(f"{cell:4} {shape}: {times}\n     ratio to {ratios}; peak memory in MiB: {memory}")
    return found


def _limit(name: str, cell: str) -> str:
    return f" (at most {LIMITS[name][cell]})" if name in LIMITS else ""
