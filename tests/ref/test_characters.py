"""Words by their letters: each spelling read once, as if every word had been read where it stands."""

import numpy as np
import pytest
from gradients import check_parameters, dense
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.layers import CharCNN, CharLSTM, Spelt

READERS = {
    "cnn": lambda **o: CharCNN(6, 2, 4, 3, **o),
    "lstm": lambda **o: CharLSTM(6, 2, 4, **o),
}
each_reader = pytest.mark.parametrize("name", READERS)


def reader(name):
    rng = np.random.default_rng(0)
    layer = READERS[name](rng=rng, dtype=np.float64)
    for _, array in layer.named_parameters():
        array[...] = rng.normal(size=array.shape)
    return layer


def words(rng, batch=3, time=5, spellings=6):
    """Spellings of 0 to 4 letters, some used often, some never."""
    counts = rng.integers(0, 5, size=spellings)
    letters = rng.integers(1, 6, size=(spellings, 4))
    letters[np.arange(4) >= counts[:, None]] = 99  # no letter stands there
    return Spelt(rng.integers(spellings, size=(batch, time)), letters, counts)


def one_by_one(layer, x, lengths, d_outputs=None):
    """The specification: every word read by itself where it stands, and its gradients added up."""
    read = np.zeros((*x.shape, layer.features))
    sums = {name: np.zeros(array.shape) for name, array in layer.named_parameters()}
    for i, n in enumerate(lengths):
        for t in range(n):
            k = x.words[i, t]
            alone = Spelt(np.zeros((1, 1), int), x.letters[k : k + 1, : x.letter_counts[k]], x.letter_counts[k : k + 1])
            read[i, t] = layer.forward(alone)[0, 0]
            if d_outputs is not None:
                layer.backward(d_outputs[i : i + 1, t : t + 1])
                for name, gradient in layer.named_gradients():
                    sums[name] += dense(gradient, sums[name].shape)
    return read, sums


@each_reader
@settings(deadline=None, max_examples=20)
@given(batch=st.integers(1, 3), time=st.integers(1, 5), spellings=st.integers(1, 6), seed=st.integers(0, 99))
def test_equals_reading_every_word_by_itself(name, batch, time, spellings, seed):
    rng = np.random.default_rng(seed)
    layer, x, lengths = reader(name), words(rng, batch, time, spellings), rng.integers(0, time + 1, size=batch)
    d_outputs = rng.normal(size=(batch, time, 4))
    rest = np.arange(time) >= lengths[:, None]
    x.words[rest] = rng.choice([-7, 999])
    padded = d_outputs.copy()
    padded[rest] = np.nan
    found = layer.forward(x, lengths)
    layer.backward(padded)
    gradients = {key: dense(g, dict(layer.named_parameters())[key].shape) for key, g in layer.named_gradients()}
    read, sums = one_by_one(layer, x, lengths, d_outputs)
    np.testing.assert_allclose(found, read, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(found[rest], 0)
    for key, gradient in gradients.items():
        np.testing.assert_allclose(gradient, sums[key], rtol=1e-9, atol=1e-11, err_msg=key)


@each_reader
def test_gradients_equal_central_differences(name):
    rng = np.random.default_rng(1)
    layer, x, lengths = reader(name), words(rng), np.array([5, 3, 0])
    d_outputs = rng.normal(size=(3, 5, 4))
    layer.forward(x, lengths)
    layer.backward(d_outputs)
    check_parameters(layer, lambda: float((layer.forward(x, lengths) * d_outputs).sum()), rtol=1e-5, atol=1e-8)


@each_reader
def test_a_spelling_is_read_once_a_batch(name, monkeypatch):
    layer, x, seen = reader(name), words(np.random.default_rng(0), 20, 30), []
    checked = layer.letters._checked
    monkeypatch.setattr(layer.letters, "_checked", lambda ids, *rest: (seen.append(len(ids)), checked(ids, *rest))[1])
    layer.forward(x)
    assert seen == [len(np.unique(x.words))]


def test_words_are_spelt_once_and_cut_as_arrays_are():
    spelt = Spelt.of([["ab", "c", "ab"], ["c"]], lambda word: [" abc".index(letter) for letter in word])
    np.testing.assert_array_equal(spelt.letters, [[0, 0], [1, 2], [3, 0]])
    np.testing.assert_array_equal(spelt.words, [[1, 2, 1], [2, 0, 0]])
    assert (len(spelt), spelt.shape, spelt.ndim) == (2, (2, 3), 2)
    part = spelt[np.array([1]), :1]
    np.testing.assert_array_equal(part.words, [[2]])
    used = part.in_use()
    np.testing.assert_array_equal(used.words, [[0]])
    np.testing.assert_array_equal(used.letters, [[3]])


def test_letters_of_every_word_are_taken_too():
    rng = np.random.default_rng(0)
    letters, counts = rng.integers(1, 6, size=(2, 3, 4)), rng.integers(1, 5, size=(2, 3))
    spelt, layer = Spelt.of_arrays(letters, counts), reader("cnn")
    read = layer.forward(spelt)
    for i, t in np.ndindex(2, 3):
        alone = Spelt(np.zeros((1, 1), int), letters[i, t][None], counts[i, t : t + 1])
        np.testing.assert_allclose(layer.forward(alone)[0, 0], read[i, t], rtol=1e-12)


@pytest.mark.parametrize(
    ("arrays", "lengths", "error", "message"),
    [
        (([1.0], [[1]], [1]), None, ValueError, r"words must be integers \(batch, time\), got shape \(1,\)"),
        (([[0]], [1], [1]), None, ValueError, r"letters has shape \(1,\), expected \(spellings, letters\)"),
        (([[1]], [[1]], [1]), None, ValueError, "words must lie between 0 and 0, got 1 to 1"),
        (([[-1]], [[1]], [1]), None, ValueError, "words must lie between 0 and 0, got -1 to -1"),
        (([[0]], [[1]], [2]), None, ValueError, "letter_counts must lie between 0 and the 1 letters, got 2 to 2"),
        (([[0]], [[6]], [1]), None, ValueError, "ids must lie between 0 and 5, got 6 to 6"),
        (([[0]], [[1]], [1]), [2], ValueError, "lengths must lie between 0 and the 1 words of each sentence"),
    ],
)
def test_bad_input(arrays, lengths, error, message):
    with pytest.raises(error, match=message):
        reader("cnn").forward(Spelt(*map(np.array, arrays)), lengths)


def test_other_input_and_settings_are_refused():
    with pytest.raises(TypeError, match="x must be Spelt words, got ndarray"):
        reader("lstm").forward(np.zeros((1, 2), int))
    with pytest.raises(ValueError, match="features must be even, half for each direction, got 3"):
        CharLSTM(6, 2, 3, rng=np.random.default_rng(0))


@each_reader
def test_backward_once_after_each_forward(name):
    layer = reader(name)
    with pytest.raises(RuntimeError, match="called before forward"):
        layer.backward(np.zeros((3, 5, 4)))
    layer.forward(words(np.random.default_rng(0)))
    layer.backward(np.zeros((3, 5, 4)))
    with pytest.raises(RuntimeError, match="called twice"):
        layer.backward(np.zeros((3, 5, 4)))
