"""Write the CRF that a page runs over the small tagger's scores: transitions learned for a tagger that stays as it is.

One file comes of it, ``book/reader/crf.json``: each parameter as `small_tagger.to_bytes` packs it, and the span F1 on
the test part with the CRF and without. `make reader` runs it after the tagger; it takes seconds.
"""

import json
from typing import Any

import numpy as np
from build_book import BOOK

from birnn_ref.datasets import load_snips
from birnn_ref.datasets.tagged import TaggedData
from birnn_ref.experiments import load_result
from birnn_ref.experiments.part2 import small_tagger
from birnn_ref.layers import CRF
from birnn_ref.metrics import score_spans
from birnn_ref.models import Tagger
from birnn_ref.train import Adam

FILE = BOOK / "reader" / "crf.json"
SENTENCES, EPOCHS, BATCH, RATE = 4000, 3, 32, 0.02


def learn(scores: np.ndarray, tags: np.ndarray, lengths: np.ndarray, names: list[str]) -> CRF:
    """Fit a CRF to scores that stay as they are."""
    rng = np.random.default_rng(0)
    crf = CRF(len(names), names, rng=rng)
    optimiser = Adam(crf, RATE)
    for _ in range(EPOCHS):
        for rows in np.array_split(rng.permutation(len(lengths)), len(lengths) // BATCH):
            time = lengths[rows].max()
            crf.loss(scores[rows, :time], tags[rows, :time], lengths[rows])
            optimiser.step()
    return crf


def whole(crf: CRF) -> dict[str, Any]:
    """Round the parameters to bytes, and put what BIO forbids among them; return them packed."""
    may_start, allowed = crf.rules
    rules = {"start": may_start, "transitions": allowed}
    found = {}
    for name, parameter in crf.params.items():
        found[name] = small_tagger.to_bytes(np.where(rules.get(name, True), parameter, -np.inf))
        exact = small_tagger.from_bytes(found[name])
        parameter[...] = np.where(np.isneginf(exact), 0, exact)
    return found


def test_f1(model: Tagger, crf: CRF, data: TaggedData) -> dict[str, float]:
    """Return the span F1 on the test part of each word's best tag, and of the best tagging."""
    part, names = data["test"], np.array(data.tag_names)
    assert part.tags is not None
    scores = model.logits(part.ids, part.lengths)
    said = {"alone": scores.argmax(axis=2), "crf": crf.decode(scores, part.lengths)}

    def taggings(tags: np.ndarray) -> list[list[str]]:
        return [names[row[:n]].tolist() for row, n in zip(tags, part.lengths, strict=True)]

    true = taggings(part.tags)
    return {name: round(score_spans(true, taggings(tags))["all"].f1, 4) for name, tags in said.items()}


def main() -> None:
    stored = load_result("small_tagger")["settings"]
    listed = json.loads((BOOK / "reader" / "tagger.json").read_text(encoding="utf-8"))
    model, data = small_tagger.unpacked(listed, stored), load_snips(min_count=stored["min_count"])
    part = data["train"].take(slice(SENTENCES))
    crf = learn(model.logits(part.ids, part.lengths), part.tags, part.lengths, data.tag_names)
    packed = whole(crf)
    written = {"parameters": packed, "test_f1": test_f1(model, crf, data), "sentences": len(data["test"].lengths)}
    FILE.write_text(json.dumps(written) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
