"""CTC, step by step: the path, its runs and what it says are the package's, and no frame shows a later step."""

import ctc_walk
import numpy as np
import pytest
from browsing import Visit, planted_fault

from birnn_ref.losses import ctc_greedy

PAGE = "part5_applications/speech.html"
SPOKEN = ctc_walk.spoken()
P = np.array(SPOKEN["p"])
SHOWN = """k => {
  const slider = document.querySelector(".ctc-walk input[name=step]");
  slider.value = k;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const all = (selector) => [...document.querySelectorAll(`.ctc-walk ${selector}`)];
  const number = (node, name) => Number(node.dataset[name]);
  return {
    cells: all(".cw-p").length,
    best: all(".cw-best").map(node => [number(node, "t"), number(node, "label")]),
    runs: all(".cw-run").map(node => [number(node, "label"), number(node, "from"), number(node, "to")]),
    begins: all(".cw-begins").length,
    caption: document.querySelector(".ctc-walk .picture-caption").textContent,
  };
}"""


@pytest.fixture(scope="module")
def visit(site, browser):
    with Visit(browser, site / PAGE, reduced_motion="reduce", picture="ctc-walk") as visit:
        yield visit


def heard(p):
    """What the package's greedy decoding says of some steps."""
    if not len(p):
        return []
    return ctc_greedy(np.log(np.maximum(p, 1e-9))[None], blank=SPOKEN["blank"])[0].tolist()


def expected_frame(k):
    """What stands at frame k, by the package's decoding of the first k steps."""
    T = len(P)
    path = P[:k].argmax(axis=1).tolist()
    runs = [[label, t, t] for t, label in enumerate(path)]
    if k > T:
        ends = [t for t in range(T) if t + 1 == T or path[t + 1] != path[t]]
        runs = [[path[b], a + 1, b] for a, b in zip([-1, *ends], ends, strict=False)]
    if k == T + 2:
        runs = [run for run in runs if run[0] != SPOKEN["blank"]]
    return {
        "cells": len(path) * P.shape[1],
        "best": [[t, label] for t, label in enumerate(path)],
        "runs": runs,
        "begins": len(SPOKEN["begins"]) if k > T else 0,
    }


def wrong_frames(page):
    """Return the frames that show a later step, hide one, or say something else than the package's decoding."""
    wrong = []
    for k in range(len(P) + 3):
        found = page.evaluate(SHOWN, k)
        caption, so_far = found.pop("caption"), " ".join(map(str, heard(P[:k]))) or "nothing"
        speaks = k == 0 or k == len(P) + 1 or caption.endswith(f": {so_far}.")
        if found != expected_frame(k) or not speaks:
            wrong.append(k)
    return wrong


def test_a_frame_shows_what_it_can_know_and_no_more(visit):
    assert wrong_frames(visit.page) == []


def test_the_answer_is_what_was_said(visit):
    assert heard(P) == SPOKEN["said"]
    assert [label for label, *_ in visit.page.evaluate(SHOWN, len(P) + 2)["runs"]] == SPOKEN["said"]
    np.testing.assert_allclose(P.sum(axis=1), 1, atol=1e-3)


def test_equal_labels_count_twice_only_over_a_blank(visit):
    for path in ([1, 1, 2], [1, 0, 1], [0, 0, 0], [2, 0, 2, 2, 1]):
        p = np.eye(3)[path] * 0.9 + 0.03
        found = visit.page.evaluate("([p, blank]) => CtcWalk.says(CtcWalk.bestPath(p), blank)", [p.tolist(), 0])
        assert found == ctc_greedy(np.log(p)[None], blank=0)[0].tolist()


@pytest.mark.parametrize(
    "planted",
    [
        ("const T = p.length, labels = Pictures.upTo(p[0].length), path = bestPath(p.slice(0, Math.min(k, T)));",
         "const T = p.length, labels = Pictures.upTo(p[0].length), path = bestPath(p.slice(0, Math.min(k + 1, T)));"),
        ("filter((label) => label !== blank)", "filter((label) => label !== blank).reverse()"),
        ("(k > T ? true_ : \"\")", "true_"),
    ],
    ids=["the next step", "order turned round", "the truth early"],
)  # fmt: skip
def test_a_planted_fault_is_noticed(planted, site, browser):
    with (
        planted_fault(site / "_static" / "ctc_walk.js", *planted),
        Visit(browser, site / PAGE, picture="ctc-walk") as visit,
    ):
        assert wrong_frames(visit.page)
