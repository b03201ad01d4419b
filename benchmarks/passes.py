"""What the contestants of `benchmarks.recurrent` do: each function prepares a task and returns a pass.

Every contestant computes the same in float32. To train is to compute the outputs from the inputs, and from the
outputs' gradient those of the inputs and of all weights; to answer is the outputs alone, gradients switched off; a
step is one more input of a stream, read in one direction.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from birnn_ref.layers import Bidirectional, Recurrent, no_grad
from birnn_ref.layers.scans.compiled import use_compiled

GATES = {"rnn": 1, "lstm": 4, "gru": 3}
Shape = tuple[int, int, int, int]
"""Batch, time, features, hidden."""
Pass = Callable[[], Any]


def drawn(shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Return the inputs and the outputs' gradient, the same for every contestant."""
    batch, time, features, hidden = shape
    rng = np.random.default_rng(0)
    x, d_outputs = (rng.normal(size=(batch, time, size)).astype(np.float32) for size in (features, 2 * hidden))
    return x, d_outputs


def train_ours(compiled: bool, cell: str, shape: Shape) -> Pass:
    """Return the reference layer's pass, by the compiled scan or NumPy's."""
    use_compiled(compiled)
    x, d_outputs = drawn(shape)
    layer = Bidirectional(cell, shape[2], shape[3], rng=np.random.default_rng(0))

    def both_ways() -> None:
        layer.forward(x)
        layer.backward(d_outputs)

    return both_ways


def answer_ours(compiled: bool, cell: str, shape: Shape) -> Pass:
    """Return the same layer's pass that keeps nothing."""
    use_compiled(compiled)
    x, _ = drawn(shape)
    layer = Bidirectional(cell, shape[2], shape[3], rng=np.random.default_rng(0))

    def forward() -> None:
        with no_grad():
            layer.forward(x)

    return forward


def step_ours(cell: str, shape: Shape) -> Pass:
    """Return one step of a stream."""
    x, _ = drawn(shape)
    layer = Recurrent(cell, shape[2], shape[3], rng=np.random.default_rng(0))
    states = layer.step(x[:, 0])
    return lambda: layer.step(x[:, 0], states)


def train_torch(cell: str, shape: Shape, device: str = "cpu") -> Pass:
    """Return ``torch.nn``'s pass; its inputs are on the device before, and it has ended when the call returns."""
    torch, layer = _torch_layer(cell, shape, bidirectional=True, device=device)
    x, d_outputs = (torch.tensor(array, device=device) for array in drawn(shape))
    x.requires_grad_()

    def both_ways() -> None:
        layer.zero_grad(set_to_none=True)
        x.grad = None
        layer(x)[0].backward(d_outputs)
        if device == "cuda":
            torch.cuda.synchronize()

    return both_ways


def answer_torch(cell: str, shape: Shape, bidirectional: bool = True) -> Pass:
    """Return the same layer's pass in ``inference_mode``; in one direction, over one step, that of a stream."""
    torch, layer = _torch_layer(cell, shape, bidirectional=bidirectional)
    x = torch.tensor(drawn(shape)[0])
    with torch.inference_mode():
        states = layer(x)[1]

    def forward() -> None:
        with torch.inference_mode():
            layer(x, None if bidirectional else states)

    return forward


def _torch_layer(cell: str, shape: Shape, *, bidirectional: bool, device: str = "cpu") -> tuple[Any, Any]:
    import torch

    torch.set_num_threads(threads())
    kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    return torch, kind(shape[2], shape[3], batch_first=True, bidirectional=bidirectional, device=device)


def answer_onnx(cell: str, shape: Shape, bidirectional: bool = True) -> Pass:
    """Return ONNX Runtime's pass over its own operator; in one direction, from a given state, that of a stream."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    batch, _, features, hidden = shape
    count, width, rng = 1 + bidirectional, GATES[cell] * hidden, np.random.default_rng(0)
    sizes = {"W": (width, features), "R": (width, hidden), "B": (2 * width,)}
    weights = {name: rng.uniform(-0.1, 0.1, (count, *size)).astype(np.float32) for name, size in sizes.items()}
    feeds = {"x": np.ascontiguousarray(drawn(shape)[0].swapaxes(0, 1))}
    names = ["x", "W", "R", "B", ""]
    if not bidirectional:
        states = ["h_0", "c_0"] if cell == "lstm" else ["h_0"]
        feeds |= {name: np.zeros((count, batch, hidden), np.float32) for name in states}
        names += states
    options = {"hidden_size": hidden, "direction": "bidirectional" if bidirectional else "forward"}
    if cell == "gru":
        options["linear_before_reset"] = 1
    node = helper.make_node(cell.upper(), names, ["h", "h_T"], **options)
    graph = helper.make_graph(
        [node],
        "layer",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape) for name, value in feeds.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("h", "h_T")],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads()
    session = onnxruntime.InferenceSession(model.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, feeds)


def train_keras(cell: str, shape: Shape) -> Pass:
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


def threads() -> int:
    """Return how many threads a contestant may use."""
    return int(os.environ.get("OMP_NUM_THREADS", "2"))


def installed(name: str) -> bool:
    """Return whether a contestant can take part here."""
    if name == "torch_cuda":
        import torch

        return bool(torch.cuda.is_available())
    needs = {"compiled": "numba", "products": "numba", "onnx": "onnxruntime"}.get(name)
    return needs is None or importlib.util.find_spec(needs) is not None


numpy_trains, compiled_trains = partial(train_ours, False), partial(train_ours, True)
numpy_answers, compiled_answers = partial(answer_ours, False), partial(answer_ours, True)
