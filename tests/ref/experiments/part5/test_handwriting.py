"""The study of handwriting: sizes are equal, opponents find themselves, and what counts as right is right."""

import numpy as np
import pytest

from birnn_ref.datasets import Split, load_letters, load_pen_words
from birnn_ref.experiments.nearest import LATER, PenTemplates, nearest, shapes, windows
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.part5 import handwriting
from birnn_ref.experiments.part5.handwriting import BLANK, STUDY, TASKS, build, scored

RNG = np.random.default_rng


@pytest.fixture(scope="module")
def words():
    return load_pen_words(train=4, test=2)


@pytest.mark.parametrize("task", TASKS)
def test_the_networks_of_a_task_are_of_one_size(task):
    sizes = [parameter_count(build(task, name, RNG(0), STUDY.settings)) for name in TASKS[task]]
    assert max(sizes) < 1.01 * min(sizes)


def test_the_forward_networks_see_nothing_later_and_one_waits(words):
    split = words["test"].take(slice(4))
    late = split.features.copy()
    late[:, 20:] += 1
    for name, seen in (("forward", 20), ("waiting", 12), ("both", 0)):
        model = build("points", name, RNG(0), STUDY.settings)
        rows = [model.forward(x, split.lengths) for x in (split.features, late)]
        moved = (rows[0] != rows[1]).any(axis=(0, 2))
        assert not moved[:seen].any(), name
        assert moved[seen:20].all(), name


class Oracle:
    """Says each letter at its first point, and the blank elsewhere."""

    def __init__(self, split):
        self.split = split

    def forward(self, x, lengths):
        logits = np.zeros((*x.shape[:2], 27), np.float32)
        logits[..., BLANK] = 1
        for row, word, tags in zip(logits, self.split.targets, self.split.tags, strict=True):
            at = [int(np.flatnonzero(tags == letter)[0]) for letter in word]
            row[at, word] = 9
        return logits


def test_an_oracle_reads_every_word(words):
    split = words["test"]
    once = split.take(np.array([i for i, word in enumerate(split.targets) if len(set(word.tolist())) == 3]))
    assert scored("words", Oracle(once), once)["right"] == 1


def test_points_are_scored_by_writer_and_by_their_place_in_the_letter(words):
    split = words["test"]

    class Late:  # right from the third point of a letter on
        def forward(self, x, lengths):
            tags = split.tags
            same = tags[:, 2:] == tags[:, 1:-1]
            known = np.pad(same & (tags[:, 2:] == tags[:, :-2]), ((0, 0), (2, 0)))
            return np.eye(26)[np.where(known, tags, (tags + 1) % 26)]

    found = scored("points", Late(), split)
    assert found["by_place"][:3] == [0, 0, 1]
    assert set(found["by_place"][2:]) == {1}
    assert len(found["by_writer"]) == 20
    assert 0.5 < found["right"] < 1


class TestOpponents:
    def test_the_nearest_of_the_training_letters_is_itself(self):
        split = load_letters(repetitions=1)["test"]
        rows = shapes(split)
        assert rows.shape == (520, 32)
        assert (nearest(rows, rows) == np.arange(520)).all()
        moved = Split(features=split.features + np.float32([0, 0, 1, 0, 0]), lengths=split.lengths)
        assert np.abs(shapes(moved) - rows).max() < 1e-5  # where on the paper does not matter

    def test_windows_are_what_lies_around(self, words):
        split = words["test"].take(slice(3))
        rows = windows(split, reach=2)
        assert rows.shape == (split.lengths.sum(), 5 * 4)
        x = split.features[0][:, [0, 1, 3, 4]]
        assert np.array_equal(rows[2].reshape(4, 5).T, x[:5])
        assert not rows[0].reshape(4, 5)[:, :2].any()

    def test_templates_read_what_they_were_made_of(self, words):
        learned = words["train"].take(slice(40))
        templates = PenTemplates.of(learned)
        assert LATER in templates.templates.labels
        once = [i for i in range(40) if len(set(learned.targets[i].tolist())) == 3][:5]
        for i in once:
            assert templates.read(learned.features[i, : learned.lengths[i]], 2.0) == learned.targets[i].tolist()

    def test_no_seed_changes_them(self):
        settings = STUDY.changed(STUDY.check)
        assert handwriting.opponent("letters", settings) is handwriting.opponent("letters", settings)
