"""What the studies of tags share: the networks and their sizes, how they learn, and scores sentence by sentence."""

from __future__ import annotations

import base64
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.tagged import TaggedData
from birnn_ref.experiments.networks.taggers import WordTagger
from birnn_ref.layers import Spelt, no_grad
from birnn_ref.metrics import find_spans
from birnn_ref.models import CharTagger
from birnn_ref.models.tagger import TagLoss
from birnn_ref.train import Adam, Sequences, fit, linear_decay


@dataclass(frozen=True)
class Recipe:
    """How the taggers are made and trained; without ``hidden_forward`` one direction gets as many parameters as two."""

    min_count: int = 2
    embedding: int = 32
    char_embedding: int = 16
    filters: int = 32
    width: int = 3
    hidden: int = 48
    hidden_forward: int | None = None
    dropout: float = 0.3
    word_dropout: float = 0.0
    epochs: int = 4
    batch: int = 16
    rate: float = 0.01
    clip: float = 5.0
    train_sentences: int | None = 2000


def build(name: str, data: TaggedData, rng: np.random.Generator, recipe: Recipe) -> TagLoss:
    """Return the network of a name such as ``"both_letters_crf"``: what the name does not say it does not have.

    ``both`` reads in both directions, or else it is ``forward``; with ``letters`` it also reads how words are spelt;
    with ``crf`` a `CRF` scores whole taggings, and keeps the rules of BIO.
    """
    r, has = recipe, name.split("_")
    assert data.vocabulary is not None
    assert data.letters is not None
    both, letters, tags = "both" in has, "letters" in has, len(data.tag_names)
    features = r.embedding + r.filters * letters
    hidden = r.hidden if both else r.hidden_forward or equal_hidden(r.hidden, features, tags)
    shared: dict[str, Any] = {
        "dropout": r.dropout, "word_dropout": r.word_dropout, "crf": data.tag_names if "crf" in has else False,
        "bidirectional": both, "rng": rng,
    }  # fmt: skip
    if not letters:
        return WordTagger("lstm", len(data.vocabulary), r.embedding, hidden, tags, **shared)
    return CharTagger(
        "lstm", len(data.vocabulary), r.embedding, hidden, tags, num_chars=len(data.letters),
        char_embedding=r.char_embedding, filters=r.filters, width=r.width, **shared,
    )  # fmt: skip


def equal_hidden(hidden: int, features: int, tags: int) -> int:
    """Return the units of one LSTM and its readout that have as many parameters as two of ``hidden`` units and theirs.

    Examples
    --------
    >>> equal_hidden(128, 128, 72)
    202
    """
    both = 8 * hidden * (features + hidden + 1) + 2 * hidden * tags
    b = features + 1 + tags / 4  # 4 H (features + H + 1) + H tags = both
    return round(float(-b + np.sqrt(b**2 + both)) / 2)


def sequences(data: TaggedData, name: str, count: int | None = None) -> Sequences:
    """Return a part's sentences, their words and how these are spelt, with their tags."""
    part = data[name].take(slice(count))
    assert data.letters is not None
    assert part.words is not None
    return Sequences((part.ids, Spelt.of(part.words, data.letters.encode)), part.tags, part.lengths)


def trained(
    name: str, data: TaggedData, seed: int, recipe: Recipe, metric: Callable[[list[Any], list[Any]], float]
) -> tuple[TagLoss, list[dict[str, float]]]:
    """Return a network with the parameters of the epoch that did best on the validation part, and its history."""
    rng = np.random.default_rng(seed)
    model, train = build(name, data, rng, recipe), sequences(data, "train", recipe.train_sentences)
    steps = recipe.epochs * -(-len(train) // recipe.batch)
    history = fit(
        model, train, loss=model.loss, optimiser=Adam(model, recipe.rate), epochs=recipe.epochs,
        batch_size=recipe.batch, rng=rng, validation=sequences(data, "validation"), metric=metric, clip=recipe.clip,
        schedule=linear_decay(recipe.rate, steps),
    )  # fmt: skip
    return model, history


def answers(model: TagLoss, data: Sequences, batch: int = 256) -> list[Int]:
    """Return the model's tagging of each sentence, ``(words,)``."""
    found: list[Int] = []
    for part in data.batches(batch):
        with no_grad():
            said = model.decode(model.forward(part.x, part.lengths), part.lengths)
        assert part.lengths is not None
        found += [row[:n] for row, n in zip(said, part.lengths, strict=True)]
    return found


def true_tags(data: TaggedData, name: str, count: int | None = None) -> list[Int]:
    """Return the true tagging of each sentence of a part, ``(words,)``."""
    part = data[name].take(slice(count))
    assert part.tags is not None
    return [row[:n] for row, n in zip(part.tags, part.lengths, strict=True)]


def spans_right(names: Sequence[str], true: Sequence[Int], said: Sequence[Int]) -> tuple[Int, Int]:
    """Return twice the spans that are right in each sentence, and those that are true and those that were said.

    Both are ``(sentences,)``. The ratio of their sums is F1.
    """
    pairs = [[set(find_spans([names[k] for k in row])) for row in rows] for rows in zip(true, said, strict=True)]
    return (
        np.array([2 * len(own & theirs) for own, theirs in pairs]),
        np.array([len(own) + len(theirs) for own, theirs in pairs]),
    )


def words_right(true: Sequence[Int], said: Sequence[Int]) -> tuple[Int, Int]:
    """Return the words that are right in each sentence, and all its words; both ``(sentences,)``."""
    pairs = list(zip(true, said, strict=True))
    return np.array([(own == theirs).sum() for own, theirs in pairs]), np.array([len(own) for own, _ in pairs])


def counts(right: Int, of: Int) -> dict[str, Any]:
    """Return what a study stores of one part's answers: the ratio, and what it is made of, sentence by sentence."""
    return {
        "test": round(float(right.sum() / of.sum()), 5),
        "right_by_sentence": " ".join(map(str, right)),
        "of_by_sentence": " ".join(map(str, of)),
    }


def by_sentence(stored: dict[str, Any]) -> Float:
    r"""Return the share that is right as a mean over sentences, from what `counts` stored, ``(sentences,)``.

    A ratio of sums, as F1 is, has no value of its own for one sentence. What a sentence does to it is, to first order,
    :math:`R + (a_i - R\,b_i) / \bar b`, and the mean of these is R itself.

    Examples
    --------
    >>> by_sentence(counts(np.array([2, 1]), np.array([2, 2]))).tolist()
    [1.0, 0.5]
    """
    right, of = (np.array(stored[f"{key}_by_sentence"].split(), np.float64) for key in ("right", "of"))
    ratio = right.sum() / of.sum()
    values: Float = ratio + (right - ratio * of) / of.mean()
    return values


def pack_tags(said: Sequence[Int]) -> str:
    """Write taggings of fewer than 256 tags as text for a stored result; `unpack_tags` reads it."""
    return base64.b64encode(np.concatenate(said).astype(np.uint8).tobytes()).decode("ascii")


def unpack_tags(text: str, lengths: Int) -> list[Int]:
    """Read what `pack_tags` wrote, for sentences of these lengths.

    Examples
    --------
    >>> [row.tolist() for row in unpack_tags(pack_tags([np.array([3, 0]), np.array([71])]), np.array([2, 1]))]
    [[3, 0], [71]]
    """
    tags = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.split(tags, np.cumsum(lengths)[:-1])


def peak_mb() -> int:
    """Return the most memory that this process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in kB, on macOS in bytes
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))
