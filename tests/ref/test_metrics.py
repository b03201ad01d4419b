"""Metrics against the answers of the programs that the field scores with, and against what each rule says."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.metrics import (
    bleu,
    count_edits,
    edit_distance,
    error_rate,
    find_spans,
    mean_absolute_error,
    mean_squared_error,
    root_mean_squared_error,
    score_spans,
    span_f1,
    token_accuracy,
)

# Sentences with their true tags and those said; then what the CoNLL-2000 script conlleval.pl counts (true, said and
# right spans) and the F1 that seqeval 1.2.2 gives.
AWKWARD = {
    "exact": ("B-x I-x O B-y", "B-x I-x O B-y", (2, 2, 2), 1),
    "too short": ("B-x I-x I-x O B-y", "B-x I-x O O B-y", (2, 2, 1), 0.5),
    "begins with I": ("O B-x I-x O", "O I-x I-x O", (1, 1, 1), 1),
    "I of another kind": ("B-x B-y O", "B-x I-y O", (2, 2, 2), 1),
    "I of another kind, twice": ("B-x B-y I-x", "I-x I-y I-x", (3, 3, 3), 1),
    "neighbours joined": ("B-x B-x O B-x I-x", "B-x I-x O B-x B-x", (3, 3, 0), 0),
    "over the end of a sentence": ("O B-x / B-x O", "O B-x / I-x O", (2, 2, 2), 1),
    "nothing found": ("B-x O / O B-y", "O O / O O", (2, 0, 0), 0),
    "nothing to find": ("O O O", "O B-x O", (0, 1, 0), 0),
    "nothing at all": ("O O O", "O O O", (0, 0, 0), 0),
    "kind with a hyphen": ("B-per-son I-per-son O B-per", "B-per-son I-per-son O B-per-son", (2, 2, 1), 0.5),
    "one kind for two": ("B-x I-x B-y I-y", "B-x I-x B-x I-x", (2, 2, 1), 0.5),
    "cut in two": ("B-x I-x I-x I-x", "B-x I-x B-x I-x", (1, 2, 0), 0),
    "last step": ("O O I-x / I-x", "O O B-x / B-x", (2, 2, 2), 1),
}


def sentences(text):
    return [sentence.split() for sentence in text.split(" / ")]


@pytest.mark.parametrize("case", AWKWARD)
def test_spans_are_counted_as_conlleval_and_seqeval_count_them(case):
    true, said, counts, f1 = AWKWARD[case]
    found = score_spans(sentences(true), sentences(said))["all"]
    assert (found.true, found.said, found.right) == counts
    assert found.f1 == f1
    assert found.precision == counts[2] / max(counts[1], 1)
    assert found.recall == counts[2] / max(counts[0], 1)


def test_spans_of_each_kind():
    found = score_spans([["B-x", "I-x", "B-y", "O"], ["B-z", "O"]], [["B-x", "I-x", "B-x", "O"], ["B-z", "O"]])
    assert list(found) == ["all", "x", "y", "z"]
    assert found["x"][3:] == (1, 2, 1)
    assert found["y"][:3] == (0, 0, 0)
    assert found["z"].f1 == 1
    assert found["all"].f1 == pytest.approx(2 / 3)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["O", "B-x", "I-x", "B-y", "I-y"]), max_size=9))
def test_spans_written_out_again_are_found_again(tags):
    spans = find_spans(tags)
    proper = ["O"] * len(tags)
    for kind, start, end in spans:
        proper[start:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - start - 1)
    assert find_spans(proper) == spans
    assert [tag == "O" for tag in tags] == [tag == "O" for tag in proper]


def test_the_metric_of_numbers():
    names = ["O", "B-x", "I-x"]
    metric = span_f1(names)
    true, said = [np.array([1, 2, 0]), np.array([1])], [np.array([1, 2, 0]), np.array([0])]
    assert metric(true, said) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: find_spans(["O", "S-x"]), "tags must be O, B-x or I-x each, got 'S-x' at step 1"),
        (lambda: find_spans(["B"]), "got 'B' at step 0"),
        (lambda: score_spans([["O"]], []), "the same number of sequences, got 1 and 0"),
        (lambda: score_spans([["O"], ["O"]], [["O"], []]), "sequence 1 has 1 and 0 tags"),
        (lambda: token_accuracy(np.zeros((2, 3)), np.zeros((2, 4))), r"got shapes \(2, 3\) and \(2, 4\)"),
        (lambda: token_accuracy(np.zeros((1, 3)), np.zeros((1, 3)), [0]), "no step that counts"),
        (lambda: token_accuracy(np.zeros((1, 3)), np.zeros((1, 3)), [4]), "between 0 and the 3 steps of true"),
        (lambda: error_rate(["a"], []), "the same number of sequences, got 1 and 0"),
        (lambda: error_rate(["", ""], ["a", ""]), "true holds no item"),
        (lambda: mean_absolute_error([1.0], [1.0, 2.0]), r"true has shape \(1,\), and said \(2,\)"),
        (lambda: mean_absolute_error([1.0], [1.0], [False]), "no entry counts"),
        (lambda: mean_absolute_error([1.0, np.nan], [1.0, 2.0]), "1 entries that count are not numbers"),
        (lambda: mean_absolute_error([[1.0]], [[1.0]], [True, True]), r"mask has shape \(2,\), expected \(1, 1\)"),
        (lambda: bleu(["a"], []), "the same number of sentences, and one at least, got 1 and 0"),
        (lambda: bleu([], []), "one at least"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_token_accuracy_reads_no_padding():
    true, said = np.array([[1, 2, 3], [1, 7, 7]]), np.array([[1, 2, 0], [1, 7, 0]])
    assert token_accuracy(true, said) == pytest.approx(4 / 6)
    assert token_accuracy(true, said, [3, 1]) == 0.75


# The word and character counts (hits, substitutions, deletions, insertions) and rates of jiwer 4.0.0.
TRUE = ["one two three four", "nine", "zero zero one", "a b c d e f"]
SAID = ["one too three", "nine nine", "one zero zero one", "b c x e g f h"]
WORDS = [(2, 1, 1, 0), (1, 0, 0, 1), (3, 0, 0, 1), (4, 1, 1, 2)]
CHARACTERS = [(12, 1, 5, 0), (4, 0, 0, 5), (13, 0, 0, 4), (8, 1, 2, 4)]


def test_edits_equal_jiwers():
    for true, said, words, characters in zip(TRUE, SAID, WORDS, CHARACTERS, strict=True):
        assert count_edits(true.split(), said.split()) == words
        assert edit_distance(true, said) == sum(characters[1:])
    assert error_rate([s.split() for s in TRUE], [s.split() for s in SAID]) == pytest.approx(0.5714285714285714)
    assert error_rate(TRUE, SAID) == pytest.approx(0.4782608695652174)


def by_definition(a, b):
    if not a or not b:
        return len(a) + len(b)
    return min(
        by_definition(a[1:], b[1:]) + (a[0] != b[0]), by_definition(a[1:], b) + 1, by_definition(a, b[1:]) + 1
    )  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 2), max_size=6), st.lists(st.integers(0, 2), max_size=6))
def test_edit_distance_is_what_the_definition_says(a, b):
    edits = count_edits(a, b)
    assert edit_distance(a, b) == edits.distance == by_definition(a, b)
    assert edits.hits + edits.substitutions + edits.deletions == len(a)
    assert edits.hits + edits.substitutions + edits.insertions == len(b)
    assert edit_distance(np.array(a, int), np.array(b, int)) == edits.distance


def test_errors_of_numbers_equal_scikit_learns():
    sklearn = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    true, said, mask = rng.normal(size=(4, 5, 2)), rng.normal(size=(4, 5, 2)), rng.random((4, 5)) < 0.6
    own, theirs = true[mask].ravel(), said[mask].ravel()
    true[~mask], said[~mask] = np.nan, np.inf
    assert mean_absolute_error(true, said, mask) == pytest.approx(sklearn.mean_absolute_error(own, theirs))
    assert mean_squared_error(true, said, mask) == pytest.approx(sklearn.mean_squared_error(own, theirs))
    assert root_mean_squared_error(true, said, mask) == pytest.approx(sklearn.root_mean_squared_error(own, theirs))


def test_a_mask_of_numbers_is_refused():
    with pytest.raises(TypeError, match="mask must hold True and False, got dtype int64"):
        mean_absolute_error([1.0], [1.0], np.array([1]))


def test_bleu_is_sacrebleus_and_knows_the_reference_from_the_translation():
    pytest.importorskip("sacrebleu")
    true, said = (
        ["I have eaten the whole cake today.", "He is at home."],
        ["I have eaten the cake today.", "He is home."],
    )
    # By hand: 13 tokens are true and 11 said; of these, of their pairs, triples and quadruples so many are right.
    by_hand = np.exp(1 - 13 / 11) * (11 / 11 * 7 / 9 * 3 / 7 * 1 / 5) ** 0.25
    assert bleu(true, said) == pytest.approx(100 * by_hand)
    assert bleu(said, true) != pytest.approx(100 * by_hand)


def test_bleu_without_sacrebleu_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(ImportError, match=r"pip install 'birnn-course\[metrics\]'"):
        bleu(["a"], ["a"])
