"""Pictures of a few pages, light and dark, on a phone and on a wide screen, for people to look at: a CI artefact."""

import pytest
from browsing import Visit
from support import ROOT

FOLDER = ROOT / "_build" / "screenshots"
PAGES = ["index", "part2_brnn/bidirectional", "part3_keras_imdb/tutorial", "part3_keras_imdb/read_a_review"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_a_picture_is_taken(page, scheme, width, site, browser):
    path = FOLDER / f"{page.replace('/', '-')}-{scheme}-{width}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with Visit(browser, site / f"{page}.html", width=width, scheme=scheme) as visit:
        written = visit.page.locator(".math").count()
        visit.page.wait_for_function("n => document.querySelectorAll('mjx-container').length >= n", arg=written)
        background = visit.page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        visit.page.screenshot(path=path)
    assert path.stat().st_size > 10_000
    assert (sum(background) > 384) == (scheme == "light")
