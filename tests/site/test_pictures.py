"""What holds for every picture that a script draws: keys and fingers, phones, both schemes, pages without scripts."""

import pytest
from browsing import Visit, violations
from build_book import BOOK

PAGES = {
    "attention-lines": "part5_applications/translation.html",
    "ctc-walk": "part5_applications/speech.html",
    "gates": "part1_fundamentals/lstm_gru.html",
    "lattice": "part5_applications/naming.html",
    "padding-lab": "part2_brnn/lengths.html",
    "silent-map": "part5_applications/grin.html",
    "spectral-radius": "part1_fundamentals/gradients.html",
}
EVERY = pytest.mark.parametrize("name", sorted(PAGES))


@EVERY
def test_plays_and_pauses_by_key_and_touch_and_speaks_when_it_rests(name, site, browser):
    with Visit(browser, site / PAGES[name], width=360, picture=name, has_touch=True) as visit:
        picture, page = visit.page.locator(f".{name}"), visit.page
        play, status = picture.locator("button[name=play]"), picture.locator(".picture-status")
        picture.locator("input[name=step]").fill("0")
        play.focus()
        page.keyboard.press("Enter")
        assert play.text_content() == "pause"
        page.wait_for_timeout(1000)
        assert status.text_content() == "", "it talks while it plays"
        play.tap()
        assert play.text_content() == "play"
        assert page.evaluate("document.activeElement.name") == "play"
        stood = picture.locator("input[name=step]").input_value()
        page.wait_for_timeout(1000)
        assert picture.locator("input[name=step]").input_value() == stood, "it says play, and plays on"


@EVERY
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_is_open_to_all(name, scheme, width, site, browser):
    how = {"width": width, "scheme": scheme, "reduced_motion": "reduce"}
    with Visit(browser, site / PAGES[name], picture=name, **how) as visit:
        picture = visit.page.locator(f".{name}")
        assert visit.faults == []
        for step in ("0", "3"):
            picture.locator("input[name=step]").fill(step)
            assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert picture.locator("button[name=play]").text_content() == "play", "it moves by itself"
        assert violations(visit.page) == []


@EVERY
def test_without_scripts_a_table_stands(name, site, browser):
    with Visit(browser, site / PAGES[name], java_script_enabled=False) as visit:
        assert visit.page.locator(f".{name} tbody tr").count() >= 3


def test_every_picture_is_listed():
    scripts = [path for path in (BOOK / "_static").glob("*.js") if "Pictures.player" in path.read_text()]
    others = {"influence-explorer", "two-chains"}  # on several pages, with tests of their own
    assert {path.stem.replace("_", "-") for path in scripts} == PAGES.keys() | others
