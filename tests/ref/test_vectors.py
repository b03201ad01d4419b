"""Vectors from a file: those of the words that are wanted, and what is wrong with a file that is no such file."""

import numpy as np
import pytest

from birnn_ref.datasets import DataError, Vocabulary, load_vectors
from birnn_ref.layers import Embedding

WORDS = ("<pad>", "<unknown>", "play", "song", ". . .")


def _write(tmp_path, content):
    path = tmp_path / "vectors.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_words_that_are_wanted(tmp_path):
    path = _write(tmp_path, "the 9 9 9\nsong 1 2 3\n. . . 4 5 6\nsong 7 7 7\nnaïve 0 0 0 \nplay -0.5 1e-3 2\n")
    found = load_vectors(path, WORDS)
    np.testing.assert_array_equal(found.rows, [2, 3, 4])
    np.testing.assert_array_equal(found.vectors, np.float32([[-0.5, 1e-3, 2], [1, 2, 3], [4, 5, 6]]))


@pytest.mark.parametrize("header", ["2 3\n", "2 3 \r\n"])
def test_a_line_of_counts_is_passed_over(tmp_path, header):
    assert load_vectors(_write(tmp_path, header + "play 1 2 3\r\nsong 4 5 6\r\n"), WORDS).vectors.shape == (2, 3)


def test_an_embedding_takes_them(tmp_path):
    vocabulary = Vocabulary.of([["play", "song", "tango"]])
    layer = Embedding(len(vocabulary), 2, rng=np.random.default_rng(0), dtype=np.float64)
    before = layer.params["W"].copy()
    layer.put(*load_vectors(_write(tmp_path, "tango 1 2\nplay 3 4\n"), vocabulary.entries))
    ids = vocabulary.encode(["play", "song", "tango"])
    np.testing.assert_array_equal(layer.params["W"][ids], [[3, 4], before[ids[1]], [1, 2]])
    np.testing.assert_array_equal(layer.params["W"][:2], before[:2])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("the 1 2\nplay 1\n", r"txt, line 2: it has 1 numbers, and the first 2"),
        ("play\n", "line 1: it has no numbers"),
        ("the 1 2\n\n", "line 2: it has 0 numbers, and the first 2"),
        ("the 1 2\nplay 1 x\n", "line 2: could not convert string to float: 'x'; expected 2 numbers"),
        ("play 1 nan\n", "line 1: a number is infinite or NaN"),
        ("Play 1 2\n", "none of the 5 words: are they of another language, or upper case"),
        ("", "none of the 5 words"),
        (b"PK\x03\x04\xff\xfe", "is not text in UTF-8"),
    ],
)
def test_bad_files(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        load_vectors(_write(tmp_path, content), WORDS)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_vectors(tmp_path / "none.txt", WORDS)


@pytest.mark.parametrize(
    ("rows", "vectors", "message"),
    [
        ([1], np.ones((1, 3)), r"vectors has shape \(1, 3\), expected \(1, 2\)"),
        ([1, 2], np.ones((1, 2)), r"expected \(2, 2\)"),
        ([5], np.ones((1, 2)), "rows must lie between 0 and 4, got 5 to 5"),
        ([-1], np.ones((1, 2)), "rows must lie between 0 and 4"),
        ([1], np.full((1, 2), np.nan), "not finite numbers"),
    ],
)
def test_bad_vectors(rows, vectors, message):
    layer = Embedding(5, 2, rng=np.random.default_rng(0))
    before = layer.params["W"].copy()
    with pytest.raises(ValueError, match=message):
        layer.put(np.array(rows), vectors)
    np.testing.assert_array_equal(layer.params["W"], before)
