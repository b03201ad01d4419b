"""The interval over seeds and items, on tables whose spread is known."""

import numpy as np
import pytest

from birnn_ref.experiments.paired import over_seeds_and_items, pack, unpack
from birnn_ref.experiments.rates import Trial, choose_rate
from birnn_ref.experiments.results import mean_and_interval


@pytest.mark.parametrize("items", [1, 7, 8, 9, 25_000])
def test_packed_answers_come_back(items):
    right = np.random.default_rng(0).random(items) < 0.8
    np.testing.assert_array_equal(unpack(pack(right), items), right)


def test_another_number_of_items_is_refused():
    with pytest.raises(ValueError, match="holds 1 to 8 items, expected 9"):
        unpack(pack(np.ones(8, bool)), 9)


@pytest.mark.parametrize("shape", [(5,), (1, 9), (11, 9), (3, 1)])
def test_a_table_without_seeds_or_items_is_refused(shape):
    with pytest.raises(ValueError, match="2 to 10 seeds"):
        over_seeds_and_items(np.ones(shape))


def test_where_items_do_not_differ_it_is_the_interval_over_seeds():
    by_seed = [0.70, 0.72, 0.69, 0.75]
    found = over_seeds_and_items(np.repeat(np.array(by_seed)[:, None], 50, axis=1))
    assert found["half_width"] == found["seeds"] == mean_and_interval(by_seed)["half_width"]
    assert found["items"] == 0


def test_where_seeds_do_not_differ_it_is_that_of_a_proportion():
    right = np.random.default_rng(0).random(25_000) < 0.8
    found = over_seeds_and_items(np.repeat(right[None], 5, axis=0))
    assert found["seeds"] == 0
    assert found["half_width"] == pytest.approx(1.96 * np.sqrt(0.8 * 0.2 / 25_000), rel=0.02)  # half a point


def test_it_covers_the_truth_as_often_as_it_says():
    rng, covered = np.random.default_rng(0), 0
    for _ in range(400):
        table = 0.02 * rng.normal(size=(5, 1)) + 0.3 * rng.normal(size=200) + 0.4 * rng.normal(size=(5, 200))
        found = over_seeds_and_items(table)
        covered += abs(found["mean"]) <= found["half_width"]
    assert 0.93 < covered / 400 < 0.99


def test_over_seeds_alone_it_would_not():
    rng, covered = np.random.default_rng(0), 0
    for _ in range(400):
        table = 0.3 * rng.normal(size=200) + 0.1 * rng.normal(size=(5, 200))
        interval = mean_and_interval(table.mean(axis=1))
        covered += abs(interval["mean"]) <= interval["half_width"]
    assert covered / 400 < 0.7


class TestChooseRate:
    def test_takes_the_rate_that_solves_soonest(self):
        needs = {0.1: 300, 0.2: 100, 0.4: 2000}

        def trial(_, rate, limit):
            return Trial(min(needs[rate], limit), needs[rate] <= limit, 0)

        assert choose_rate(list(needs), 1000, trial) == 0.2

    def test_a_rate_that_solves_every_seed_beats_a_faster_one_that_solves_half(self):
        def trial(seed, rate, limit):
            needs = {(0.1, 0): 900, (0.1, 1): 900, (0.2, 0): 10, (0.2, 1): 5000}[rate, seed]
            return Trial(min(needs, limit), needs <= limit, 0)

        for rates in ([0.1, 0.2], [0.2, 0.1]):
            assert choose_rate(rates, 1000, trial, seeds=(0, 1)) == 0.1

    def test_where_nothing_is_solved_the_least_error_decides(self):
        assert choose_rate([0.1, 0.2, 0.4], 100, lambda _, r, limit: Trial(limit, False, abs(r - 0.2))) == 0.2

    def test_no_training_goes_on_past_what_the_best_rate_needed(self):
        limits = []

        def trial(seed, rate, limit):
            limits.append(limit)
            return Trial(min(limit, 50), limit >= 50, 0)

        choose_rate([0.1, 0.2], 1000, trial, seeds=(0, 1))
        assert limits == [1000, 1000, 100, 50]
