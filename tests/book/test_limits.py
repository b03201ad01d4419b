"""A chapter of Parts I to IV can be read at one sitting, and each of its figures is spoken of."""

import math
import re

import nbformat
import pytest
from chapters import FOLDED, PARTS, cells_of, chapters, prose, shown_lines
from reading_time import LINES_A_MINUTE, WORDS_A_MINUTE

MOST_LINES, MOST_MINUTES = 120, 25
CHAPTERS = chapters((*PARTS, "part3_", "part4_"))
EACH = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def faults(cells):
    """Return what a chapter does not keep to."""
    lines, found = shown_lines(cells), []
    minutes = math.ceil(len(prose(cells).split()) / WORDS_A_MINUTE + lines / LINES_A_MINUTE)
    if lines > MOST_LINES:
        found.append(f"{lines} lines of code are not folded, {MOST_LINES} may be")
    if minutes > MOST_MINUTES:
        found.append(f"{minutes} minutes of reading, {MOST_MINUTES} may be")
    spoken_of = set(re.findall(r"\{numref\}`([^`]+)`", "\n".join(c.source for c in cells if c.cell_type == "markdown")))
    for k, cell in enumerate(cells):
        if any(
            "image/svg+xml" in output.get("data", {}) or "image/png" in output.get("data", {})
            for output in cell.get("outputs", [])
        ):
            shown = cell.metadata.get("mystnb", {})
            if not shown.get("image", {}).get("alt") or not shown.get("figure", {}).get("caption"):
                found.append(f"cell {k}: a figure without alternative text or caption")
            elif shown["figure"].get("name") not in spoken_of:
                found.append(f"cell {k}: the text never speaks of {shown['figure'].get('name')}")
            if any("image/png" in output.get("data", {}) for output in cell.outputs):
                found.append(f"cell {k}: a figure that is no SVG")
            if not FOLDED & set(cell.metadata.get("tags", [])):
                found.append(f"cell {k}: the code that draws is not folded")
    return found


@EACH
def test_a_chapter_keeps_its_limits(path):
    found = faults(cells_of(path))
    assert not found, "; ".join(found)


class TestPlanted:
    @staticmethod
    def figure(name="fig-a", tags=("hide-input",), kind="image/svg+xml", caption="What to see."):
        output = nbformat.v4.new_output("display_data", {kind: "<svg/>"})
        mystnb = {"image": {"alt": "A line."}, "figure": {"caption": caption, "name": name}}
        return nbformat.v4.new_code_cell(
            "plt.show()", outputs=[output], metadata={"tags": list(tags), "mystnb": mystnb}
        )

    said = nbformat.v4.new_markdown_cell("See {numref}`fig-a`.")

    def test_a_figure_that_is_spoken_of_is_none(self):
        assert faults([self.said, self.figure()]) == []

    @pytest.mark.parametrize(
        ("planted", "fault"),
        [
            ({"name": "fig-b"}, "never speaks of fig-b"),
            ({"caption": ""}, "without alternative text or caption"),
            ({"tags": ()}, "not folded"),
            ({"kind": "image/png"}, "no SVG"),
        ],
    )
    def test_a_figure_with_a_fault_is_found(self, planted, fault):
        assert any(fault in text for text in faults([self.said, self.figure(**planted)]))

    def test_too_much_code_and_too_many_words_are_found(self):
        code = nbformat.v4.new_code_cell("x = 1\n\n" * 121)
        assert faults([code]) == ["121 lines of code are not folded, 120 may be"]
        code.metadata["tags"] = ["hide-input"]
        assert faults([code]) == []
        words = nbformat.v4.new_markdown_cell("word " * (25 * WORDS_A_MINUTE + 1))
        assert faults([words]) == ["26 minutes of reading, 25 may be"]
