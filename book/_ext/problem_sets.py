"""Pages of the problem sets: a file that says ``{problem-set} ps1`` becomes the text of what a student gets.

It is made of `exercises/`, which holds no solution and no hidden test, and of what `birnn_student` knows of the parts.
"""

from __future__ import annotations

import html
import json
import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
PLACE = re.compile(r"\{problem-set\} (\w+)\s*")
LINK = re.compile(r"\]\((?:\.\./)+_build/html/([^)#]+)\.html")
LEFT_OUT = {"about-setup", "about-summary", "summary", "setup", "symptoms", "about-symptoms"}
NEEDS = {"ps5": "Keras with a backend (`pip install tensorflow`)", "ps6": "PyTorch (`pip install torch`)"}
WHERE = (
    "Read it here in your browser, where its chapters have their pictures and formulas. Solve it in the notebook, "
    "which also has the tests and hints."
)
BINDER = {"github.com": "gh", "gitlab.com": "gl"}


def notebook(name: str) -> Path:
    """Return where a set's notebook for students lies."""
    return ROOT / "exercises" / name / f"{name}.ipynb"


def parts_of(name: str) -> list[dict[str, Any]]:
    """Return what is known of a set's parts."""
    about = ROOT / "birnn_student" / "sets" / f"{name}.toml"
    found: list[dict[str, Any]] = tomllib.loads(about.read_text(encoding="utf-8"))["part"]
    return found


def table(parts: list[dict[str, Any]]) -> str:
    """Return the parts as a table: what each asks for, its points, minutes and difficulty."""
    rows = ["| part | asks for | points | minutes | difficulty |", "| --- | --- | --: | --: | --- |"]
    levels = {1: "follows a chapter", 2: "wants a thought", 3: "wants several"}
    for part in parts:
        points = sum(part.get(kind, 0) for kind in ("visible", "hidden", "written"))
        asks = "an answer in words" if part.get("written") else f"`{part['name']}`"
        rows.append(f"| {part['number']} | {asks} | {points:g} | {part['minutes']} | {levels[part['difficulty']]} |")
    return "\n".join(rows)


def buttons(name: str, address: str, offered: dict[str, Any]) -> str:
    """Return links that take a student's notebook along, and open it elsewhere where there is an address."""
    path = f"exercises/{name}/{name}.ipynb"
    links = [f"{{download}}`Download the notebook <../../{path}>`"]
    _, _, host, *repository = address.split("/") if address else ("",) * 3
    if offered.get("binderhub_url"):
        where = "/".join(repository) if host == "github.com" else quote("/".join(repository), safe="")
        lab = f"{offered['binderhub_url']}/v2/{BINDER[host]}/{where}/main?urlpath=lab/tree/{path}"
        links.append(f"[Open in Binder]({lab})")
    if offered.get("colab_url"):
        links.append(f"[Open in Colab]({offered['colab_url']}/github/{'/'.join(repository)}/blob/main/{path})")
    return " · ".join(links)


def questions(name: str) -> str:
    """Return forms in which a set's questions are answered and checked in the page."""
    about = tomllib.loads((ROOT / "birnn_student" / "sets" / f"{name}.toml").read_text(encoding="utf-8"))
    forms = []
    for k, question in enumerate(about.get("question", []), start=1):
        id_, ask = f"birnn-{name}-{k}", html.escape(question["ask"])
        told = html.escape(json.dumps(question), quote=True)
        if "options" in question:
            choices = "".join(
                f'<label><input type="radio" name="answer" value="{i}"> {html.escape(text)}</label> '
                for i, text in enumerate(question["options"])
            )
            field = f"<fieldset><legend>{ask}</legend>{choices}</fieldset>"
        else:
            field = f'<label for="{id_}-answer">{ask}</label> '
            field += f'<input id="{id_}-answer" name="answer" inputmode="decimal" autocomplete="off" size="8">'
        button = '<button type="submit">Check</button> <output aria-live="polite"></output>'
        forms.append(f'<form class="set-question" id="{id_}" data-question="{told}">{field} {button}</form>')
    if not forms:
        return ""
    script = '<script src="../_static/questions.js" defer></script>'
    raw = "\n".join(["```{raw} html", *forms, script, "```"])
    intro = "What you answer stays in your browser."
    return f"## Before you begin\n\n{intro}\n\n{raw}\n\n"


def text_of(name: str) -> tuple[str, str]:
    """Return a set's title, and its text: what stands in the notebook but its tests."""
    title, said = "", []
    for cell in json.loads(notebook(name).read_text(encoding="utf-8"))["cells"]:
        source, settings = "".join(cell["source"]), cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "markdown" and not settings:
            if (
                cell["id"] in LEFT_OUT
                or source.startswith("The next cell is the same")
                or "Run this cell last" in source
            ):
                continue
            if not title:
                first, _, source = source.partition("\n")
                title = first.removeprefix("# ")
            said.append(LINK.sub(_to_source, re.sub(r" \(Best read in your browser: .*?\)", "", source)))
        elif cell["cell_type"] == "code" and not settings.get("grade") and cell["id"] not in LEFT_OUT:
            said.append(f"```python\n{source.strip()}\n```")
    return title, "\n\n".join(said)


def _to_source(found: re.Match[str]) -> str:
    kind = next(kind for kind in ("ipynb", "md") if (BOOK / f"{found[1]}.{kind}").is_file())
    return f"](../{found[1]}.{kind}"


def page(name: str, address: str, offered: dict[str, Any]) -> str:
    """Return a set's page."""
    title, text = text_of(name)
    parts = parts_of(name)
    points = sum(part.get(kind, 0) for part in parts for kind in ("visible", "hidden", "written"))
    facts = f"{points:g} points, about {sum(part['minutes'] for part in parts)} minutes of work."
    needs = "It needs the course's package with JupyterLab (`pip install '.[student]'`)"
    needs += f", and {NEEDS[name]}." if name in NEEDS else "."
    work = f"{buttons(name, address, offered)}\n\n{facts} {needs} {WHERE}"
    return f"# {title}\n\n{work}\n\n{table(parts)}\n\n{questions(name)}{text}\n"


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the page in the place of the line that asks for it."""
    found = PLACE.fullmatch(source[0])
    if found:
        options = app.config.html_theme_options
        app.env.note_dependency(str(notebook(found[1])))
        app.env.note_dependency(str(ROOT / "birnn_student" / "sets" / f"{found[1]}.toml"))
        source[0] = page(found[1], options.get("repository_url", ""), options.get("launch_buttons", {}))


def setup(app: Sphinx) -> dict[str, bool]:
    """Fill the pages as they are read."""
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
