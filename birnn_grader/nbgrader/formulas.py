"""Formulas as MathML, written into the page: they show without a network and without a script."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Callable
from xml.etree import ElementTree

import latex2mathml.converter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

MAX_FORMULA = 2_000  # characters; a longer one stays as it was written
# MathML's elements and attributes that only arrange: nothing that links, loads or runs.
_ELEMENTS = """math mrow mi mn mo mtext mspace ms msub msup msubsup munder mover munderover mmultiscripts mprescripts
none mfrac msqrt mroot mtable mtr mtd mstyle mpadded mphantom menclose"""
_ATTRIBUTES = """display displaystyle scriptlevel stretchy fence form separator accent movablelimits minsize maxsize
lspace rspace linethickness columnalign columnspacing rowspacing columnlines rowlines mathvariant width height depth
notation symmetric largeop"""
ELEMENTS, ATTRIBUTES = frozenset(_ELEMENTS.split()), frozenset(_ATTRIBUTES.split())


def to_mathml(latex: str, block: bool = False) -> str | None:
    r"""Return a LaTeX formula as MathML; None where it is too long or not understood.

    Examples
    --------
    >>> to_mathml("h_t")
    '<math display="inline"><mrow><msub><mi>h</mi><mi>t</mi></msub></mrow></math>'
    >>> to_mathml(r"\text{<script>}")
    '<math display="inline"><mrow><mtext>&lt;script&gt;</mtext></mrow></math>'
    """
    if len(latex) > MAX_FORMULA:
        return None
    try:
        tree = latex2mathml.converter.convert_to_element(latex, display="block" if block else "inline")
        for element in tree.iter():
            element.tag = element.tag if element.tag in ELEMENTS else "mrow"
            element.attrib = {name: value for name, value in element.attrib.items() if name in ATTRIBUTES}
            element.text = html.unescape(element.text) if element.text else None  # it writes signs as entities
        return ElementTree.tostring(tree, encoding="unicode", short_empty_elements=False)
    except Exception:  # whatever a student wrote between two dollar signs
        return None


class _Renderer(IPythonRenderer):
    """nbconvert's renderer; formulas are put aside as words that no one can guess, so that cleaning leaves them."""

    def __init__(self) -> None:
        super().__init__(escape=False, exclude_anchor_links=True)
        self.mark = secrets.token_hex(8)
        self.formulas: list[str] = []

    def _aside(self, latex: str, written: str, block: bool) -> str:
        if (made := to_mathml(latex, block)) is None:
            return html.escape(written, quote=False)
        self.formulas.append(made)
        return f"formula{self.mark}n{len(self.formulas) - 1}n"

    def inline_math(self, body: str) -> str:
        return self._aside(body, f"${body}$", False)

    def block_math(self, body: str) -> str:
        return self._aside(body, f"$${body}$$", True)

    def latex_environment(self, name: str, body: str) -> str:
        whole = f"\\begin{{{name}}}{body}\\end{{{name}}}"
        return self._aside(whole, whole, True)


def render(source: str, clean: Callable[[str], str]) -> str:
    """Return markdown as HTML that ``clean`` has seen, with its formulas as MathML."""
    renderer = _Renderer()
    page = clean(MarkdownWithMath(renderer=renderer).render(source))
    return re.sub(f"formula{renderer.mark}n([0-9]+)n", lambda found: renderer.formulas[int(found[1])], page)
