"""Problem set 7's symptoms: what is stored is what the wrong models do, and each shows what its case says."""

import numpy as np
import pytest
import symptoms as tool

from birnn_ref.datasets import load_snips
from birnn_student import symptoms
from birnn_student.symptoms import read, symptom, table

CASES = range(1, 7)


@pytest.fixture(scope="module")
def data():
    return load_snips(min_count=2)


@pytest.mark.parametrize("case", [pytest.param(case, marks=[] if case == 3 else [pytest.mark.slow]) for case in CASES])
def test_a_model_trained_again_shows_the_same(case, data):
    stored, again = read(case), tool.CASES[case - 1](data)
    assert again["series"].keys() == stored["series"].keys()
    for name, numbers in again["series"].items():
        np.testing.assert_allclose(numbers, stored["series"][name], atol=3.0)


def test_1_the_second_direction_helps_from_the_middle_on():
    both, forward = read(1)["series"].values()
    gain = np.subtract(both, forward)
    assert gain[:3].max() < 5 < 10 < gain[3:6].min()
    assert np.argmax(both) == 3


def test_2_accuracy_falls_with_the_batch_in_two_directions_alone():
    both, forward = read(2)["series"].values()
    assert both[0] - both[-1] > 0.5
    assert len(set(forward)) == 1


def test_3_short_ones_have_one_answer_and_the_backward_weights_hardly_matter():
    seen = read(3)
    (longest, shorter), (shuffled, _) = seen["series"].values()
    assert longest > 90 > 20 > shorter
    assert longest - shuffled < 10
    answers = [line.split()[0] for line in seen["lines"]]
    lengths = [len(line.split()) for line in seen["lines"]]
    assert len({a for a, n in zip(answers, lengths, strict=True) if n < max(lengths)}) == 1


def test_4_a_perplexity_of_one_and_nothing_where_a_word_is_missing():
    seen = read(4)
    both, forward = seen["series"].values()
    assert both[-1] < 1.05 < 5 < forward[-1]
    assert float(seen["lines"][0].split(": ")[1].split(" %")[0]) < 5


def test_5_the_last_place_of_a_chunk_is_the_worst():
    chunks, whole = read(5)["series"].values()
    loss = np.subtract(whole, chunks)
    assert np.argmax(loss) == len(loss) - 1
    assert loss[-1] > 5 > 2 > loss[:6].max()


def test_6_a_batch_as_it_comes_is_worse_and_tags_depend_on_the_neighbour():
    seen = read(6)
    alike, as_they_come = seen["series"].values()
    assert alike[-1] - as_they_come[-1] > 5
    one, other = (line.split("words", 1)[1] for line in seen["lines"][2:])
    assert one != other


@pytest.mark.parametrize("case", CASES)
def test_a_notebook_shows_a_table_and_a_picture_with_all_numbers(case, monkeypatch, capsys):
    plt = pytest.importorskip("matplotlib.pyplot")
    monkeypatch.setattr(symptoms, "shell", object)
    monkeypatch.setattr(plt, "show", lambda: None)
    symptom(case)
    assert capsys.readouterr().out.rstrip() == table(read(case)).rstrip()
    ax = plt.gca()
    assert len(ax.get_legend().get_texts()) == len(read(case)["series"])
    drawn = [line.get_ydata() for line in ax.lines] or [[bar.get_height() for bar in group] for group in ax.containers]
    np.testing.assert_allclose(np.ravel(drawn), np.ravel(list(read(case)["series"].values())))
    plt.close()


def test_nothing_is_shown_outside_of_a_notebook(capsys):
    symptom(1)
    assert capsys.readouterr().out == ""


def test_a_case_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"there are the cases 1, .*6, not 7"):
        read(7)
