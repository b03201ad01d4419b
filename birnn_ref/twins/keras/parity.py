"""Run a reference layer's Keras twin on a case, on any of Keras's three backends."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.layers import Layer
from birnn_ref.twins.graph import leaves
from birnn_ref.twins.keras.backend import BACKEND, keras
from birnn_ref.twins.keras.models import KerasModel
from birnn_ref.twins.keras.recurrence import KerasRecurrence
from birnn_ref.twins.keras.weights import recurrence_to_keras
from birnn_ref.twins.parity import Case, Results, name_results
from birnn_ref.twins.weights import ref_gradients_from_keras

ops = keras.ops


def keras_results(layer: Layer, case: Case) -> Results:
    """Run the twin forward and backward, and name its results as `birnn_ref.twins.parity.ref_results` does."""
    twin = recurrence_to_keras(layer)
    spec = twin.spec
    places = [[twin.place(level, d) for d in range(spec.directions)] for level in range(spec.depth)]
    weights = [list(place.trainable_weights) for level in places for place in level]
    differentiate_case = {"tensorflow": _tensorflow, "torch": _torch, "jax": _jax}[BACKEND]
    outputs, final, grads = differentiate_case(twin, case, [weight for chain in weights for weight in chain])
    dx, *rest = grads
    d_initial, rest = tuple(rest[: spec.states]), rest[spec.states :]
    chains = iter([rest[i : i + 3] for i in range(0, len(rest), 3)])
    named = [[ref_gradients_from_keras(spec.cell, next(chains)) for _ in level] for level in places]
    return name_results(outputs, final, dx, d_initial, named)


def keras_model_results(model: Layer, x: Any, lengths: Any, d_logits: Float) -> tuple[Float, dict[str, Any]]:
    """Return a model's twin's logits, and its gradients as `birnn_ref.twins.graph.ref_gradients` names them."""
    twin = KerasModel(model)
    stacks = {name: leaf for name, leaf in twin.leaves.items() if isinstance(leaf, KerasRecurrence)}
    plain = {name: twin.variables_of(name, layer) for name, layer in leaves(model).items() if name not in stacks}
    # Each array's name: the leaf's, the parameter's, and for a stack the level, the direction and the array.
    variables: dict[Any, Any] = {
        (name, key): variable for name, found in plain.items() for key, variable in found.items()
    }
    for name, stack in stacks.items():
        for level in range(stack.spec.depth):
            for d in range(stack.spec.directions):
                for i, variable in enumerate(stack.place(level, d).trainable_weights):
                    variables[name, level, d, i] = variable
    logits, grads = differentiate(lambda: twin(x, lengths=lengths), d_logits, list(variables.values()))
    by_key: dict[Any, Float] = dict(zip(variables, grads, strict=True))
    named: dict[str, Any] = {
        name: {key: by_key[name, key].reshape(np.shape(layer.params[key])) for key in plain[name]}
        for name, layer in leaves(model).items()
        if name in plain
    }
    for name, stack in stacks.items():
        spec = stack.spec
        named[name] = [
            [
                ref_gradients_from_keras(spec.cell, [by_key[name, level, d, i] for i in range(3)])
                for d in range(spec.directions)
            ]
            for level in range(spec.depth)
        ]
    return logits, named


def differentiate(run: Any, upstream: Float, variables: list[Any]) -> tuple[Float, list[Float]]:
    """Return what ``run`` gives, and the gradients of the variables, an embedding's as a whole matrix."""
    d_result = ops.convert_to_tensor(upstream)
    if BACKEND == "torch":
        import torch

        result = run()
        grads = torch.autograd.grad(ops.sum(result * d_result), [variable.value for variable in variables])
        return _plain(result), [gradient.numpy() for gradient in grads]
    if BACKEND == "jax":

        def loss_of(values: list[Any]) -> Any:
            result = _with(variables, values, run)
            return ops.sum(result * d_result), result

        jax: Any = importlib.import_module("jax")  # an extra
        (_, result), grads = jax.value_and_grad(loss_of, has_aux=True)([variable.value for variable in variables])
        return _plain(result), [np.asarray(gradient) for gradient in grads]
    tf: Any = importlib.import_module("tensorflow")  # which ships no types
    with tf.GradientTape() as tape:
        result = run()
        loss = ops.sum(result * d_result)
    grads = tape.gradient(loss, [variable.value for variable in variables])
    return _plain(result), [np.asarray(tf.convert_to_tensor(gradient)) for gradient in grads]


def _tensorflow(twin: KerasRecurrence, case: Case, weights: list[Any]) -> Any:
    tf: Any = importlib.import_module("tensorflow")  # which ships no types
    x, initial = ops.convert_to_tensor(case.x), tuple(map(ops.convert_to_tensor, case.initial))
    with tf.GradientTape() as tape:
        tape.watch((x, initial))
        outputs, final = twin(x, lengths=case.lengths, initial=initial)
        loss = _loss(outputs, final, case)
    grads = tape.gradient(loss, [x, *initial, *(weight.value for weight in weights)])
    return _plain(outputs), _plain(final), [np.asarray(gradient) for gradient in grads]


def _torch(twin: KerasRecurrence, case: Case, weights: list[Any]) -> Any:
    import torch

    x, initial = (
        torch.tensor(case.x, requires_grad=True),
        tuple(torch.tensor(s, requires_grad=True) for s in case.initial),
    )
    outputs, final = twin(x, lengths=case.lengths, initial=initial)
    grads = torch.autograd.grad(_loss(outputs, final, case), [x, *initial, *(weight.value for weight in weights)])
    return _plain(outputs), _plain(final), [gradient.numpy() for gradient in grads]


def _jax(twin: KerasRecurrence, case: Case, weights: list[Any]) -> Any:
    jax: Any = importlib.import_module("jax")  # an extra

    def loss_of(x: Any, initial: Any, values: list[Any]) -> Any:
        outputs, final = _with(weights, values, lambda: twin(x, lengths=case.lengths, initial=initial))
        return _loss(outputs, final, case), (outputs, final)

    x, initial = ops.convert_to_tensor(case.x), tuple(map(ops.convert_to_tensor, case.initial))
    run = jax.value_and_grad(loss_of, argnums=(0, 1, 2), has_aux=True)
    (_, (outputs, final)), (dx, d_initial, d_weights) = run(x, initial, [weight.value for weight in weights])
    return _plain(outputs), _plain(final), [np.asarray(gradient) for gradient in (dx, *d_initial, *d_weights)]


def _with(variables: list[Any], values: list[Any], run: Any) -> Any:
    """Return what ``run`` gives while the variables hold these values: JAX differentiates functions of values."""
    with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
        return run()


def _loss(outputs: Any, final: Any, case: Case) -> Any:
    """Return the sum of every result times its upstream gradient, whose gradient that is."""
    reached = [*(outputs if isinstance(outputs, tuple) else (outputs,)), *final]
    upstream = [*(case.d_outputs if isinstance(case.d_outputs, tuple) else (case.d_outputs,)), *case.d_final]
    return sum(
        ops.sum(value * ops.convert_to_tensor(gradient)) for value, gradient in zip(reached, upstream, strict=True)
    )


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, tuple) else ops.convert_to_numpy(value)
