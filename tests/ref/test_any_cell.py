"""What every cell of `birnn_ref.cells` can do, a new one without a line here: steps, layers, models, looking inside."""

import copy
import pickle

import numpy as np
import pytest
from gradients import check_parameters, differences

from birnn_ref.cells import CELLS, Cell, Option, find_cell, rnn_step, rnn_step_backward
from birnn_ref.inspect import gradient_by_distance, influence_matrix, jacobian
from birnn_ref.layers import Bidirectional, Recurrent, Stack
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models import Classifier, Tagger
from birnn_ref.twins.spec import Spec
from birnn_ref.twins.weights import OF_FRAMEWORKS, keras_from_ref, torch_from_ref

LENGTHS = np.array([5, 3, 1])
each_cell = pytest.mark.parametrize("cell", CELLS)


def _randomised(layer, seed=0):
    rng = np.random.default_rng(seed)
    for _, value in layer.named_parameters():
        value[...] = rng.normal(size=value.shape) / 2
    return layer


@each_cell
def test_step_backward_equals_differences(cell):
    record, rng = CELLS[cell], np.random.default_rng(3)
    params = {name: value[0] for name, value in record.parameters(rng, 1, 3, 4, **record.settings({})).items()}
    for value in params.values():
        value += rng.normal(size=value.shape) / 2
    arguments = [rng.normal(size=(2, 3)), *(rng.normal(size=(2, 4)) for _ in record.states)]
    d_states = [rng.normal(size=(2, 4)) for _ in record.states]
    options = record.step_options(record.settings({}))

    def score():
        *states, _ = record.step(*arguments, **params, **options)
        return sum((d * state).sum() for d, state in zip(d_states, states, strict=True))

    *_, cache = record.step(*arguments, **params, **options)
    *d_arguments, grads = record.step_backward(*d_states, cache)
    assert grads.keys() == params.keys()
    for value, found in [*zip(arguments, d_arguments, strict=True), *((params[n], grads[n]) for n in params)]:
        np.testing.assert_allclose(found, differences(score, value), rtol=1e-6, atol=1e-8)


@each_cell
@pytest.mark.parametrize("mixed", [True, False])
def test_a_stack_learns_by_the_right_gradients(cell, mixed):
    stack = _randomised(Stack(cell, 3, 4, 2, mixed=mixed, rng=np.random.default_rng(0), dtype=np.float64))
    rng = np.random.default_rng(1)
    x, d_outputs = rng.normal(size=(3, 5, 3)), rng.normal(size=(3, 5, 8))
    stack.forward(x, LENGTHS)
    dx, _ = stack.backward(d_outputs)

    def score():
        return float((stack.forward(x, LENGTHS)[0] * d_outputs).sum())

    check_parameters(stack, score)
    np.testing.assert_allclose(dx, differences(score, x), rtol=1e-6, atol=1e-8)


@each_cell
@pytest.mark.parametrize("kind", [Classifier, Tagger])
def test_a_model_learns_by_the_right_gradients(cell, kind):
    sizes = {"num_words": 9, "embedding": 3, "hidden": 4, "outputs": 3}
    model = _randomised(kind(cell, **sizes, rng=np.random.default_rng(0), dtype=np.float64))
    rng = np.random.default_rng(1)
    ids, y = rng.integers(1, 9, (3, 5)), rng.integers(0, 3, (3,) if kind is Classifier else (3, 5))

    def loss():
        return softmax_cross_entropy(model.forward(ids, LENGTHS), y, *([LENGTHS] if kind is Tagger else []))

    model.backward(loss()[1])
    check_parameters(model, lambda: loss()[0])
    outputs = model.forward(ids, LENGTHS)
    ids[np.arange(5) >= LENGTHS[:, None]] = 999
    np.testing.assert_array_equal(model.forward(ids, LENGTHS), outputs)


@each_cell
def test_can_be_looked_into(cell):
    layer = _randomised(Bidirectional(cell, 3, 4, rng=np.random.default_rng(0), dtype=np.float64))
    x = np.random.default_rng(1).normal(size=(1, 4, 3))
    parts = [jacobian(layer, x, direction=direction) for direction in ("forward", "backward")]
    np.testing.assert_allclose(sum(parts), jacobian(layer, x), atol=1e-12)
    weights = np.random.default_rng(2).normal(size=(4, 8))
    by_hand = differences(lambda: float((layer.forward(x)[0][0] * weights).sum()), x)
    np.testing.assert_allclose(np.einsum("to,tosi->si", weights, jacobian(layer, x)[0]), by_hand[0], atol=1e-7)
    assert influence_matrix(layer, x).shape == (1, 4, 4)
    norms = gradient_by_distance(layer, x, direction="backward")
    assert len(norms) == len(CELLS[cell].states)
    assert norms[0][0, 0] == 1


@each_cell
def test_can_be_copied_kept_and_read_in_single_precision(cell):
    layer = Recurrent(cell, 3, 4, rng=np.random.default_rng(0))
    x = np.ones((2, 3, 3), np.float32)
    outputs, final = layer.forward(x)
    assert {array.dtype for array in (outputs, *final)} == {np.dtype(np.float32)}
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        np.testing.assert_array_equal(other.forward(x)[0], outputs)


@each_cell
def test_a_framework_that_lacks_it_says_so(cell):
    layer = Bidirectional(cell, 3, 4, rng=np.random.default_rng(0))
    params = {name: value[0] for name, value in layer.params.items()}
    converts = {"torch_from_ref": torch_from_ref, "keras_from_ref": keras_from_ref}
    if cell in OF_FRAMEWORKS:
        for convert in converts.values():
            convert(cell, params)
        return
    for convert in converts.values():
        with pytest.raises(ValueError, match=f"no framework has the cell '{cell}': only rnn, lstm, gru have twins"):
            convert(cell, params)
    with pytest.raises(ValueError, match=f"no framework has the cell '{cell}'"):
        Spec("recurrent", cell, 3, 4)
    twins = pytest.importorskip("birnn_ref.twins.torch")
    model = Tagger(cell, 9, 2, 3, 2, rng=np.random.default_rng(0))
    for other in (layer, model):
        with pytest.raises(ValueError, match=f"no framework has the cell '{cell}'"):
            twins.to_torch(other)


@each_cell
def test_its_record_is_whole(cell):
    record = CELLS[cell]
    assert record.name == cell
    assert find_cell(cell) is find_cell(record) is record
    drawn = record.parameters(np.random.default_rng(0), 2, 3, 4, **record.settings({}))
    assert all(value.shape[0] == 2 for value in drawn.values())
    assert drawn["W_xh"].shape == (2, 3, 4 * len(record.gates.split()))


class TestCellOfYourOwn:
    CELL = Cell(
        "leaky",
        "h",
        lambda x_t, h, W_xh, W_hh, b_h, keep: (
            (h_new := rnn_step(x_t, h, W_xh, W_hh, b_h))[0] * (1 - keep) + keep * h,
            (h_new[1], keep),
        ),
        lambda dh, cache: (
            (back := rnn_step_backward(dh * (1 - cache[1]), cache[0]))[0],
            back[1] + cache[1] * dh,
            back[2],
        ),
        options={"keep": Option(0.5, lambda name, value: None)},
    )

    def test_needs_no_file(self):
        layer = Recurrent(self.CELL, 2, 3, rng=np.random.default_rng(0), dtype=np.float64, keep=1.0)
        h_0 = np.random.default_rng(1).normal(size=(1, 3))
        np.testing.assert_allclose(layer.forward(np.ones((1, 4, 2)), initial=(h_0,))[1][0], h_0)
        stack = _randomised(Stack(self.CELL, 2, 3, 2, rng=np.random.default_rng(0), dtype=np.float64))
        x, d_outputs = np.random.default_rng(2).normal(size=(2, 4, 2)), np.random.default_rng(3).normal(size=(2, 4, 6))
        stack.forward(x)
        stack.backward(d_outputs)
        check_parameters(stack, lambda: float((stack.forward(x)[0] * d_outputs).sum()))

    def test_has_no_twin_even_under_a_known_name(self):
        twins = pytest.importorskip("birnn_ref.twins.torch")
        for name in ("leaky", "rnn"):
            cell = Cell(name, "h", self.CELL.step, self.CELL.step_backward, options=self.CELL.options)
            with pytest.raises(ValueError, match="no framework has the cell"):
                twins.to_torch(Recurrent(cell, 2, 3, rng=np.random.default_rng(0)))
