"""The directive ``{files-to-take}``: the data that lie in the package and the models that pages run, to download.

Each file has its size, its licence and the line of Python that opens it; a test runs that line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Kept:
    """A file, what it holds, its licence, and the line that opens it."""

    path: str
    holds: str
    licence: str
    opens: str

    def row(self) -> str:
        """Return its row of the table in MyST."""
        file = ROOT / self.path
        size = f"{-(-file.stat().st_size // 1000):,} kB"
        link = f"{{download}}`{file.name} <../../{self.path}>`"
        return f"| {link} | {self.holds} | {size} | {self.licence} | `{self.opens}` |"


def _text(name: str) -> str:
    return f'open("{name}", encoding="utf-8").read().splitlines()'


SNIPS, TATOEBA, BEIJING = (f"birnn_ref/datasets/files/{name}/" for name in ("snips", "tatoeba", "beijing"))
DATA = (
    *(
        Kept(
            f"{SNIPS}{part}.txt",
            f"SNIPS, {part}: an intent and an utterance with its slots",
            "CC0 1.0",
            _text(f"{part}.txt"),
        )
        for part in ("train", "validation", "test")
    ),
    Kept(f"{TATOEBA}short.tsv", "short sentences, English and French", "CC BY 2.0, tatoeba.org", _text("short.tsv")),
    Kept(
        f"{BEIJING}pm25.npy",
        "PM2.5 at 12 stations, in tenths, hour by hour",
        "CC BY 4.0, Song Chen",
        'np.load("pm25.npy")',
    ),
)
MODELS = (
    Kept("book/reader/model.onnx", "the BiGRU that reads reviews", "MIT", 'onnxruntime.InferenceSession("model.onnx")'),
    *(
        Kept(f"book/reader/{name}.json", holds, licence, f'json.load(open("{name}.json"))')
        for name, holds, licence in (
            ("words", "the words that it knows, by their ranks", "MIT"),
            ("tagger", "the tagger of slots: words, tags, weights of one byte", "MIT"),
            ("crf", "the tagger with scores from tag to tag, weights of one byte", "MIT"),
            ("spoken", "what a network hears in three digits, step by step", "CC BY-SA 4.0, as the recordings"),
            ("silent_map", "a night in which a station falls silent", "CC BY 4.0, as the readings"),
            ("attention", "where two translators look, word by word", "CC BY 2.0, as the sentences"),
        )
    ),
    Kept("book/reader/silent_map.npz", "the two networks that fill that night", "MIT", 'np.load("silent_map.npz")'),
)
ATTRIBUTIONS = tuple(
    Kept(
        f"{folder}ATTRIBUTION.md",
        f"where the files of {name} come from and how they were changed",
        "as theirs",
        _text("ATTRIBUTION.md"),
    )
    for folder, name in ((SNIPS, "SNIPS"), (TATOEBA, "Tatoeba"), (BEIJING, "PM2.5"))
)
KINDS = {"data": DATA + ATTRIBUTIONS, "models": MODELS}


class FilesToTake(SphinxDirective):
    """The files of one kind, ``data`` or ``models``, as a table of links."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the table."""
        head = "| file | holds | size | licence | opened by |\n| --- | --- | --- | --- | --- |\n"
        return self.parse_text_to_nodes(head + "\n".join(kept.row() for kept in KINDS[self.arguments[0]]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("files-to-take", FilesToTake)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
