"""Spectral radius against distance: the norms and the reach are the package's, at every place of the slider."""

import json

import numpy as np
import pytest
import spectral_radius
from browsing import Visit, planted_fault
from spectral_radius import DISTANCE, RADII

PAGE = "part1_fundamentals/gradients.html"
SHOWN = """at => {
  const slider = document.querySelector(".spectral-radius input[name=step]");
  slider.value = at;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  const one = (selector) => document.querySelector(`.spectral-radius ${selector}`);
  const line = (selector) => one(selector).getAttribute("points").split(" ").map(point => Number(point.split(",")[1]));
  return {
    radius: one("output[name=radiusOut]").value,
    tanh: line(".sr-norms .sr-tanh"), powers: line(".sr-norms .sr-powers"),
    reach: Number(one("circle.sr-tanh").dataset.reach), reachAlone: Number(one("circle.sr-powers").dataset.reach),
    caption: one(".picture-caption").textContent,
  };
}"""


@pytest.fixture(scope="module")
def visit(site, browser):
    with Visit(browser, site / PAGE, reduced_motion="reduce", picture="spectral-radius") as visit:
        yield visit


def height(logs):
    """Where the page draws powers of ten: 10 at pixel 26, -20 at pixel 172, and nothing beyond."""
    return pytest.approx(172 - (172 - 26) * (np.clip(logs, -20, 10) + 20) / 30, abs=0.2)


def wrong_places(page, places):
    """Return the radii at which the picture draws or says something else than the package."""
    wrong = []
    for at in places:
        tanh, powers = (norms(RADII[at]).mean(axis=0) for norms in (spectral_radius.with_tanh, spectral_radius.powers))
        found = page.evaluate(SHOWN, at)
        reaches = [spectral_radius.reach(mean) for mean in (tanh, powers)]
        over = [f"over all {n}" if n == DISTANCE else f"over {n} step" for n in reaches]
        right = (
            found["radius"] == f"{RADII[at]:.1f}"
            and found["tanh"] == height(tanh)
            and found["powers"] == height(powers)
            and [found["reach"], found["reachAlone"]] == reaches
            and f"{over[0]}" in found["caption"].split("with tanh")[0]
            and f"{over[1]}" in found["caption"].split("with tanh")[1]
        )
        if not right:
            wrong.append(RADII[at])
    return wrong


def test_every_radius_shows_the_packages_numbers(visit):
    assert wrong_places(visit.page, range(0, len(RADII), 3)) == []


@pytest.mark.parametrize(
    "planted",
    [
        ("value + k * Math.log10(radius)", "value + k * radius"),
        ("byDistance(numbers, at, caption", "byDistance(numbers, at + 1, caption"),
        ("under < 0 ? values.length - 1 : under - 1", "under < 0 ? values.length - 1 : under"),
        ('data-reach="${values[at]}"', 'data-reach="${values[0]}"'),
    ],
    ids=["radius without its logarithm", "the next radius", "one step too far", "another radius' reach"],
)
def test_a_planted_fault_is_noticed(planted, site, browser):
    with (
        planted_fault(site / "_static" / "spectral_radius.js", *planted),
        Visit(browser, site / PAGE, picture="spectral-radius") as visit,
    ):
        assert wrong_places(visit.page, [6, 12])


def test_the_page_says_what_its_draws_do(visit):
    ends = {radius: spectral_radius.with_tanh(radius)[:, -1] for radius in (1.4, 2.0)}
    reach = {radius: spectral_radius.reach(spectral_radius.with_tanh(radius).mean(axis=0)) for radius in RADII}
    alone = {radius: spectral_radius.reach(spectral_radius.powers(radius).mean(axis=0)) for radius in (0.5, 1.0)}
    assert (reach[0.5], alone[0.5]) == (6, 7)
    assert (reach[1.0], alone[1.0]) == (22, DISTANCE)
    assert next(radius for radius in RADII if reach[radius] == DISTANCE) == 1.4
    assert np.ptp(ends[1.4]) > 2
    assert 10 ** ends[2.0].min() == pytest.approx(0.1, abs=0.03)
    assert 10 ** ends[2.0].max() == pytest.approx(800, abs=100)
    for link in visit.page.locator("[data-spectral-radius]").all():
        link.click()
        shown = visit.page.locator(".spectral-radius output").text_content()
        assert float(shown) == float(link.get_attribute("data-spectral-radius"))


def test_the_numbers_of_the_page_are_rounded_and_no_more():
    numbers = spectral_radius.numbers()
    assert len(json.dumps(numbers)) < 40_000
    found = spectral_radius.with_tanh(RADII[7])
    for stored, own in zip(numbers["tanh"][7], (found.mean(axis=0), found.min(axis=0), found.max(axis=0)), strict=True):
        np.testing.assert_allclose(stored, own, atol=0.006)
