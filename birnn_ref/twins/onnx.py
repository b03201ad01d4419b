"""A trained classifier as an ONNX file, which other programs run, a web page among them; and back.

========  ==================  ====================================================
cell      birnn_ref           ONNX (rows transposed, two biases after one another)
========  ==================  ====================================================
RNN       one bias            one gate
LSTM      gates i f g o       gates i o f c (c is g)
GRU       gates r z n, b_hn   gates z r h (h is n)
========  ==================  ====================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise ImportError("models as ONNX files need onnx: pip install 'birnn-course[onnx]'") from error

from birnn_ref._checks import Float
from birnn_ref.models import Classifier
from birnn_ref.twins.spec import describe
from birnn_ref.twins.weights import OF_FRAMEWORKS, Params, ref_from_torch, torch_from_ref

OPSET, IR = 17, 8
_ORDER = {"rnn": [0], "lstm": [0, 3, 1, 2], "gru": [1, 0, 2]}


def to_onnx(model: Classifier) -> onnx.ModelProto:
    r"""Return a bidirectional classifier whose states are averaged, as a graph that also gives what each word adds.

    The readout of the mean is the mean of the readouts, and each of those is a sum:

    .. math::

        \text{logit} = \frac{1}{T} \sum_t y_t, \qquad y_t = h^f_t W_f + h^b_t W_b + b

    The graph takes ``ids``, an int64 array ``(batch, time)`` without padding, and gives ``readings``
    ``(2, batch, time)``: :math:`h^f_t W_f` and :math:`h^b_t W_b`; ``y`` ``(batch, time)``; and ``logit`` ``(batch,)``.

    Parameters
    ----------
    model : Classifier
        Bidirectional, of depth 1, with merge ``concat``, pooling ``mean`` and one output.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    ValueError
        If the model is another one.

    Notes
    -----
    The operators ``RNN``, ``LSTM`` and ``GRU`` are described in ONNX's operator schemas.

    Examples
    --------
    >>> model = Classifier("gru", 20, 3, 4, pooling="mean", rng=np.random.default_rng(0))
    >>> ids = np.array([[5, 6, 7]])
    >>> from onnx.reference import ReferenceEvaluator
    >>> readings, y, logit = ReferenceEvaluator(to_onnx(model)).run(None, {"ids": ids})
    >>> bool(np.allclose(logit, model.forward(ids)[:, 0], atol=1e-6))
    True
    """
    spec, chains = describe(model.summary.stack)
    wanted = {"bidirectional": True, "depth": 1, "merge": "concat", "activation": "tanh", "dtype": np.float32}
    found = {name: getattr(spec, name) for name in wanted} | {"pooling": model.summary.pooling}
    found["outputs"] = len(model.readout.params["b"])
    for name, value in {**wanted, "pooling": "mean", "outputs": 1}.items():
        if found[name] != value:
            raise ValueError(f"model's {name} must be {value!r} here, got {found[name]!r}")
    hidden = spec.hidden
    arrays = {
        "words": model.words.params["W"],
        **_stacked(spec.cell, chains[0]),
        "readout": model.readout.params["W"].reshape(2, 1, hidden),
        "bias": model.readout.params["b"],
        "last": np.array([3]),
        "first": np.array([0]),
    }
    options: dict[str, Any] = {"hidden_size": hidden, "direction": "bidirectional"}
    if spec.cell == "gru":
        options["linear_before_reset"] = int(spec.reset_after)
    nodes = [
        helper.make_node("Gather", ["words", "ids"], ["x"]),
        helper.make_node("Transpose", ["x"], ["x_by_time"], perm=[1, 0, 2]),
        helper.make_node(spec.cell.upper(), ["x_by_time", "W", "R", "B"], ["h"], **options),  # (time, 2, batch, hidden)
        helper.make_node("Mul", ["h", "readout"], ["products"]),
        helper.make_node("ReduceSum", ["products", "last"], ["readings_by_time"], keepdims=0),
        helper.make_node("Transpose", ["readings_by_time"], ["readings"], perm=[1, 2, 0]),
        helper.make_node("ReduceSum", ["readings", "first"], ["both"], keepdims=0),
        helper.make_node("Add", ["both", "bias"], ["y"]),
        helper.make_node("ReduceMean", ["y"], ["logit"], axes=[1], keepdims=0),
    ]
    outputs: dict[str, list[str | int | None]] = {
        "readings": [2, "batch", "time"],
        "y": ["batch", "time"],
        "logit": ["batch"],
    }
    graph = helper.make_graph(
        nodes,
        "classifier",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "time"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in arrays.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(made, full_check=True)
    return made


def from_onnx(model: onnx.ModelProto) -> Classifier:
    """Return the classifier that `to_onnx` made a graph of, with the same weights.

    Raises
    ------
    ValueError
        If the graph is not one of `to_onnx`.

    Examples
    --------
    >>> model = Classifier("lstm", 20, 3, 4, pooling="mean", rng=np.random.default_rng(0))
    >>> ids = np.array([[5, 6, 7]])
    >>> np.array_equal(from_onnx(to_onnx(model)).forward(ids), model.forward(ids))
    True
    """
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    cells = [node for node in model.graph.node if node.op_type.lower() in OF_FRAMEWORKS]
    if len(cells) != 1 or not {"words", "W", "R", "B", "readout", "bias"} <= arrays.keys():
        raise ValueError("model is not a graph of to_onnx: it has other weights, or not one recurrent operator")
    cell = cells[0].op_type.lower()
    settings = {attribute.name: helper.get_attribute_value(attribute) for attribute in cells[0].attribute}
    read = {"hidden_size", "direction", "linear_before_reset"}
    if settings.keys() - read or settings.get("direction") != b"bidirectional":
        raise ValueError(f"model is not a graph of to_onnx: its operator has {settings}")
    options: dict[str, Any] = {"reset_after": bool(settings["linear_before_reset"])} if cell == "gru" else {}
    num_words, embedding = arrays["words"].shape
    rng = np.random.default_rng(0)
    made = Classifier(cell, num_words, embedding, settings["hidden_size"], pooling="mean", rng=rng, **options)
    _, chains = describe(made.summary.stack)
    for own, theirs in zip(chains[0], _apart(cell, arrays, **options), strict=True):
        for name, value in own.items():
            value[...] = theirs[name]
    made.words.params["W"][...] = arrays["words"]
    made.readout.params["W"][...] = arrays["readout"].reshape(-1, 1)
    made.readout.params["b"][...] = arrays["bias"]
    return made


def _stacked(cell: str, directions: list[Params]) -> Params:
    """Return both directions' weights as the operator takes them."""
    weights = [torch_from_ref(cell, params) for params in directions]
    W, R, b_W, b_R = (
        np.stack([_reorder(cell, w[name], _ORDER[cell]) for w in weights])
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    return {"W": W, "R": R, "B": np.concatenate([b_W, b_R], axis=1)}


def _apart(cell: str, arrays: Params, *, reset_after: bool = True) -> list[Params]:
    """Return each direction's weights by the book's names: the reverse of `_stacked`."""
    back = np.argsort(_ORDER[cell]).tolist()
    found = []
    for W, R, B in zip(arrays["W"], arrays["R"], arrays["B"], strict=True):
        names = dict(zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), (W, R, *np.split(B, 2)), strict=True))
        ordered = {name: _reorder(cell, value, back) for name, value in names.items()}
        found.append(ref_from_torch(cell, ordered, reset_after=reset_after))
    return found


def _reorder(cell: str, weights: Float, order: list[int]) -> Float:
    """Put the gates along the first axis into another order."""
    gates = np.split(weights, len(_ORDER[cell]))
    return np.concatenate([gates[k] for k in order])
