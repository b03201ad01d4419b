"""Every interactive picture by keyboard alone: reached in order, seen, used, left, and never lost."""

import re

import light
import pytest
from browsing import Visit
from keyboard import keyboard_faults

PICTURES = [
    ("index", "two-chains"),
    ("part1_fundamentals/gradients", "spectral-radius"),
    ("part1_fundamentals/lstm_gru", "gates"),
    ("part2_brnn/bidirectional", "influence-explorer"),
    ("part2_brnn/lengths", "padding-lab"),
    ("part2_brnn/two_chains", "two-chains"),
    ("part2_brnn/two_chains", "waiting"),
    ("part3_keras_imdb/read_a_review", "review-reader"),
    ("part5_applications/grin", "silent-map"),
    ("part5_applications/naming", "lattice"),
    ("part5_applications/speech", "ctc-walk"),
    ("part5_applications/translation", "attention-lines"),
    ("sets/ps1", "set-question"),
]
CHEAP = ("part1_fundamentals/lstm_gru", "gates")


def _ready(visit, picture):
    visit.page.wait_for_selector(f".{picture} :is(button, input, select)")
    if picture in ("two-chains", "waiting"):
        visit.page.wait_for_selector(f".{picture}[data-ready]")
    return f".{picture}"


@pytest.mark.parametrize(("name", "picture"), PICTURES)
def test_a_picture_by_keyboard(name, picture, site, browser):
    with Visit(browser, site / f"{name}.html", reduced_motion="reduce") as visit:
        assert keyboard_faults(visit.page, _ready(visit, picture)) == []
        assert visit.faults == []


def test_no_picture_is_left_out(site):
    kinds = [name.replace("_", "-") for name in light.PICTURES]
    found = {
        (path.relative_to(site).with_suffix("").as_posix(), kind)
        for path in site.rglob("*.html")
        for kind in kinds
        if re.search(rf'<div class="{kind}[" ]', path.read_text())
    }
    assert found == {(name, picture) for name, picture in PICTURES if picture != "set-question"}


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("root.oninput = ({ target }) => target.replaceWith(target.cloneNode(true))", "leaves the focus on"),
        ("root.onkeydown = (event) => event.key === 'Tab' && event.preventDefault()", "Tab "),
        ("root.onkeydown = (event) => event.key !== 'Tab' && event.preventDefault()", "does nothing"),
        ("root.querySelector('button, input, select').tabIndex = 1", "Tab comes to"),
        ("for (const e of root.querySelectorAll('*')) e.style.cssText += 'outline: none !important'", "nothing shows"),
    ],
    ids=["lost", "trap", "deaf", "order", "unseen"],
)
def test_a_planted_fault_is_found(fault, says, site, browser):
    name, picture = CHEAP
    with Visit(browser, site / f"{name}.html") as visit:
        selector = _ready(visit, picture)
        visit.page.locator(selector).first.evaluate(f"root => {{ {fault}; }}")
        assert any(says in found for found in keyboard_faults(visit.page, selector))
