"""The generated tasks: what is promised of them is exact."""

import numpy as np
import pytest

from birnn_ref.datasets.tasks.ambiguous import SENSES, WORDS, ambiguous_sentences
from birnn_ref.datasets.tasks.filters import FUTURE, PAST, error_floor, filter_task, filter_weights


class TestAmbiguous:
    @pytest.fixture
    def data(self):
        return ambiguous_sentences(200, np.random.default_rng(0))

    def test_twins_agree_up_to_the_word_exactly_where_the_clause_comes_after_it(self, data):
        for i in range(0, len(data.x), 2):
            place = data.position[i]
            assert data.position[i] == data.position[i + 1] or not data.after[i]
            same_before = np.array_equal(data.x[i, : place + 1], data.x[i + 1, : place + 1])
            assert same_before == data.after[i]

    def test_twins_agree_from_the_word_on_exactly_where_the_clause_comes_before_it(self, data):
        for i in range(0, len(data.x), 2):
            ends = [data.x[j, data.position[j] : data.lengths[j]] for j in (i, i + 1)]
            assert np.array_equal(*ends) != data.after[i]

    def test_the_word_stands_where_it_is_said_to(self, data):
        assert {WORDS[n] for n in data.x[np.arange(len(data.x)), data.position]} == set(SENSES)

    def test_senses_and_sides_are_balanced(self, data):
        assert data.sense.mean() == 0.5
        assert 0.4 < data.after.mean() < 0.6

    def test_padding_is_zero_and_words_are_not(self, data):
        real = np.arange(data.x.shape[1]) < data.lengths[:, None]
        assert np.array_equal(data.x > 0, real)

    def test_no_twins_are_refused(self):
        with pytest.raises(ValueError, match="twins must be at least 1, got 0"):
            ambiguous_sentences(0, np.random.default_rng(0))


class TestFilter:
    def test_a_target_is_the_weighted_mean_of_its_neighbours(self):
        x, y = filter_task(2, 40, np.random.default_rng(0))
        t = PAST + 3
        past = sum(x[1, t - d, 0] * (1 - d / 10) for d in range(1, 11)) / 10
        future = sum(x[1, t + d, 0] * (1 - d / 20) for d in range(20)) / 20
        assert y[1, t, 0] == pytest.approx(past + future)

    def test_steps_without_all_their_inputs_have_no_target(self):
        _, y = filter_task(1, 40, np.random.default_rng(0))
        assert np.array_equal(np.flatnonzero(np.isfinite(y[0, :, 0])), np.arange(PAST, 40 - FUTURE))

    @pytest.mark.parametrize(
        ("first", "last", "floor"),
        [
            (-10, 0, 0.001286),
            (-10, 5, 0.000529),
            (-10, 10, 0.000148),
            (0, 19, 0.002375),
            (-10, 19, 0),
            (0, -1, 0.003870),
        ],
    )
    def test_floors_are_those_computed_by_hand(self, first, last, floor):
        assert error_floor(first, last) == pytest.approx(floor, abs=5e-7)

    @pytest.mark.parametrize("seen", [(-10, 0), (-10, 5), (0, 19)])
    def test_least_squares_on_what_is_seen_comes_to_the_floor_and_not_below(self, seen):
        x, y = filter_task(400, 130, np.random.default_rng(1))
        offsets = range(seen[0], seen[1] + 1)
        columns = [x[:, PAST + d : x.shape[1] - FUTURE + d].ravel() - 0.5 for d in offsets]
        inputs = np.stack([*columns, np.ones_like(columns[0])], axis=1)
        targets = y[:, PAST : x.shape[1] - FUTURE].ravel()
        error = np.mean((targets - inputs @ np.linalg.lstsq(inputs, targets, rcond=None)[0]) ** 2)
        assert error == pytest.approx(error_floor(*seen), rel=0.06)

    def test_weights_are_thirty_and_one_is_zero(self):
        weights = filter_weights()
        assert (min(weights), max(weights), weights[-10]) == (-10, 19, 0)

    def test_too_short_a_sequence_is_refused(self):
        with pytest.raises(ValueError, match="time must be more than 29, got 29"):
            filter_task(1, 29, np.random.default_rng(0))
