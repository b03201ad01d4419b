"""Write where two translators look while they write, for the picture in the chapter on translation.

The data are the chapter's, and the network with both directions has its sizes; the one whose encoder reads forward only
is about as large. Each trains for a minute. One file comes of it, ``book/reader/attention.json``: sentences of the test
part that were chosen by hand, what each network writes for them, and the weights of their French words at every word.
"""

import json
from typing import Any

import numpy as np
from build_book import BOOK

from birnn_ref.datasets import load_tatoeba
from birnn_ref.datasets.pairs import PairData
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.translations import bleu_of, count, text, translate
from birnn_ref.experiments.translators import pairs_of, word_table
from birnn_ref.models import Seq2Seq
from birnn_ref.train import Adam, fit, linear_decay

FILE = BOOK / "reader" / "attention.json"
HIDDEN = {"both": 64, "forward": 76}
EPOCHS, BATCH = 8, 64
SENTENCES = [
    "ce fut une idée stupide .", "je ne le crois plus .", "il te faut un verre .", "nous ne sommes pas riches .",
    "tom a un gros nez .", "je vais le faire .", "la journée est presque terminée .", "je sais où nous sommes .",
    "ceux-là sont nos enfants .", "quand as-tu reçu ceci ?", "je peux résoudre ce problème .",
    "tu es une femme formidable !", "tom ne veut pas partir .", "ils ont beaucoup d' amis .", "personne n' a parlé .",
]  # fmt: skip
"""The first of them read without, the last four with an error that teaches something."""


def untrained(way: str, data: PairData) -> Seq2Seq:
    """Return one of the networks as it starts."""
    assert data.vocabulary is not None
    assert data.target_vocabulary is not None
    start, end = data.target_vocabulary.encode(["<start>", "<end>"])
    return Seq2Seq(
        "gru", len(data.vocabulary), len(data.target_vocabulary), 48, HIDDEN[way], start=start, end=end, dropout=0.1,
        bidirectional=way == "both", rng=np.random.default_rng(0),
    )  # fmt: skip


def trained(way: str, data: PairData) -> Seq2Seq:
    """Train one of the networks on the training part."""
    model, pairs = untrained(way, data), pairs_of(data["train"])
    fit(
        model, pairs, loss=model.loss, optimiser=Adam(model), epochs=EPOCHS, batch_size=BATCH, clip=5.0,
        schedule=linear_decay(0.006, EPOCHS * -(-len(pairs) // BATCH)), rng=np.random.default_rng(0),
    )  # fmt: skip
    return model


def bleu(model: Seq2Seq, data: PairData) -> float:
    """Return a network's BLEU on the test part."""
    test = data["test"]
    true, said = ([text(words) for words in part] for part in (test.target_words, translate(model, data, test)))
    return round(float(bleu_of(count(true, said).sum(axis=0))), 1)


def late(model: Seq2Seq, data: PairData) -> float:
    """Return how many words behind the table's word a network looks, on average, where the table is sure."""
    train, test = data["train"], data["test"]
    inner = np.arange(train.targets.shape[1] - 1) < train.target_lengths[:, None] - 2
    table = word_table(train.ids, np.where(inner, train.targets[:, 1:], 0))
    behind = []
    for i, w in enumerate(model.write(test.ids, test.lengths, max_steps=12)):
        links = table[test.ids[i, : test.lengths[i]]][:, w.ids]  # (read, written)
        sure = links.max(axis=0) > 0.5
        behind += (w.alpha @ np.arange(test.lengths[i]) - links.argmax(axis=0))[sure].tolist()
    return round(float(np.mean(behind)), 2)


def looks(model: Seq2Seq, data: PairData, read: list[str]) -> dict[str, Any]:
    """Return what a network writes, and the weight of each read word at each written one, in hundredths."""
    (w,) = model.write(np.array([data.vocabulary.encode(read)]), max_steps=12)
    return {"written": data.target_vocabulary.decode(w.ids), "alpha": hundredths(w.alpha)}


def hundredths(alpha: np.ndarray) -> list[list[int]]:
    """Round weights ``(written, read)`` to whole hundredths that sum to 100 in each row: the largest rests go up."""
    scaled = 100 * np.asarray(alpha, np.float64)
    whole = np.floor(scaled).astype(int)
    for row, rest in zip(whole, scaled - whole, strict=True):
        row[np.argsort(-rest, kind="stable")[: 100 - row.sum()]] += 1
    return whole.tolist()


def shown(models: dict[str, Seq2Seq], data: PairData) -> list[dict[str, Any]]:
    """Return what the page draws of each sentence."""
    test = data["test"]
    true = {}
    for read, target in zip(test.words, test.target_words, strict=True):
        true.setdefault(" ".join(read), text(target))
    return [
        {"read": read.split(), "true": true[read]}
        | {way: looks(model, data, read.split()) for way, model in models.items()}
        for read in SENTENCES
    ]


def main() -> None:
    data = load_tatoeba(min_count=3)
    models = {way: trained(way, data) for way in HIDDEN}
    networks = {
        way: {
            "hidden": HIDDEN[way],
            "parameters": parameter_count(model),
            "bleu": bleu(model, data),
            "late": late(model, data),
        }
        for way, model in models.items()
    }
    written = {"networks": networks, "sentences": shown(models, data)}
    FILE.write_text(json.dumps(written, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
