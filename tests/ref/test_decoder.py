"""The decoder with attention and the model on top of it: the definition, differences, the twin, and every text."""

from itertools import product

import numpy as np
import pytest
from gradients import check_parameters, dense, differences
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.cells import CELLS
from birnn_ref.layers import Decoder
from birnn_ref.losses import softmax
from birnn_ref.models import Seq2Seq
from birnn_ref.train import Adam, Pairs, evaluate, fit

START, END = 2, 3
each_form = pytest.mark.parametrize("form", ["bahdanau", "luong"])
each_cell = pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])


def moved(layer, rng):
    for _, array in layer.named_parameters():
        array[...] = rng.normal(size=array.shape) / 2
    return layer


def decoder_case(form, cell, seed=0, batch=3, time=4, read=5):
    rng = np.random.default_rng(seed)
    layer = moved(Decoder(cell, 2, 3, 4, form, rng=rng, dtype=np.float64), rng)
    states = tuple(rng.normal(size=(batch, 3)) for _ in CELLS[cell].states)
    return layer, rng, rng.normal(size=(batch, time, 2)), states, rng.normal(size=(batch, read, 4))


def by_definition(layer, x, states, h):
    """One sequence, as the equations stand: a score for each state that was read, a step at a time."""
    p, outputs, weights = layer.params, [], []
    own = {name: p[name] for name in ("W_xh", "W_hh", "b_h", "b_hn") if name in p}
    states = [state[None] for state in states]

    def look(s):
        e = [p["v"] @ np.tanh(s @ p["W"] + h_j @ p["U"]) if "v" in p else s @ (h_j @ p["U"]) for h_j in h]
        alpha = softmax(np.array(e))
        return sum(a * h_j for a, h_j in zip(alpha, h, strict=True)), alpha

    for x_t in x:
        if layer.form == "bahdanau":
            c_t, alpha = look(states[0][0])
            *states, _ = layer.cell.step(np.concatenate([x_t, c_t])[None], *states, **own)
        else:
            *states, _ = layer.cell.step(x_t[None], *states, **own)
            c_t, alpha = look(states[0][0])
        outputs.append(np.tanh(np.concatenate([states[0][0], c_t]) @ p["W_o"] + p["b_o"]))
        weights.append(alpha)
    return np.array(outputs), np.array(weights)


@each_form
@settings(deadline=None, max_examples=20)
@given(
    cell=st.sampled_from(["rnn", "lstm", "gru"]), batch=st.integers(1, 3), time=st.integers(1, 4),
    read=st.integers(1, 5), seed=st.integers(0, 99), pad=st.sampled_from([7.0, np.nan, np.inf]),
)  # fmt: skip
def test_equals_its_definition_sequence_by_sequence_whatever_the_padding(form, cell, batch, time, read, seed, pad):
    layer, rng, x, states, h = decoder_case(form, cell, seed, batch, time, read)
    lengths, sizes = rng.integers(0, time + 1, size=batch), rng.integers(1, read + 1, size=batch)
    x[np.arange(time) >= lengths[:, None]] = pad
    h[np.arange(read) >= sizes[:, None]] = pad
    outputs, alpha = layer.forward(x, lengths, states, h, sizes)
    d_outputs = rng.normal(size=outputs.shape)
    d_outputs[np.arange(time) >= lengths[:, None]] = pad
    dx, d_states, dh = layer.backward(d_outputs)
    grads, sums = dict(layer.grads), {name: np.zeros_like(array) for name, array in layer.params.items()}
    for i, (n, m) in enumerate(zip(lengths, sizes, strict=True)):
        own = slice(i, i + 1)
        for array in (outputs[i, n:], alpha[i, n:], alpha[i, :, m:], dx[i, n:], dh[i, m:]):
            np.testing.assert_array_equal(array, 0)
        if n:
            said, weights = by_definition(layer, x[i, :n], [state[i] for state in states], h[i, :m])
            np.testing.assert_allclose(outputs[i, :n], said, rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(alpha[i, :n, :m], weights, rtol=1e-10, atol=1e-12)
        layer.forward(x[own, :n], None, tuple(state[own] for state in states), h[own, :m])
        dx_own, d_own, dh_own = layer.backward(d_outputs[own, :n])
        np.testing.assert_allclose(dx[own, :n], dx_own, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(dh[own, :m], dh_own, rtol=1e-9, atol=1e-12)
        for found, expected in zip(d_states, d_own, strict=True):
            np.testing.assert_allclose(found[own], expected, rtol=1e-9, atol=1e-12)
        sums = {name: sums[name] + gradient for name, gradient in layer.grads.items()}
    for name, gradient in grads.items():
        np.testing.assert_allclose(gradient, sums[name], rtol=1e-9, atol=1e-11, err_msg=name)


@each_form
@each_cell
def test_gradients_equal_central_differences(form, cell):
    layer, rng, x, states, h = decoder_case(form, cell)
    lengths, sizes, d_outputs = np.array([4, 2, 3]), np.array([5, 1, 3]), rng.normal(size=(3, 4, 3))

    def score():
        return float((layer.forward(x, lengths, states, h, sizes)[0] * d_outputs).sum())

    score()
    dx, d_states, dh = layer.backward(d_outputs)
    check_parameters(layer, score, rtol=1e-5)
    for found, array in ((dx, x), (dh, h), *zip(d_states, states, strict=True)):
        np.testing.assert_allclose(found, differences(score, array), rtol=1e-5, atol=1e-8)


def model_of(form="bahdanau", cell="gru", **options):
    rng = np.random.default_rng(0)
    settings = {"start": START, "end": END, "rng": rng, "dtype": np.float64, **options}
    return moved(Seq2Seq(cell, 9, 6, 2, 3, form=form, **settings), rng)


def texts(rng, padded):
    ids, said = rng.integers(1, 9, size=(3, 5)), rng.integers(1, 6, size=(3, 4))
    lengths, steps = (np.array([5, 3, 1]), np.array([4, 1, 3])) if padded else (None, None)
    if padded:
        ids[np.arange(5) >= lengths[:, None]] = 999
        said[np.arange(4) >= steps[:, None]] = -5
    return (ids, lengths, said), steps, rng.integers(6, size=(3, 4))


@each_form
@each_cell
@pytest.mark.parametrize("padded", [False, True])
def test_the_model_equals_its_twin_and_its_gradients_are_differences(form, cell, padded):
    torch = pytest.importorskip("torch")
    from birnn_ref.twins.spec import gradients
    from birnn_ref.twins.torch import from_torch, to_torch
    from birnn_ref.twins.torch.weights import torch_gradients

    model, (x, steps, y) = model_of(form, cell, depth=2), texts(np.random.default_rng(1), padded)
    logits = model.forward(x, steps)
    _, d_logits = model.loss(logits, y, steps)
    model.backward(d_logits)
    twin = to_torch(model)
    tensors = tuple(None if array is None else torch.from_numpy(array) for array in x)
    theirs = twin(tensors, None if steps is None else torch.from_numpy(steps))
    theirs.backward(torch.from_numpy(d_logits))
    np.testing.assert_allclose(logits, theirs.detach().numpy(), rtol=1e-9, atol=1e-12)
    found, shapes = dict(model.named_gradients()), {name: a.shape for name, a in model.named_parameters()}
    others = twin.ref_gradients()
    assert found.keys() == others.keys() | {name for name in found if name.startswith("encoder.")}
    for name, gradient in others.items():
        np.testing.assert_allclose(dense(found[name], shapes[name]), gradient, rtol=1e-8, atol=1e-12, err_msg=name)
    for level, other in zip(gradients(model.encoder), torch_gradients(twin.encoder), strict=True):
        for own, their in zip(level, other, strict=True):
            for key in own:
                np.testing.assert_allclose(own[key], their[key], rtol=1e-8, atol=1e-12, err_msg=key)
    back = from_torch(twin)
    assert all(np.array_equal(a, b) for (_, a), (_, b) in
               zip(back.named_parameters(), model.named_parameters(), strict=True))  # fmt: skip
    if not padded and cell == "lstm":
        check_parameters(model, lambda: model.loss(model.forward(x), y)[0], rtol=1e-4, atol=1e-8)


def log_p_of(model, ids, lengths, said):
    """The log-probability of one text, the start and the end left out of ``said``, by teacher forcing."""
    y = np.array([[*said, END]])
    p = softmax(model.forward((ids, lengths, np.array([[START, *said]]))))
    return np.log(p[0, np.arange(y.shape[1]), y[0]]).sum()


@each_form
@pytest.mark.parametrize("normalise", [0.0, 1.0])
def test_a_wide_beam_finds_the_best_text_of_all(form, normalise):
    rng = np.random.default_rng(3)
    model, ids, lengths = model_of(form), rng.integers(1, 9, size=(2, 4)), np.array([4, 2])
    words = [k for k in range(6) if k != END]
    found = model.write(ids, lengths, width=500, normalise=normalise, max_steps=4)
    assert model.encoder.children["0"]._cache is None  # what is written has no backward
    for i in range(2):
        every = {said: log_p_of(model, ids[i : i + 1], lengths[i : i + 1], said) / (len(said) + 1) ** normalise
                 for n in range(4) for said in product(words, repeat=n)}  # fmt: skip
        if tuple(found[i].ids) in every:  # else it has not ended within four steps
            assert tuple(found[i].ids) == max(every, key=every.get)
            np.testing.assert_allclose(found[i].score, max(every.values()), rtol=1e-9)
        else:
            assert found[i].score > max(every.values())
        assert found[i].alpha.shape == (len(found[i].ids), lengths[i])
        np.testing.assert_allclose(found[i].alpha.sum(axis=1), 1, rtol=1e-9)


@each_form
def test_a_beam_keeps_the_weights_of_the_text_that_it_returns(form):
    rng = np.random.default_rng(5)
    model, ids = model_of(form), rng.integers(1, 9, size=(20, 4))
    for _, array in model.named_parameters():
        array *= 3  # so that the best text of all is often not the one that was best before
    for own, written in zip(ids, model.write(ids, width=4, max_steps=6), strict=True):
        h, initial = model._read(own[None], None, None)
        said = model.said.forward(np.array([[START, *written.ids[:-1]]]))[:, : len(written.ids)]
        _, alpha = model.decoder.forward(said, None, initial, h)
        np.testing.assert_allclose(written.alpha, alpha[0], rtol=1e-9)


@each_form
def test_greedy_takes_the_best_word_at_each_step_and_padding_does_not_matter(form):
    rng = np.random.default_rng(4)
    model, ids, lengths = model_of(form), rng.integers(1, 9, size=(3, 6)), np.array([6, 2, 4])
    ids[np.arange(6) >= lengths[:, None]] = 999
    for i, written in enumerate(model.write(ids, lengths, max_steps=7)):
        own, said = ids[i : i + 1, : lengths[i]], []
        while len(said) < 7:
            said.append(int(model.forward((own, None, np.array([[START, *said]])))[0, -1].argmax()))
            if said[-1] == END:
                said.pop()
                break
        assert written.ids.tolist() == said
        (alone,) = model.write(own, max_steps=7)
        np.testing.assert_array_equal(alone.ids, written.ids)
        np.testing.assert_allclose(alone.score, written.score, rtol=1e-10)
        np.testing.assert_allclose(alone.alpha, written.alpha, rtol=1e-9)


def reversed_words(count, rng):
    lengths = rng.integers(1, 6, size=count)
    ids, targets = np.zeros((count, 5), int), np.zeros((count, 7), int)
    for i, n in enumerate(lengths):
        ids[i, :n] = rng.integers(4, 9, size=n)
        targets[i, : n + 2] = [START, *ids[i, :n][::-1], END]
    return Pairs(ids, lengths, targets, lengths + 2)


@each_form
def test_learns_to_write_what_it_read_backwards(form):
    rng = np.random.default_rng(0)
    data, held_out = reversed_words(600, rng), reversed_words(100, rng)
    model = Seq2Seq("gru", 9, 9, 12, 24, form=form, start=START, end=END, rng=rng)
    fit(model, data, loss=model.loss, optimiser=Adam(model, 0.01), epochs=12, batch_size=20, rng=rng, clip=1.0)
    assert evaluate(model, held_out, loss=model.loss)["accuracy"] > 0.97
    written = model.write(held_out.ids, held_out.lengths, width=3, max_steps=9)
    right = [np.array_equal(w.ids, ids[:n][::-1]) for w, ids, n in
             zip(written, held_out.ids, held_out.lengths, strict=True)]  # fmt: skip
    assert np.mean(right) > 0.9


def test_pairs_are_dealt_out_whole_and_by_length():
    rng = np.random.default_rng(0)
    data, seen = reversed_words(200, rng), []
    for batch in data.batches(10, np.random.default_rng(1)):
        (ids, lengths, said), y, steps = batch.x, batch.y, batch.lengths
        assert ids.shape[1] == lengths.max()
        assert said.shape == y.shape == (10, steps.max())
        assert np.ptp(lengths) <= 1
        np.testing.assert_array_equal(said[:, 0], START)
        for i, n in enumerate(steps):
            np.testing.assert_array_equal(said[i, 1:n], y[i, : n - 1])
            assert y[i, n - 1] == END
        seen += [tuple(row[:n]) for row, n in zip(ids, lengths, strict=True)]
    assert sorted(seen) == sorted(tuple(row[:n]) for row, n in zip(data.ids, data.lengths, strict=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"targets": np.zeros((3, 4), int)},
            "ids and targets must be equally many, and at least one, got 2 and 3",
        ),
        ({"lengths": np.array([3, 1])}, "lengths must lie between 0 and the 2 steps of x, got 1 to 3"),
        ({"target_lengths": np.array([1, 2])}, "each of targets must hold a start and an end"),
    ],
)
def test_bad_pairs(change, message):
    arrays = {"ids": np.ones((2, 2), int), "lengths": np.array([2, 1]), "targets": np.ones((2, 4), int),
              "target_lengths": np.array([4, 2]), **change}  # fmt: skip
    with pytest.raises(ValueError, match=message):
        Pairs(**arrays)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Decoder("gru", 2, 3, 4, "dot", rng=np.random.default_rng(0)),
            "form must be one of 'bahdanau', 'luong'",
        ),
        (lambda: Decoder("gru", 2, 0, 4, rng=np.random.default_rng(0)), "hidden must be at least 1"),
        (lambda: model_of(start=6), "start must lie between 0 and 5, got 6"),
        (lambda: model_of(end=-1), "end must lie between 0 and 5, got -1"),
        (lambda: model_of().write(np.ones((1, 2), int), width=0), "width must be at least 1"),
        (lambda: model_of().write(np.ones((1, 2), int), [3]), "between 0 and the 2 steps of ids"),
        (lambda: model_of().write(np.ones((1, 2), int) * 9), "ids must lie between 0 and 8"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_decoder_refuses_what_does_not_fit():
    layer, _, x, states, h = decoder_case("luong", "gru")
    with pytest.raises(ValueError, match=r"x has shape \(3, 4, 4\)"):
        layer.forward(np.concatenate([x, x], axis=2), None, states, h)
    with pytest.raises(ValueError, match=r"h has shape \(3, 5, 2\)"):
        layer.forward(x, None, states, h[:, :, :2])
    with pytest.raises(ValueError, match="h has 2 sequences, expected 3"):
        layer.forward(x, None, states, h[:2])
    with pytest.raises(RuntimeError, match="called before forward"):
        decoder_case("luong", "gru")[0].backward(x)
