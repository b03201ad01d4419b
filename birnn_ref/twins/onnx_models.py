"""A model's forward pass as an ONNX graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from birnn_ref.layers import AdditiveAttention, Dense, Stack
from birnn_ref.models import Classifier, Regressor, Summary, Tagger
from birnn_ref.models.words import Vectors
from birnn_ref.twins.onnx_weights import stacked
from birnn_ref.twins.spec import Spec, describe


class Drawing:
    """A graph that grows node by node; each is named by the value that it gives.

    Attributes
    ----------
    nodes : list of NodeProto
    arrays : dict
        The graph's constants by name.
    """

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.arrays: dict[str, Any] = {}

    def array(self, value: Any) -> str:
        """Take a constant, and return its name."""
        name = f"array_{len(self.arrays)}"
        self.arrays[name] = np.ascontiguousarray(value)
        return name

    def node(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str:
        """Take a node, and return the name of its first output; the others' names end in ``_1`` and so on."""
        first = f"{kind}_{len(self.nodes)}"
        names = [first, *(f"{first}_{k}" for k in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return first


def logits_graph(model: Classifier | Tagger | Regressor, *, lengths: bool = False) -> GraphProto:
    """Return the graph from ``ids`` or ``x``, and ``lengths``, to ``logits``; see `birnn_ref.twins.onnx.to_onnx`.

    Raises
    ------
    ValueError
        If the cell is not one that ONNX has, its activation is not tanh, or directions are stacked apart.
    """
    drawing = Drawing()
    steps = model.tags if isinstance(model, Tagger | Regressor) else None
    stack = steps.stack if steps else model.summary.stack  # type: ignore[union-attr]
    kind = TensorProto.DOUBLE if stack.dtype == np.float64 else TensorProto.FLOAT
    shape: list[str | int | None] = ["batch", "time"]
    if isinstance(model.words, Vectors):
        source = helper.make_tensor_value_info("x", kind, [*shape, model.words.features])
        x = "x"
    else:
        source = helper.make_tensor_value_info("ids", TensorProto.INT64, shape)
        x = drawing.node("Gather", drawing.array(model.words.params["W"]), "ids")
    sources = [source]
    if lengths:
        sources.append(helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]))
    h, final = _read(drawing, stack, x, lengths)
    if steps:
        logits, readout = h, steps.readout
    else:
        assert not isinstance(model, Tagger)
        logits, readout, shape = _pool(drawing, model.summary, h, final, lengths), model.readout, ["batch"]
    logits = drawing.node("Identity", _dense(drawing, readout, logits))
    drawing.nodes[-1].output[0] = "logits"
    outputs = len(readout.params["b"])
    return helper.make_graph(
        drawing.nodes,
        type(model).__name__.lower(),
        sources,
        [helper.make_tensor_value_info("logits", kind, [*shape, outputs])],
        [numpy_helper.from_array(array, name) for name, array in drawing.arrays.items()],
    )


def _read(drawing: Drawing, stack: Stack, x: str, lengths: bool) -> tuple[str, str]:
    """Return the top level's outputs, ``(batch, time, features)``, and its merged final h, ``(batch, features)``."""
    spec, chains = describe(stack)
    if spec.activation != "tanh":  # which ONNX's own evaluator does not know, so that no test could hold the graph
        raise ValueError(f"model's activation must be 'tanh' here, got {spec.activation!r}")
    if spec.apart and spec.depth > 1:
        raise ValueError("model's directions are stacked apart, which ONNX's operators cannot: mixed=True can")
    h, final = drawing.node("Transpose", x, perm=[1, 0, 2]), ""  # (time, batch, features)
    options: dict[str, Any] = {
        "hidden_size": spec.hidden, "direction": "bidirectional" if spec.bidirectional else "forward",
    }  # fmt: skip
    if spec.cell == "gru":
        options["linear_before_reset"] = int(spec.reset_after)
    ends = [drawing.node("Cast", "lengths", to=TensorProto.INT32)] if lengths else []
    for level in chains:
        weights = [*(drawing.array(value) for value in stacked(spec.cell, level).values()), *ends]
        y = drawing.node(spec.cell.upper(), h, *weights, outputs=2, **options)  # (time, directions, batch, hidden)
        h = _merge(drawing, spec, y)
        last = drawing.node("Unsqueeze", f"{y}_1", drawing.array(np.array([0])))  # as the outputs of one step
        final = drawing.node("Squeeze", _merge(drawing, spec, last), drawing.array(np.array([0])))
    return drawing.node("Transpose", h, perm=[1, 0, 2]), final


def _merge(drawing: Drawing, spec: Spec, y: str) -> str:
    """Return ``(time, batch, features)`` from ``(time, directions, batch, hidden)``."""
    axis = drawing.array(np.array([1]))
    if not spec.bidirectional:
        return drawing.node("Squeeze", y, axis)
    if spec.merge == "concat":
        side_by_side = drawing.node("Transpose", y, perm=[0, 2, 1, 3])  # (time, batch, 2, hidden)
        return drawing.node("Reshape", side_by_side, drawing.array(np.array([0, 0, 2 * spec.hidden])))
    assert spec.merge is not None  # which a readout has refused
    if spec.merge == "sum":  # of the three, it alone takes its axes as an input in this version of the operators
        return drawing.node("ReduceSum", y, axis, keepdims=0)
    return drawing.node("ReduceMean" if spec.merge == "ave" else "ReduceProd", y, axes=[1], keepdims=0)


def _pool(drawing: Drawing, summary: Summary, h: str, final: str, lengths: bool) -> str:
    """Return ``(batch, features)`` from ``(batch, time, features)``."""
    if summary.pooling == "final":
        return final
    counts = _counts(drawing, h) if lengths else ""  # (batch, time, 1)

    def where_it_counts(value: str, otherwise: float) -> str:
        if not lengths:
            return value
        return drawing.node("Where", counts, value, drawing.array(np.asarray(otherwise, summary.stack.dtype)))

    if isinstance(summary.pool, AdditiveAttention):
        U, b, v = (drawing.array(summary.pool.params[name]) for name in ("U", "b", "v"))
        compared = drawing.node("Tanh", drawing.node("Add", drawing.node("MatMul", h, U), b))
        scores = drawing.node("Unsqueeze", drawing.node("MatMul", compared, v), drawing.array(np.array([2])))
        scores = where_it_counts(scores, -np.inf)  # (batch, time, 1)
        weights = drawing.node("Softmax", scores, axis=1)
        alpha = drawing.node("Squeeze", weights, drawing.array(np.array([2])))  # (batch, time)
        row = drawing.node("Unsqueeze", alpha, drawing.array(np.array([1])))
        return drawing.node("Squeeze", drawing.node("MatMul", row, h), drawing.array(np.array([1])))
    if summary.pooling == "max":
        return drawing.node("ReduceMax", where_it_counts(h, -np.inf), axes=[1], keepdims=0)
    if not lengths:
        return drawing.node("ReduceMean", h, axes=[1], keepdims=0)
    total = drawing.node("ReduceSum", where_it_counts(h, 0.0), drawing.array(np.array([1])), keepdims=0)
    number = drawing.node("CastLike", drawing.node("Unsqueeze", "lengths", drawing.array(np.array([1]))), total)
    return drawing.node("Div", total, number)


def _counts(drawing: Drawing, h: str) -> str:
    """Return which steps count, ``(batch, time, 1)``."""
    time = drawing.node("Gather", drawing.node("Shape", h), drawing.array(np.array(1)))
    steps = drawing.node("Range", drawing.array(np.array(0)), time, drawing.array(np.array(1)))
    ends = drawing.node("Unsqueeze", "lengths", drawing.array(np.array([1])))
    return drawing.node("Unsqueeze", drawing.node("Less", steps, ends), drawing.array(np.array([2])))


def _dense(drawing: Drawing, layer: Dense, x: str) -> str:
    product = drawing.node("MatMul", x, drawing.array(layer.params["W"]))
    return drawing.node("Add", product, drawing.array(layer.params["b"]))
