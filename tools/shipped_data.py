"""Make the data files that the package holds from the published ones in BIRNN_DATA: ``python tools/shipped_data.py``.

Everything is made in one way, so that the same published files give the same bytes. What is shipped lies in
``birnn_ref/datasets/files``, a folder a data set, with its attribution beside it; ``SHA256SUMS`` holds their sums.
"""

import hashlib
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from birnn_ref.datasets.beijing import READINGS, STATIONS
from birnn_ref.datasets.pairs import related, text_numbers
from birnn_ref.datasets.tatoeba import SHORT, read_whole, words_of

ROOT = Path(__file__).resolve().parents[1]
FILES = ROOT / "birnn_ref" / "datasets" / "files"


def snips(published: Path) -> dict[str, bytes]:
    """Each utterance of the usual split, one per line: its intent, a tab, and its text with ``[spans](of slots)``."""
    # The usual split (Goo et al., 2018) tests on 700 utterances of the training files, drawn at random: these numbers.
    test = json.loads((ROOT / "tools" / "snips_test.json").read_text())
    parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
    with zipfile.ZipFile(published / "snips" / "snips_2017-06-custom-intent-engines.zip") as archive:
        for intent, held_out in test.items():
            folder = f"2017-06-custom-intent-engines/{intent}"
            for i, line in enumerate(_utterances(archive.read(f"{folder}/train_{intent}_full.json"), intent)):
                parts["test" if i in held_out else "train"].append(line)
            parts["validation"] += _utterances(archive.read(f"{folder}/validate_{intent}.json"), intent)
    return {f"snips/{part}.txt": _lines(sorted(lines, key=_sha256)) for part, lines in parts.items()}


def _utterances(raw: bytes, intent: str) -> Iterable[str]:
    # One file holds an emoji as two surrogates, of three bytes each.
    text = raw.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16")
    for utterance in json.loads(text)[intent]:
        spans = [(" ".join(span["text"].split("\n")), span.get("entity")) for span in utterance["data"]]
        assert not any(set(words) & set("[]()\t") for words, _ in spans)
        yield intent + "\t" + "".join(f"[{words}]({slot})" if slot else words for words, slot in spans)


def _sha256(line: str) -> str:
    """The key that lines are sorted by: the published files are sorted by intent, or by length."""
    return hashlib.sha256(line.encode()).hexdigest()


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def tatoeba(published: Path) -> dict[str, bytes]:
    """Some 20,000 pairs of at most six words and signs on each side: English, a tab, French."""
    lines = read_whole(published / "tatoeba" / "fra-eng.zip")
    text = {words_of([line])[0]: line for line in reversed(lines)}  # pairs that differ only in capitals are kept once
    pairs = [pair for pair in words_of(lines) if max(map(len, pair)) <= 6]
    groups = related(pairs)
    kept: list[str] = []
    for place in text_numbers(pairs, groups)[:, 0].argsort(kind="stable"):
        if len(kept) < 20_000:
            kept += [text[pairs[i]] for i in groups[place]]
    return {SHORT: _lines(kept)}


def beijing(published: Path) -> dict[str, bytes]:
    """PM2.5 at each station: tenths of a microgram, -1 where there is no reading."""
    with np.load(published / "beijing" / "beijing_pm25_only.npz") as arrays:
        assert tuple(arrays["stations"]) == STATIONS
        readings = arrays["pm25"].T  # (stations, hours)
    tenths = np.where(np.isnan(readings), -1, np.round(10 * readings)).astype("<i2")
    file = io.BytesIO()
    np.lib.format.write_array(file, np.ascontiguousarray(tenths), version=(1, 0), allow_pickle=False)
    return {READINGS: file.getvalue()}


SETS: dict[str, Callable[[Path], dict[str, bytes]]] = {"beijing": beijing, "snips": snips, "tatoeba": tatoeba}


def main() -> None:
    published = Path(os.environ.get("BIRNN_DATA", ""))
    for name, make in SETS.items():
        for path, content in make(published).items():
            (FILES / path).parent.mkdir(parents=True, exist_ok=True)
            (FILES / path).write_bytes(content)
        print(f"{name}: {sum(path.stat().st_size for path in (FILES / name).iterdir()):,} bytes")
    made = sorted(path for path in FILES.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(FILES).as_posix()}" for path in made]
    (FILES / "SHA256SUMS").write_bytes(_lines(sums))


if __name__ == "__main__":
    if not (Path(os.environ.get("BIRNN_DATA", "")) / "snips").is_dir():
        sys.exit("BIRNN_DATA must name a folder with the published data: BIRNN_DATA=data make shipped")
    main()
