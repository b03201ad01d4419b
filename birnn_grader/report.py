"""A class at a glance: one static page for its teachers, made from the gradebook and the graded notebooks.

It shows what feedback shows and no more: nothing of a hidden test's numbers. Whatever students wrote is escaped.
"""

from __future__ import annotations

import json
import re
import statistics
import unicodedata
from pathlib import Path
from typing import Any

import jinja2
import nbformat
from nbgrader.api import Gradebook

from birnn_grader import alike
from birnn_grader.items import Item, discriminations, distribution
from birnn_grader.judge.cells import extra, kind, settings_of
from birnn_grader.nbgrader import cells
from birnn_grader.nbgrader.course import load_package
from birnn_grader.nbgrader.feedback import HideHiddenTests, hide, title
from birnn_grader.nbgrader.share import groups
from birnn_grader.package import Package, answers_of, read
from birnn_grader.pool import notebooks_of
from birnn_grader.results import Shelf, save

TEMPLATES = Path(__file__).parent / "nbgrader" / "templates"
# Signs that show nothing, or move others: all of these kinds but those that Persian and Hindi need.
HIDES, LEFT = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}, "\t\n\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
MOST, LONGEST = 20, 4_000  # groups and pairs shown, characters of one answer shown
MESSAGE = 160


def clean(value: Any) -> Any:
    """Return a text without what would move or hide its neighbours on a page; the template escapes it besides."""
    if not isinstance(value, str):
        return value
    shown = ("\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) in HIDES and c not in LEFT else c for c in value)
    return "".join(shown)


class Report:
    """What the page of one assignment shows.

    Parameters
    ----------
    app : nbgrader.apps.NbGrader
        As `course.course` returns it.
    assignment : str
    """

    def __init__(self, app: Any, assignment: str) -> None:
        self.coursedir, self.assignment = app.coursedir, assignment
        self.shelf = Shelf(self.coursedir, assignment)
        names = notebooks_of(self.coursedir, assignment)
        self.packages = {name: load_package(self.coursedir, assignment, name) for name in names}
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
            self.marks = cells.marks(book, assignment)
            self.known = {student.id for student in book.students}
            due = book.find_assignment(assignment).duedate
            times = {s.student.id: s.timestamp for s in book.assignment_submissions(assignment)}
        self.late = sorted(student for student, when in times.items() if when and due and when > due)
        self.handed_in = self.shelf.students()
        self.notes: dict[str, list[str]] = {}
        self.sources: dict[str, dict[str, str]] = {}  # by student and part, blank parts left out
        self.items = [item for name, package in self.packages.items() for item in _items(package, name, self.marks)]
        self.usual: dict[str, str] = {}
        for name, package in self.packages.items():
            self._solution(app, name)
            for student in self.marks:
                self._read(student, name, package)

    def _solution(self, app: Any, name: str) -> None:
        path = Path(self.coursedir.format_path(self.coursedir.source_directory, ".", self.assignment), f"{name}.ipynb")
        if path.is_file():
            self.usual |= answers_of(read(path)["cells"])

    def _read(self, student: str, name: str, package: Package) -> None:
        """Take from a graded notebook the answers, what failed tests said, and what was unusual."""
        path = self.shelf.notebook(student, name)
        if not path.is_file():
            return
        notebook = json.loads(path.read_text(encoding="utf-8"))
        self.notes.setdefault(student, []).extend(notebook["metadata"].get("birnn_grader", {}).get("notes", []))
        released = answers_of(package.released["cells"])
        items = {item.id: item for item in self.items}
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
            part = settings_of(cell).get("grade_id", "")
            if kind(cell) == "answer" and cell["source"] != released.get(part):
                self.sources.setdefault(student, {})[part] = cell["source"]
            elif kind(cell) == "test" and part in items and items[part].fails(student):
                items[part].said[_said(cell)] += 1

    def _wrong(self) -> list[dict[str, Any]]:
        """Return the answers that several gave and that lose points."""
        found = []
        for package in self.packages.values():
            for part, defined in package.answers.items():
                tests = [item for item in self.items if item.id in _tests_of(package, defined)]
                failed = {student for item in tests for student in item.failed}
                forms = {s: alike.form(own[part]) for s, own in self.sources.items() if part in own and s in failed}
                for students in alike.same(forms):
                    source = self.sources[students[0]][part][:LONGEST]
                    found.append({"part": part, "students": students, "source": source})
        return sorted(found, key=lambda group: -len(group["students"]))[:MOST]

    def _pairs(self) -> list[dict[str, Any]]:
        usual = {part: alike.form(source) for part, source in self.usual.items()}
        folders = [(one, self.shelf.folder(self.coursedir.submitted_directory, one)) for one in self.handed_in]
        others = {one for members in groups(folders, list(self.packages)) for one in members[1:]}  # one for each group
        alone = {s: parts for s, parts in self.sources.items() if s not in others}
        forms = {s: {part: alike.form(own) for part, own in parts.items()} for s, parts in alone.items()}
        found = []
        for pair in alike.beyond_chance(forms, usual)[:MOST]:
            first, second = (self.sources[student] for student in pair.students)
            sides = [(part, first[part][:LONGEST], second[part][:LONGEST]) for part in pair.parts]
            found.append({"students": pair.students, "parts": pair.parts, "expected": pair.expected, "sides": sides})
        return found

    def _help(self) -> list[tuple[str, float, list[str], list[str]]]:
        tests = [item for item in self.items if not item.by_hand and not item.extra]
        full, found = sum(item.points for item in tests), []
        for student in self.handed_in:
            points = sum(item.scores.get(student, 0.0) for item in tests)
            if student in self.marks and points < full / 2:
                missing = [item.title for item in tests if item.fails(student)]
                found.append((student, points, missing, self.notes.get(student, [])))
        return sorted(found, key=lambda row: (row[1], row[0]))

    def facts(self) -> dict[str, Any]:
        """Return everything that the template shows."""
        handed_in = set(self.handed_in)
        totals = {student: marks.total() for student, marks in self.marks.items() if student in handed_in}
        full = sum(points for package in self.packages.values() for points in package.points().values())
        waiting = {s for s, own in self.marks.items() if any(own.of(cell) is None for cell in own.cells)}
        unreadable = [s for s, notes in self.notes.items() if any(note.startswith("scored 0:") for note in notes)]
        progress = [
            ("students known", sorted(self.known | handed_in)),
            ("handed in", self.handed_in),
            ("nothing handed in", sorted(self.known - handed_in)),
            ("handed in and not graded yet", sorted(handed_in - set(self.marks))),
            ("graded, something waits for a mark by hand", sorted(waiting & handed_in)),
            ("could not be read", sorted(unreadable)),
            ("after the due date", self.late),
        ]
        bars = distribution(list(totals.values()), full)
        return {
            "assignment": self.assignment,
            "progress": progress,
            "totals": totals,
            "full": full,
            "open_points": bool(waiting),
            "mean": statistics.fmean(totals.values()) if totals else 0.0,
            "median": statistics.median(totals.values()) if totals else 0.0,
            "bars": bars,
            "tallest": max(1, *(count for *_, count in bars)),
            "items": self.items,
            "discrimination": discriminations(self.items),
            "wrong": self._wrong(),
            "pairs": self._pairs(),
            "limit": alike.EXPECTED,
            "help": self._help(),
            "unusual": sorted((student, notes) for student, notes in self.notes.items() if notes),
        }

    def write(self, path: Path) -> None:
        """Write the page."""
        loader = jinja2.FileSystemLoader(TEMPLATES)
        pages = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, finalize=clean)
        save(path, pages.get_template("report.html.j2").render(self.facts()))
        path.chmod(0o600)


def _items(package: Package, name: str, marks: dict[str, cells.Marks]) -> list[Item]:
    found = []
    for cell in package.released["cells"]:
        settings = settings_of(cell)
        if settings.get("grade") or settings.get("task"):
            part = settings["grade_id"]
            shown = {**cell, "source": hide(cell["source"])[0]}
            called = title(shown) if kind(cell) == "test" else part
            scores = {student: mark for student, own in marks.items() if (mark := own.of((name, part))) is not None}
            points = float(settings["points"]) or extra(cell)
            found.append(Item(part, called, points, kind(cell) != "test", bool(extra(cell)), scores))
    return found


def _tests_of(package: Package, defined: list[str]) -> set[str]:
    """Return the tests that speak of one of these names."""
    tests = [cell for cell in package.released["cells"] if kind(cell) == "test"]
    return {settings_of(c)["grade_id"] for c in tests if set(re.findall(r"\w+", c["source"])) & set(defined)}


def _said(cell: dict[str, Any]) -> str:
    """Return what feedback says of a failed test, without which call and which line it was."""
    shown, _ = HideHiddenTests().preprocess_cell(nbformat.from_dict(cell), {}, 0)
    for output in shown.outputs:
        if output.output_type == "error":
            message = re.sub(r", in call \d+ of .*", "", output.evalue, flags=re.S)
            return " ".join(f"{output.ename}: {message}".split())[:MESSAGE]
    return "it gave some of its points"
