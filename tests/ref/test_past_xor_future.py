"""The task past XOR future against a slow reading of its rule, and its ceiling."""

import itertools

import numpy as np
import pytest

from birnn_ref.datasets.tasks.past_xor_future import DOWN, EMPTY, NOT_ASKED, UP, every_sequence, past_xor_future


def _slowly(row):
    answers = []
    for t, place in enumerate(row):
        before = [a for a in row[:t] if a != EMPTY]
        after = [a for a in row[t + 1 :] if a != EMPTY]
        asked = place == EMPTY and before and after
        answers.append(int(before[-1] != after[0]) if asked else NOT_ASKED)
    return answers


def test_answers_follow_the_rule():
    x = every_sequence(5)
    assert x.shape == (3**5, 5)
    assert len({tuple(row) for row in x}) == 3**5
    np.testing.assert_array_equal(past_xor_future(x), [_slowly(row) for row in x.tolist()])


def test_half_the_answers_are_yes_at_every_place():
    y = past_xor_future(every_sequence(6))
    for t in range(1, 5):
        assert (y[:, t] == 1).sum() == (y[:, t] == 0).sum() > 0
    assert (y[:, [0, 5]] == NOT_ASKED).all()


def test_past_and_future_are_free_of_each_other():
    x = every_sequence(5)
    asked = x[past_xor_future(x)[:, 2] != NOT_ASKED]
    pasts, futures = ({tuple(row) for row in part} for part in (asked[:, :2], asked[:, 3:]))
    assert len(asked) == len(pasts) * len(futures) == 64


@pytest.mark.parametrize("places", [1, 2])
def test_no_sum_of_a_past_and_a_future_number_passes_three_quarters(places):
    """Every order of the futures, and for each past every threshold: all that an additive score can do."""
    sides = [row for row in every_sequence(places).tolist() if any(row)]
    past = np.array([[a for a in row if a][-1] == UP for row in sides])
    future = np.array([next(a for a in row if a) == UP for row in sides])
    n = len(sides)
    orders = np.array(list(itertools.permutations(future)))
    differ = past[:, None, None] != orders  # (pasts, orders, futures)
    yes_above = np.arange(n) >= np.arange(n + 1)[:, None]  # (thresholds, futures)
    right = (differ[:, :, None] == yes_above).sum(axis=3).max(axis=2).sum(axis=0)
    assert right.max() == 0.75 * n * n


@pytest.mark.parametrize("x", [np.array([UP, DOWN]), np.array([[UP, 3]]), np.array([[-1, DOWN]])])
def test_bad_input(x):
    with pytest.raises(ValueError, match=r"x must be \(count, time\) with entries 0, 1 and 2"):
        past_xor_future(x)


def test_bad_length():
    with pytest.raises(ValueError, match="time must be at least 1"):
        every_sequence(0)
