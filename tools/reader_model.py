"""Write the model that a page runs in the browser: the first seed of the study `reader_model`, trained once more.

It is held to the study's stored result. Two files come of it, in ``book/reader``: the graph with its weights, and the
list of words by their ids.
"""

import json

from build_book import BOOK

from birnn_ref.datasets.reviews import INDEX_FROM
from birnn_ref.experiments import load_result
from birnn_ref.experiments.part3 import reader_model
from birnn_ref.twins.onnx import to_onnx

FOLDER = BOOK / "reader"
FIRST = INDEX_FROM + 1
"""The most frequent word's id: its rank is 1."""


def main() -> None:
    stored = load_result("reader_model")
    model, (data, _), history = reader_model.train(stored["seeds"][0], reader_model.Settings(**stored["settings"]))
    found = [entry["validation_accuracy"] for entry in history]
    expected = stored["runs"][0]["validation_accuracy"]
    if max(abs(a - b) for a, b in zip(found, expected, strict=True)) > 1e-3:
        raise SystemExit(f"trained again, its validation accuracy is {found}, but the stored run has {expected}")
    words = {id_: word for word, id_ in data.word_ids.items() if id_ < data.num_words}
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "model.onnx").write_bytes(to_onnx(model).SerializeToString())
    listed = {"first": FIRST, "words": [words[id_] for id_ in range(FIRST, data.num_words)]}
    (FOLDER / "words.json").write_text(json.dumps(listed, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
