"""Generated handwriting: points equally far apart, writers in one part alone, dots and bars when their writer says."""

import numpy as np
import pytest

from birnn_ref.datasets import load_letters, load_pen_words
from birnn_ref.datasets.letters import ALPHABET, FORMS, OTHER_FORMS, draw_writer, write
from birnn_ref.datasets.pens import ARROWS, FEATURES, WRITERS, pen_features, resample

RNG = np.random.default_rng


@pytest.fixture(scope="module")
def words():
    return load_pen_words(train=2, test=2)


class TestResample:
    def test_points_are_equally_far_apart_along_the_line(self):
        angle = np.sort(RNG(0).uniform(0, np.pi, 400))
        half = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        points = resample(half, 0.1)
        apart = np.hypot(*np.diff(points, axis=0).T)
        assert np.allclose(apart, 0.1, atol=1e-3)
        assert np.allclose(points[0], half[0])
        assert len(points) == 32  # the first, and one for each 0.1 of a length of about 3.14

    def test_a_faster_pen_gives_the_same_points(self):
        writer = draw_writer(4)
        slow, fast = (write("g", writer._replace(speed=speed), RNG(1))[0].points for speed in (0.03, 0.1))
        assert len(slow) > 2 * len(fast)
        slow, fast = resample(slow, 0.25), resample(fast, 0.25)
        n = min(len(slow), len(fast))
        assert abs(len(slow) - len(fast)) <= 1
        assert np.abs(slow[:n] - fast[:n]).max() < 0.1

    def test_a_dot_has_a_point(self):
        assert resample(np.array([[1.0, 2.0]]), 0.25).tolist() == [[1, 2]]
        assert resample(np.array([[1.0, 2.0], [1, 2.1]]), 0.25).tolist() == [[1, 2]]

    @pytest.mark.parametrize(
        ("points", "step", "message"),
        [
            (np.zeros((0, 2)), 1, r"points must be \(1 or more, 2\), got \(0, 2\)"),
            (np.zeros((3, 3)), 1, r"got \(3, 3\)"),
            (np.zeros((3, 2)), 0, "step must be above 0, got 0"),
            (np.zeros((3, 2)), float("nan"), "step must be above 0, got nan"),
        ],
    )
    def test_bad_arguments(self, points, step, message):
        with pytest.raises(ValueError, match=message):
            resample(points, step)


class TestWriting:
    def test_all_letters_have_their_strokes(self):
        assert "".join(FORMS) == ALPHABET
        for number in range(8):
            for letter in ALPHABET:
                form = (OTHER_FORMS if letter in draw_writer(number).other else FORMS)[letter]
                strokes = write(letter, draw_writer(number), RNG(0))
                assert len(strokes) == 1 + form.count("|") + form.count("+")
                assert all(np.isfinite(stroke.points).all() for stroke in strokes)

    def test_dots_and_bars_come_when_their_writer_puts_them(self):
        writer = draw_writer(0)
        at_once, late = (write("tilt", writer._replace(late=late), RNG(0)) for late in (False, True))
        assert [stroke.place for stroke in at_once] == [0, 0, 1, 1, 2, 3, 3]
        assert [stroke.place for stroke in late] == [0, 1, 2, 3, 0, 1, 3]
        assert sum(draw_writer(number).late for number in range(70)) in range(20, 50)

    def test_a_bar_drawn_to_the_left_is_the_same_bar(self):
        writer = draw_writer(0)
        right, left = (write("t", writer._replace(leftward=turned), RNG(0))[-1].points for turned in (False, True))
        assert np.allclose(right[0], left[-1])
        assert right[-1, 0] > right[0, 0]

    def test_slant_leans_to_the_right(self):
        top, *_, foot = write("l", draw_writer(0)._replace(slant=0.5, shake=0.0), RNG(0))[0].points
        upright = write("l", draw_writer(0)._replace(slant=0.0, shake=0.0), RNG(0))[0].points
        assert (top - foot)[0] > (upright[0] - upright[-1])[0] + 0.5

    def test_the_same_numbers_give_the_same_ink(self):
        a, b = (write("quick", draw_writer(9), RNG(3)) for _ in range(2))
        assert all(np.array_equal(x.points, y.points) for x, y in zip(a, b, strict=True))
        other = write("quick", draw_writer(9), RNG(4))
        assert not np.array_equal(a[0].points[:5], other[0].points[:5])

    @pytest.mark.parametrize("word", ["", "A", "über", "a b"])
    def test_what_is_no_letter(self, word):
        with pytest.raises(ValueError, match="word must be of the letters a to z, got"):
            write(word, draw_writer(0), RNG(0))


class TestFeatures:
    def test_they_are_moves_places_and_the_lifted_pen(self):
        strokes = write("it", draw_writer(1)._replace(late=True), RNG(0))
        features = pen_features(strokes, 0.25)
        assert features.shape[1] == len(FEATURES)
        lines = [resample(stroke.points, 0.25) for stroke in strokes]
        assert features[:, 4].sum() == len(strokes) - 1
        assert features[len(lines[0]), 4] == 1
        points = np.concatenate(lines)
        assert np.allclose(np.cumsum(0.25 * features[:, 0]), points[:, 0] - points[0, 0], atol=1e-5)
        assert np.allclose(features[:, 3], points[:, 1], atol=1e-6)
        assert np.allclose(2 * features[:, 2], points[:, 0] - points[0, 0], atol=1e-5)
        within = np.hypot(*features[1 : len(lines[0]), :2].T)
        assert within.max() < 1 + 1e-5


class TestLoaders:
    def test_nobody_is_in_two_parts(self, words):
        for data in (words, load_letters(repetitions=1)):
            who = [set(split.groups.tolist()) for split in data.splits.values()]
            assert [len(own) for own in who] == [40, 10, 20]
            assert len(set.union(*who)) == 70
        assert sum(map(len, WRITERS.values())) == len(words.group_names)

    def test_tags_say_whose_point_it_is(self, words):
        split = words["test"]
        for x, tags, n, targets in zip(split.features, split.tags, split.lengths, split.targets, strict=True):
            assert set(tags[:n].tolist()) == set(targets.tolist())
            assert tags[0] == targets[0]
            assert not tags[n:].any()
            assert not x[n:].any()

    def test_letters_are_balanced_and_in_no_order(self):
        split = load_letters(repetitions=2)["test"]
        assert np.bincount(split.labels).tolist() == [40] * 26
        assert len(set(split.labels[:40].tolist())) > 12
        assert len(set(split.groups[:40].tolist())) > 8

    def test_they_say_that_they_are_generated(self, words):
        assert "not real handwriting" in words.note
        assert words.source == "generator"
        line = words.example("test", 0)
        text = "".join(ALPHABET[k] for k in words["test"].targets[0])
        assert line.startswith(f"{text} by writer ")
        assert set(line.partition(": ")[2]) <= {*ARROWS, "·"}

    def test_bad_arguments(self):
        for call in (lambda: load_letters(repetitions=0), lambda: load_pen_words(letters=0)):
            with pytest.raises(ValueError, match="must be at least 1, got 0"):
                call()
        with pytest.raises(ValueError, match="step must be above 0"):
            load_letters(repetitions=1, step=0)
