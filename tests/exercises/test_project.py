"""The project: the rubric is the page's, and the example report says what the stored study found."""

import json
import re

import nbformat
import numpy as np
import pytest
from support import ROOT

from birnn_ref.experiments.part2.disambiguation import (
    WORDS, Reader, Settings, ambiguous_sentences, at_the_end, at_the_word, falling_rate, is_right, loss_at_the_question,
    sentences, train, with_noise,
)  # fmt: skip

CELLS = {c.id: c for c in nbformat.read(ROOT / "solutions/project/project.ipynb", as_version=4).cells}
STORED = json.loads((ROOT / "book/results/disambiguation.json").read_text())
NAMES = {"question": "Question", "opponents": "Opponents", "no_leak": "No leak", "comparison": "Comparison"}
NAMES |= {"errors": "Errors", "honesty": "Honesty", "again": "Again"}


def _percent(found, sign=""):
    return f"{100 * found['mean']:{sign}.1f} ± {100 * found['half_width']:.1f}".replace("-", "−")


def test_the_rubric_in_the_notebook_is_that_of_the_page():
    page = (ROOT / "book/instructors/projects.md").read_text()
    rows = re.findall(r"^\| (\w[\w ]+) \((\d)\) \| (.+) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert [name for name, *_ in rows] == list(NAMES.values())
    assert sum(int(points) for _, points, *_ in rows) == 25
    for id_, (_, points, *_) in zip(NAMES, rows, strict=True):
        settings = CELLS[id_].metadata["nbgrader"]
        assert settings["grade"]
        assert settings["solution"]
        assert settings["points"] == int(points)
        assert f"*{points} points: " in CELLS[id_].source


def test_the_example_report_has_the_stored_studys_figures():
    summary, report = STORED["summary"], CELLS["comparison"].source
    for at, share in enumerate(STORED["settings"]["noise"]):
        row = next(line for line in report.splitlines() if line.startswith(f"| {100 * share:.0f} %"))
        names = ("forward", "forward_at_the_end", "both")
        wanted = [_percent(summary[name]["with_noise"][at]) for name in names]
        wanted.append(_percent(summary["both_minus_waiting"][at], "+"))
        assert [cell.strip() for cell in row.strip("|").split("|")][1:] == wanted
    opponents = CELLS["opponents"].source
    run = STORED["runs"][0]
    for name in ("forward", "both"):
        assert str(run[name]["recurrent_parameters"]) in opponents
    assert f"{100 * summary['forward']['told_after']['mean']:.1f} %" in opponents
    assert {summary[name][kind]["mean"] for name in names[1:] for kind in ("told_before", "told_after")} == {1.0}


@pytest.mark.slow
def test_the_errors_that_were_read_are_made_again():
    settings = Settings()
    test = ambiguous_sentences(settings.test_twins, np.random.default_rng(1000))
    noisy = with_noise(test, settings.noise[2], np.random.default_rng(1001))
    telling = test.x != test.x.reshape(-1, 2, test.x.shape[1])[:, ::-1].reshape(test.x.shape)
    lost, of = (telling & (noisy.x != test.x)).sum(axis=1), telling.sum(axis=1)
    kinds = {"none": lost == of, "some": (lost > 0) & (lost < of), "all": lost == 0}
    wrong = {}
    for name, width, ask in (("both", settings.hidden, at_the_word), ("forward", settings.equal_hidden, at_the_end)):
        rng = np.random.default_rng(0)
        model = Reader(name, settings.features, width, 2, num_words=len(WORDS), rng=rng)
        batches = (((b.x, b.lengths), ask(b)) for b in sentences(settings.batch_twins, rng))
        schedule = falling_rate(settings.rate, settings.steps)
        train(model, batches, loss_at_the_question, schedule=schedule, steps=settings.steps, clip=settings.clip)
        wrong[name] = {kind: int((at & ~is_right(model, ask(noisy))).sum()) for kind, at in kinds.items()}
    said = CELLS["errors"].source
    numbers = [int(n) for n in re.findall(r"\((\d+) errors in", said)]
    of_kind = [int(n) for n in re.findall(r"errors in (\d+) sentences", said)]
    assert of_kind == [int(at.sum()) for at in kinds.values()]
    np.testing.assert_allclose(numbers, list(wrong["both"].values()), atol=15)
    assert wrong["forward"]["all"] > wrong["both"]["all"]
