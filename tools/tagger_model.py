"""Write the small tagger that pages run in the browser: the first seed of the study `small_tagger`, trained once more.

It is held to the study's stored result. One file comes of it, ``book/reader/tagger.json``: the words, the tags, and
each parameter as whole numbers of one byte with their scale.
"""

import json

from build_book import BOOK

from birnn_ref.datasets.vocabulary import UNKNOWN
from birnn_ref.experiments import load_result
from birnn_ref.experiments.part2 import small_tagger
from birnn_ref.models import Tagger

FILE = BOOK / "reader" / "tagger.json"


def packed(model: Tagger) -> dict[str, dict]:
    """Return each parameter's shape, scale and bytes."""
    called = small_tagger.CALLED
    return {
        called.get(name, name.rpartition(".")[2]): small_tagger.to_bytes(parameter)
        for name, parameter in model.named_parameters()
    }


def main() -> None:
    stored = load_result("small_tagger")
    settings = small_tagger.STUDY.changed(stored["settings"])
    model, data, history = small_tagger.train(stored["seeds"][0], settings)
    found = [entry["validation_span_f1"] for entry in history]
    expected = stored["runs"][0]["validation_f1"]
    if max(abs(a - b) for a, b in zip(found, expected, strict=True)) > 1e-3:
        raise SystemExit(f"trained again, its validation F1 is {found}, but the stored run has {expected}")
    words = data.vocabulary.entries
    written = {
        "words": words,
        "tags": data.tag_names,
        "unknown": words.index(UNKNOWN),
        "parameters": packed(model),
    }
    FILE.write_text(json.dumps(written, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
