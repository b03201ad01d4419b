"""The hidden Markov model: its posteriors against every possible course of the states."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.datasets.tasks.hidden_markov import NURSERY, HiddenMarkov
from birnn_ref.layers import CRF


def drawn(states, sounds, seed):
    rng = np.random.default_rng(seed)
    rows = [rng.dirichlet(np.ones(n), size=m) for m, n in ((1, states), (states, states), (states, sounds))]
    return HiddenMarkov(rows[0][0], rows[1], rows[2])


def by_enumeration(model, x, ahead):
    """Add up the probabilities of all courses that agree with what has been heard."""
    time, states = len(x), len(model.start)
    found = np.zeros((time, states))
    for t in range(time):
        heard = time if ahead is None else min(time, t + ahead + 1)
        for course in itertools.product(range(states), repeat=heard):
            p = model.start[course[0]]
            for a, b in itertools.pairwise(course):
                p *= model.transitions[a, b]
            found[t, course[t]] += p * np.prod([model.emissions[s, x[k]] for k, s in enumerate(course)])
    return found / found.sum(axis=1, keepdims=True)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5), st.sampled_from([None, 0, 1, 2, 9]), st.integers(0, 99))
def test_posteriors_are_those_of_all_courses_together(states, sounds, time, ahead, seed):
    model = drawn(states, sounds, seed)
    x = np.random.default_rng(seed).integers(sounds, size=(2, time))
    expected = [by_enumeration(model, row, ahead) for row in x]
    np.testing.assert_allclose(model.posterior(x, ahead), expected, rtol=1e-9, atol=1e-12)


def test_the_filter_hears_nothing_of_the_future():
    x = np.random.default_rng(0).integers(3, size=(1, 12))
    changed = x.copy()
    changed[:, 7:] = (changed[:, 7:] + 1) % 3
    for ahead in (0, 2):
        before, after = NURSERY.posterior(x, ahead), NURSERY.posterior(changed, ahead)
        assert np.array_equal(before[:, : 7 - ahead], after[:, : 7 - ahead])
        assert not np.array_equal(before[:, 7 - ahead], after[:, 7 - ahead])


def test_long_recordings_stay_finite():
    x = np.full((1, 5000), 2)
    assert np.isfinite(NURSERY.posterior(x)).all()


def test_a_crf_with_its_scores_has_the_same_marginals():
    _, x = NURSERY.draw(3, 9, np.random.default_rng(0))
    crf = CRF(2, rng=np.random.default_rng(0), dtype=np.float64)
    crf.params["transitions"][...] = np.log(NURSERY.transitions)
    crf.params["start"][...] = np.log(NURSERY.start)
    crf.params["end"][...] = 0
    np.testing.assert_allclose(crf.marginals(np.log(NURSERY.emissions.T[x])), NURSERY.posterior(x), rtol=1e-10)


def test_what_is_drawn_follows_the_model():
    states, x = NURSERY.draw(2000, 30, np.random.default_rng(0))
    for s in (0, 1):
        assert np.bincount(x[states == s], minlength=3) / (states == s).sum() == pytest.approx(
            NURSERY.emissions[s], abs=0.02
        )
        followers = states[:, 1:][states[:, :-1] == s]
        assert followers.mean() == pytest.approx(NURSERY.transitions[s, 1], abs=0.01)


def test_a_posterior_is_calibrated():
    """Of all steps at which it says 30 %, about 30 % are so: what no other answer to the same question can better."""
    states, x = NURSERY.draw(2000, 30, np.random.default_rng(0))
    for ahead in (0, None):
        awake = NURSERY.posterior(x, ahead)[..., 1]
        for low in (0.1, 0.3, 0.5, 0.7):
            chosen = (awake >= low) & (awake < low + 0.2)
            assert states[chosen].mean() == pytest.approx(awake[chosen].mean(), abs=0.03)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": [0.5, 0.6]}, "start must hold probabilities"),
        ({"transitions": [[0.5, 0.5], [1.5, -0.5]]}, "transitions must hold probabilities"),
        ({"transitions": np.eye(3)}, "agree on the number of states"),
        ({"emissions": np.eye(3)}, "agree on the number of states"),
    ],
)
def test_what_is_not_a_model_is_refused(change, message):
    parts = {"start": [0.5, 0.5], "transitions": np.eye(2), "emissions": np.eye(2)}
    with pytest.raises(ValueError, match=message):
        HiddenMarkov(**parts | change)


def test_other_sounds_and_a_negative_wait_are_refused():
    with pytest.raises(ValueError, match="sounds from 0 to 2"):
        NURSERY.posterior(np.array([[0, 3]]))
    with pytest.raises(ValueError, match="ahead must be 0 or more, got -1"):
        NURSERY.posterior(np.array([[0, 1]]), ahead=-1)
