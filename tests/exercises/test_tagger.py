"""Problem set 8's trainer, with the solution's functions on top: a loss, its gradients, answers that keep the rules."""

import examples as tool
import mutants
import numpy as np
import pytest

from birnn_ref.layers import CRF
from birnn_student import session
from birnn_student.problem_set import read
from birnn_student.tagger import functions, train_tagger
from birnn_student.tagger_crf import OwnCRF

NAMES = ["O", "B-city", "I-city", "B-day", "I-day"]


@pytest.fixture(scope="module")
def solved():
    return functions(tool.functions("ps8", {}))


def test_loss_and_gradients_are_the_packages(solved):
    rng = np.random.default_rng(0)
    own, reference = OwnCRF(solved, NAMES, rng), CRF(5, NAMES, rng=rng)
    for name, array in own.params.items():
        array[...] = reference.params[name] = rng.normal(size=array.shape).astype(np.float32)
    emissions, lengths = rng.normal(size=(3, 4, 5)).astype(np.float32), np.array([4, 1, 2])
    tags = np.array([[1, 2, 0, 3], [0, 0, 0, 0], [3, 4, 0, 0]])
    loss, d_emissions = own.loss(emissions, tags, lengths)
    right, d_right = reference.loss(emissions, tags, lengths)
    assert loss == pytest.approx(right, rel=1e-4)
    np.testing.assert_allclose(d_emissions, d_right, atol=1e-5)
    for name in own.params:
        np.testing.assert_allclose(own.grads[name], reference.grads[name], atol=1e-5)
    assert (own.decode(emissions, lengths) == reference.decode(emissions, lengths)).all()


def test_what_is_not_allowed_is_never_said(solved):
    rng = np.random.default_rng(1)
    own, emissions = OwnCRF(solved, NAMES, rng), np.zeros((1, 6, 5), np.float32)
    emissions[..., [2, 4]] = 50
    first, *rest = (NAMES[i] for i in own.decode(emissions, np.array([6]))[0])
    assert first[0] != "I"
    assert all(b[0] != "I" or a[1:] == b[1:] for a, b in zip([first, *rest], rest, strict=False))


def test_it_trains_says_and_shows_its_errors(solved, capsys):
    session.start(read("ps8"), solved)
    tagger = train_tagger(1, 1, sentences=64, show=False)
    assert len(tagger.history) == 2
    assert isinstance(tagger.model.crf, OwnCRF)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("epoch 1, each word alone: loss ")
    assert said[1].startswith("epoch 2, with your CRF: loss ")
    tagger.say("play the new album by nina simone")
    tagger.errors(2)
    tagger.transitions(1)
    tagger.test()
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("play")
    assert said[1].endswith("sentences have an error; the surest 2:")
    assert "→" in said[-2]
    assert said[-1].startswith("test F1 ")
    assert train_tagger(1, 1, crf=False, sentences=64, show=False).model.crf is None
    assert capsys.readouterr().out.count("each word alone") == 2


def test_a_part_that_is_missing_is_named(solved):
    with pytest.raises(RuntimeError, match="viterbi is not written yet"):
        functions({**solved, "viterbi": lambda *_: None})
    with pytest.raises(RuntimeError, match="path_score is not written yet"):
        functions({name: f for name, f in solved.items() if name != "path_score"})


def test_nothing_trains_when_the_work_is_graded():
    """The training's cells hold comments until a student takes the # away."""
    cells = [cell for cell in mutants.code_cells("ps8") if "tagger" in cell.source]
    assert len(cells) == 2
    for cell in cells:
        lines = [line for line in cell.source.splitlines() if line and not line.startswith("#")]
        assert lines in ([], ["from birnn_student.tagger import train_tagger"])
