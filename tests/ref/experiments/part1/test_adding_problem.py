"""The adding problem by length: training stops when it is solved, and what was not solved is not counted as fast."""

import numpy as np
import pytest

from birnn_ref.experiments.part1 import adding_problem
from birnn_ref.experiments.part1.adding_problem import Settings


class TestAddingProblem:
    @pytest.fixture
    def budget(self):
        return {"hidden": {"gru": 16}, "batch": 16, "test": 100, "every": 10}

    def test_stops_at_the_first_check_below_the_mark(self, budget):
        errors = adding_problem.train(0, "gru", 4, 0.03, Settings(**budget), 1000)
        assert len(errors) < 100
        assert errors[-1] < adding_problem.SOLVED <= min(errors[:-1])

    def test_an_unsolved_run_uses_the_whole_budget(self, budget):
        errors = adding_problem.train(0, "gru", 4, 0.03, Settings(**budget), 30)
        assert len(errors) == 3
        assert min(errors) > adding_problem.SOLVED

    def test_chrono_differs_from_the_plain_cell_by_its_start_alone(self):
        bias = adding_problem.chrono_bias(np.random.default_rng(0), 200, 50)
        i, f, g, o = np.split(bias, 4)
        np.testing.assert_array_equal(i, -f)
        assert f.min() >= 0
        assert f.max() <= np.log(49)
        assert not g.any()
        assert not o.any()

    def test_unsolved_seeds_count_as_slower_than_all_others(self):
        def seed(*lengths):
            return {arm: {"parameters": 1, "errors": list(lengths)} for arm in adding_problem.SETTINGS.hidden}

        solved, slow = [0.1, 0.001], [0.1] * 80
        summary = adding_problem.summarise([seed(solved, solved), seed(solved, slow), seed(slow, slow)])["rnn"]
        assert summary["solved"] == [2, 1]
        assert summary["steps"] == [2 * adding_problem.SETTINGS.every, None]
