"""The small tagger that a page runs in the browser: a BiGRU over words, with weights of one byte each.

It learns from whole sentences and from sentences that stop somewhere, so that it may be asked before a sentence is
over. What waiting is worth: each word is tagged once when it comes, and again when so many words more have come.
`tools/tagger_model.py` trains the first seed once more and writes its weights for the page.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets import load_snips
from birnn_ref.datasets.tagged import TaggedData
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.metrics import score_spans, span_f1
from birnn_ref.models import Tagger
from birnn_ref.train import Adam, Sequences, fit, linear_decay


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    cell: str = "gru"
    min_count: int = 3
    embedding: int = 24
    hidden: int = 24
    dropout: float = 0.3
    word_dropout: float = 0.05
    epochs: int = 14
    batch: int = 32
    rate: float = 0.01
    clip: float = 5.0
    train_sentences: int | None = None
    test_sentences: int | None = None
    lookaheads: tuple[int, ...] = (0, 1, 2, 3, 5, 35)  # no sentence has more words than the last


EXAMPLE = "play yesterday by the beatles on spotify"
LARGEST = 127
"""The largest whole number of a byte with a sign that also has its negative."""
CALLED = {"words.W": "vectors", "tags.readout.W": "W", "tags.readout.b": "b"}
"""What a parameter is called on the page; the chains' have the same names as in the book."""


def train(seed: int, settings: Settings) -> tuple[Tagger, TaggedData, list[dict[str, Any]]]:
    """Train once, and round the weights; the epoch is the best by span F1 on the validation part.

    Returns
    -------
    model : Tagger
        Each parameter a whole number from -127 to 127 times a scale of its own.
    data : TaggedData
    history : list of dict
        One per epoch, as `fit` returns it.
    """
    s, data, rng = settings, load_snips(min_count=settings.min_count), np.random.default_rng(seed)
    assert data.vocabulary is not None
    model = Tagger(
        s.cell, len(data.vocabulary), s.embedding, s.hidden, len(data.tag_names), dropout=s.dropout,
        word_dropout=s.word_dropout, rng=rng,
    )  # fmt: skip
    learned, held_out = with_beginnings(data, s.train_sentences, rng), data["validation"]
    history = fit(
        model, learned, loss=model.loss, metric=span_f1(data.tag_names), optimiser=Adam(model, s.rate),
        epochs=s.epochs, batch_size=s.batch, rng=rng, clip=s.clip,
        validation=Sequences(held_out.ids, held_out.tags, held_out.lengths),
        schedule=linear_decay(s.rate, s.epochs * -(-len(learned) // s.batch)),
    )  # fmt: skip
    for _, parameter in model.named_parameters():
        whole, scale = rounded(parameter)
        parameter[...] = whole * scale
    return model, data, history


def with_beginnings(data: TaggedData, count: int | None, rng: np.random.Generator) -> Sequences:
    """Return the training sentences twice: whole, and up to a word drawn for each."""
    part = data["train"].take(slice(count))
    stops = rng.integers(1, part.lengths + 1)
    ids, tags = (np.concatenate([array, array]) for array in (part.ids, part.tags))
    return Sequences(ids, tags, np.concatenate([part.lengths, stops]))


def rounded(parameter: Float) -> tuple[Int, float]:
    """Return whole numbers from -127 to 127, and the scale that they are to be multiplied with.

    Examples
    --------
    >>> rounded(np.array([0.5, -1.0, 0.0]))[0]
    array([  64, -127,    0], dtype=int8)
    """
    scale = float(np.abs(parameter).max()) / LARGEST or 1.0
    return np.round(parameter / scale).astype(np.int8), scale


def unpacked(listed: dict[str, Any], settings: dict[str, Any]) -> Tagger:
    """Return the tagger of a page's file: ``words``, ``tags`` and the bytes of each of the ``parameters``."""
    s, rng = settings, np.random.default_rng(0)
    model = Tagger(s["cell"], len(listed["words"]), s["embedding"], s["hidden"], len(listed["tags"]), rng=rng)
    for name, parameter in model.named_parameters():
        parameter[...] = from_bytes(listed["parameters"][CALLED.get(name, name.rpartition(".")[2])])
    return model


def from_bytes(packed: dict[str, Any]) -> Float:
    """Return a parameter that `rounded` has made whole numbers of; the byte -128 is minus infinity.

    Examples
    --------
    >>> from_bytes({"shape": [3], "scale": 0.5, "bytes": "Af+A"})
    array([ 0.5, -0.5, -inf])
    """
    whole = np.frombuffer(base64.b64decode(packed["bytes"]), dtype=np.int8).reshape(packed["shape"])
    return np.where(whole == -LARGEST - 1, -np.inf, whole * packed["scale"])


def to_bytes(parameter: Float) -> dict[str, Any]:
    """Return a parameter's shape, scale and bytes, as `from_bytes` reads them."""
    whole, scale = rounded(np.where(np.isneginf(parameter), 0, parameter))
    whole[np.isneginf(parameter)] = -LARGEST - 1
    return {"shape": parameter.shape, "scale": scale, "bytes": base64.b64encode(whole.tobytes()).decode()}


def as_they_come(model: Tagger, ids: Int, length: int) -> list[Int]:
    """Return what the model says of a sentence ``(time,)`` when 1, 2, … and all its words have come."""
    read = np.tile(ids[:length], (length, 1))
    tags: Int = model.predict(read, np.arange(1, length + 1))
    return [tags[n, : n + 1] for n in range(length)]


def waiting(model: Tagger, data: TaggedData, settings: Settings) -> list[float]:
    """Return the span F1 on the test part for each of the ``lookaheads``."""
    part = data["test"].take(slice(settings.test_sentences))
    assert part.tags is not None
    assert part.ids is not None
    names = np.array(data.tag_names)
    true = [names[tags[:n]].tolist() for tags, n in zip(part.tags, part.lengths, strict=True)]
    said = [as_they_come(model, ids, n) for ids, n in zip(part.ids, part.lengths, strict=True)]
    return [
        round(score_spans(true, [names[decided(found, wait)].tolist() for found in said])["all"].f1, 5)
        for wait in settings.lookaheads
    ]


def decided(said: list[Int], wait: int) -> Int:
    """Return the tag that each word has when so many words more have come, or the sentence is over.

    Examples
    --------
    >>> decided([np.array([5]), np.array([6, 7])], wait=0), decided([np.array([5]), np.array([6, 7])], wait=1)
    (array([5, 7]), array([6, 7]))
    """
    return np.array([said[min(t + wait, len(said) - 1)][t] for t in range(len(said))])


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train once; the test part is scored once for each lookahead, with the rounded weights."""
    model, data, history = train(seed, settings)
    assert data.vocabulary is not None
    ids = data.vocabulary.encode(EXAMPLE.split())
    return {
        "source": data.source,
        "parameters": parameter_count(model),
        "sentences": len(data["test"].take(slice(settings.test_sentences)).lengths),
        "validation_f1": [round(entry["validation_span_f1"], 5) for entry in history],
        "test_f1": waiting(model, data, settings),
        "example": [[data.tag_names[tag] for tag in tags] for tags in as_they_come(model, ids, len(ids))],
    }


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Span F1 by lookahead over the seeds, and what is the same for all."""
    by_lookahead = [mean_and_interval(list(scores)) for scores in zip(*(run["test_f1"] for run in runs), strict=True)]
    return {"test_f1": by_lookahead} | {name: runs[0][name] for name in ("parameters", "sentences")}


STUDY = Study(
    "small_tagger", Settings(), run, summarise, seeds=(0, 1, 2), tolerance=0.05,
    check={"epochs": 4, "train_sentences": 1000, "test_sentences": 100, "batch": 16, "dropout": 0.0},
)  # fmt: skip
