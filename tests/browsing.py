"""A page in a real browser, opened from disk with the network refused."""

from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlparse

from axe_playwright_python.sync_playwright import Axe

HEAVY = 1_500_000
"""Bytes that a page may ask for before it has loaded; formulas and what searches come later."""
PATIENCE = 300_000
"""Milliseconds before a browser is given up: a machine may be busy."""
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@contextmanager
def planted_fault(script, right, wrong):
    """Put a fault in a script's place for as long as a test looks whether it is noticed."""
    whole = script.read_text()
    assert right in whole
    script.write_text(whole.replace(right, wrong))
    try:
        yield
    finally:
        script.write_text(whole)


class Visit:
    """One page, opened from disk: what it ``asked`` for, and its ``faults`` in the console and on the network.

    ``loaded`` is what it had asked for when it was loaded; what comes later is lazy.
    """

    def __init__(self, browser, path, width=1280, scheme="light", **options):
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.faults, self.asked = [], []
        self.page.on("console", lambda m: self.faults.append(f"console: {m.text}") if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.route("**/*", self._only_from_disk)
        self.page.goto(path.as_uri(), wait_until="load")
        self.loaded = set(self.asked)

    def _failed(self, request):
        # A page that is left gives up what it was still loading; a missing file is ERR_FILE_NOT_FOUND.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url}")

    def _only_from_disk(self, route):
        self.asked.append(route.request.url)
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            self.faults.append(f"network: {route.request.url}")
            route.abort()

    def weight(self):
        """Return the bytes of everything that was loaded, the page itself included."""
        return sum(Path(unquote(urlparse(address).path)).stat().st_size for address in self.loaded)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


def faults(browser, path):
    """What goes wrong when a page is opened."""
    with Visit(browser, path) as visit:
        visit.page.wait_for_timeout(200)
        return visit.faults


def violations(page, only=AXE_TAGS):
    """What axe-core finds against WCAG 2.2 AA, or against the named rules only, one line each."""
    found = Axe().run(page, options={"runOnly": only, "resultTypes": ["violations"]}).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]} ({len(v['nodes'])})" for v in found]
