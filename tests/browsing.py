"""A page in a real browser, opened from disk or from this machine, with every other address refused."""

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
    """One page, from a path or an address: what it ``asked`` for, its ``faults`` in the console and on the network.

    ``loaded`` is what it had asked for when it was loaded; what comes later is lazy. It may ask for what lies on
    disk, or on the host that it came from. ``picture`` names one that a script draws: the visit begins once it stands.
    """

    def __init__(self, browser, place, width=1280, scheme="light", picture=None, **options):
        address = place.as_uri() if isinstance(place, Path) else place
        self.home = "/".join(address.split("/")[:3]) + "/"
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        self.context.set_default_timeout(PATIENCE)
        self.page = self.context.new_page()
        self.faults, self.asked = [], []
        self.page.on("console", lambda m: self.faults.append(f"console: {m.text}") if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.route("**/*", self._only_from_home)
        self.page.goto(address, wait_until="load")
        self.loaded = set(self.asked)
        if picture:
            self.page.wait_for_selector(f".{picture}[data-ready]")

    def _failed(self, request):
        # A page that is left gives up what it was still loading; a missing file is ERR_FILE_NOT_FOUND.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"failed: {request.url}")

    def _only_from_home(self, route):
        self.asked.append(route.request.url)
        if route.request.url.startswith((self.home, "data:", "blob:")):
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
    late = "[...document.querySelectorAll('pre[tabindex=\"-1\"]')].every(e => e.scrollWidth <= e.clientWidth)"
    page.wait_for_function(late)  # after a change of width the theme takes its time to let the keyboard in
    away = {"exclude": [["#pst-back-to-top"]]}  # comes and goes with the scrolling, and may be caught half there
    options = {"runOnly": only, "resultTypes": ["violations"]}
    found = Axe().run(page, context=away, options=options).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]} ({len(v['nodes'])})" for v in found]


def settle(page):
    """Wait until every formula is set."""
    written = page.locator(".math").count()
    page.wait_for_function("n => document.querySelectorAll('mjx-container').length >= n", arg=written)


def shift(page):
    """How far what was seen has jumped since the page was opened, by no act of the reader: the sum of layout shifts."""
    return page.evaluate("""() => {
        const observer = new PerformanceObserver(() => {});
        observer.observe({ type: "layout-shift", buffered: true });
        return observer.takeRecords().reduce((sum, jump) => sum + (jump.hadRecentInput ? 0 : jump.value), 0);
    }""")


def darken(page):
    """Set the dark theme at once: of colours that fade, one that is overtaken never says that it has ended."""
    page.add_style_tag(content="*, ::before, ::after { transition: none !important }")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")


def too_wide(page):
    """What reaches over the page's edge, or could only be seen by scrolling all of the article, one line each."""
    return page.evaluate("""() => {
        const scrolls = (e) => e && !e.matches("article, .bd-article")
            && (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
        const edge = document.documentElement.clientWidth, over = (e) => e.getBoundingClientRect().right > edge + 1;
        const wide = [...document.querySelectorAll("article :is(table, pre, h1, h2, h3, p, dl, .picture)")];
        return [...(document.documentElement.scrollWidth > edge ? ["the page"] : []),
            ...wide.filter((e) => over(e) && !scrolls(e)).map((e) => e.outerHTML.slice(0, 120))];
    }""")


def dark_on_paper(page):
    """What is printed on a dark ground, in light letters, or turned round as for dark pages, one line each."""
    page.emulate_media(media="print")
    try:
        return page.evaluate("""() => {
            const light = (colour) => { // from 0 to 1; nothing for what is transparent
                const [r, g, b, a = 1] = colour.match(/[\\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
                return a < 0.5 ? null : (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
            };
            const ground = (e) => (light(getComputedStyle(e).backgroundColor) ?? 1) < 0.7;
            const pale = (e, kind) => (light(getComputedStyle(e)[kind]) ?? 0) > 0.6 && !ground(e); // a mark has its own
            const all = (name) => [...document.querySelectorAll(name)].filter((e) => e.checkVisibility());
            const found = [
                ...all("article img").filter((e) => getComputedStyle(e).filter !== "none"),
                ...all("html, body, main, article, article :is(figure, img, .picture, pre)").filter(ground),
                ...all("article .cell_output div").filter(ground),
                ...all("article :is(h1, h2, p, li, td, th, figcaption, pre, pre span, code, a)").filter(
                    (e) => e.textContent.trim() && pale(e, "color")),
                ...all("article svg text").filter((e) => pale(e, "fill")),
            ];
            return found.map((e) => e.cloneNode(false).outerHTML.slice(0, 120));
        }""")
    finally:
        page.emulate_media(media="null")
