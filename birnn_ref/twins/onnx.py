"""A trained model as an ONNX file, which other programs run, a web page among them; a classifier also back."""

from __future__ import annotations

from typing import Any

import numpy as np

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    raise ImportError("models as ONNX files need onnx: pip install 'birnn-course[onnx]'") from error

from birnn_ref.models import Classifier, Regressor, Tagger
from birnn_ref.models.words import Vectors
from birnn_ref.twins.onnx_models import logits_graph
from birnn_ref.twins.onnx_weights import apart, stacked
from birnn_ref.twins.spec import describe
from birnn_ref.twins.weights import OF_FRAMEWORKS

OPSET, IR = 17, 8


def to_onnx(model: Classifier | Tagger | Regressor, *, lengths: bool = False) -> onnx.ModelProto:
    r"""Return a model as a graph from ``ids``, or from vectors ``x``, to ``logits``: what its ``forward`` gives.

    ``ids`` is an int64 array ``(batch, time)``, ``x`` an array ``(batch, time, features)`` of the model's dtype. A
    batch holds sequences of one length, without padding, unless the graph is made to take ``lengths``. A tagger's CRF
    is no part of the graph: its `CRF.decode` takes the logits.

    Without lengths, a bidirectional classifier of words of depth 1, with merge ``concat``, pooling ``mean`` and one
    output, in float32, gives another graph, which says what each word adds. The readout of the mean is the mean of the
    readouts, and each of those is a sum:

    .. math::

        \text{logit} = \frac{1}{T} \sum_t y_t, \qquad y_t = h^f_t W_f + h^b_t W_b + b

    It gives ``readings`` ``(2, batch, time)``: :math:`h^f_t W_f` and :math:`h^b_t W_b`; ``y`` ``(batch, time)``; and
    ``logit`` ``(batch,)``.

    Parameters
    ----------
    model : Classifier, Tagger or Regressor
    lengths : bool
        Whether the graph takes an int64 array ``lengths`` ``(batch,)`` besides, each at least 1: padding behind the
        sequences then counts for nothing. ONNX Runtime heeds it; ONNX's own evaluator does not.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    TypeError
        If the model is none of these.
    ValueError
        If its cell is not one that ONNX has, its activation is not tanh, or its directions are stacked apart.

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
    >>> tagger = Tagger("gru", 20, 3, 4, 5, rng=np.random.default_rng(0))
    >>> (logits,) = ReferenceEvaluator(to_onnx(tagger)).run(None, {"ids": ids})
    >>> bool(np.allclose(logits, tagger.forward(ids), atol=1e-6))
    True
    """
    if not isinstance(model, Classifier | Tagger | Regressor):
        raise TypeError(f"to_onnx takes a Classifier, a Tagger or a Regressor, got {type(model).__name__}")
    if lengths or not _says_what_each_word_adds(model):
        return _checked(logits_graph(model, lengths=lengths))
    assert isinstance(model, Classifier)
    spec, chains = describe(model.summary.stack)
    hidden = spec.hidden
    arrays = {
        "words": model.words.params["W"],
        **stacked(spec.cell, chains[0]),
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
    return _checked(graph)


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
    for own, theirs in zip(chains[0], apart(cell, arrays, **options), strict=True):
        for name, value in own.items():
            value[...] = theirs[name]
    made.words.params["W"][...] = arrays["words"]
    made.readout.params["W"][...] = arrays["readout"].reshape(-1, 1)
    made.readout.params["b"][...] = arrays["bias"]
    return made


def _says_what_each_word_adds(model: Classifier | Tagger | Regressor) -> bool:
    if not isinstance(model, Classifier) or isinstance(model.words, Vectors) or model.summary.pooling != "mean":
        return False
    stack, outputs = model.summary.stack, len(model.readout.params["b"])
    form = (stack.bidirectional, stack.depth, stack.merge, outputs, stack.dtype.name)
    return form == (True, 1, "concat", 1, "float32") and stack.options.get("activation", "tanh") == "tanh"


def _checked(graph: onnx.GraphProto) -> onnx.ModelProto:
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(made, full_check=True)
    return made
