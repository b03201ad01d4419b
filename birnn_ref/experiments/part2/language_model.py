r"""Next-word models on the generated sentences: an honest one, one that sees its own answer, and one for gaps.

The sentences' distribution is known, so the least possible surprise of an honest model is known too: the entropy of a
sentence, :data:`SENTENCE_ENTROPY`, spread over its words and its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.tasks.ambiguous import FILLERS, OPENINGS, SENSES, WORDS, ambiguous_sentences
from birnn_ref.experiments import training
from birnn_ref.experiments.networks.reader import GapReader, Reader
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import Batches, Loss, falling_rate
from birnn_ref.losses import softmax, softmax_cross_entropy


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    features: int = 16
    hidden: int = 48
    equal_hidden: int = 71
    batch_twins: int = 32
    steps: int = 800
    rate: float = 0.01
    clip: float = 1.0
    test_twins: int = 1000
    samples: int = 300


MOST_FILLERS = 3
SENTENCE_ENTROPY = float(
    np.log(len(SENSES) * 2 * 3 * len(OPENINGS) * 2 * (MOST_FILLERS + 1)) + MOST_FILLERS / 2 * np.log(len(FILLERS))
)
"""Of a sentence, in nats: word, sense, clause, opening, side and number of fillers, and the fillers themselves."""
EDGE = len(WORDS)
"""The number of the mark before a sentence and after it."""


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train the models; return their perplexities, the lowest honest one possible, and the share of good samples."""
    test = framed(settings.test_twins, np.random.default_rng(1000))
    language = every_sentence()
    found: dict[str, Any] = {"source": "generated", "least_honest": least_perplexity(test)}
    for name in ("forward", "cheating", "gaps"):
        rng = np.random.default_rng(seed)
        width = settings.equal_hidden if name == "forward" else settings.hidden
        model = language_model(name, settings.features, width, rng)
        train(model, rng, settings)
        found[name] = {"perplexity": round(float(np.exp(surprise(model, *test))), 4)}
        if name != "gaps":
            drawn = sample(model, settings.samples, np.random.default_rng(seed))
            found[name]["good_samples"] = round(float(np.mean([text in language for text in drawn])), 4)
    return found


def framed(twins: int, rng: np.random.Generator) -> tuple[Int, Int]:
    """Draw sentences with the mark before the first and after the last word; return them and their lengths."""
    batch = ambiguous_sentences(twins, rng, MOST_FILLERS)
    x = np.zeros((len(batch.x), batch.x.shape[1] + 2), dtype=np.intp)
    x[:, 1:-1] = batch.x
    x[:, 0] = x[np.arange(len(x)), batch.lengths + 1] = EDGE
    return x, batch.lengths + 2


def language_model(name: str, features: int, hidden: int, rng: np.random.Generator) -> Reader:
    r"""Return a reader with an output for each word of the vocabulary and the mark.

    "forward" and "cheating" say :math:`x_{t+1}` from the state or states at t; the cheating one's backward state has
    read it. "gaps" says :math:`x_t` from :math:`h^f_{t-1}` and :math:`h^b_{t+1}`, which have not.
    """
    if name == "gaps":
        return GapReader(features, hidden, EDGE + 1, num_words=EDGE + 1, rng=rng)
    reading = "forward" if name == "forward" else "both"
    return Reader(reading, features, hidden, EDGE + 1, num_words=EDGE + 1, rng=rng)


def next_word_loss(outputs: Float, sentences: tuple[Int, Int]) -> tuple[float, Float]:
    """Return the mean surprise in nats of each next word, and its gradient; the last output predicts nothing."""
    x, lengths = sentences
    loss, d_logits = softmax_cross_entropy(outputs[:, :-1], x[:, 1:], lengths - 1)
    return loss, np.concatenate([d_logits, np.zeros_like(d_logits[:, :1])], axis=1)  # (batch, time, words)


def gap_loss(outputs: Float, sentences: tuple[Int, Int]) -> tuple[float, Float]:
    """Return the mean surprise in nats of each word but the first and the last, and its gradient."""
    x, lengths = sentences
    return softmax_cross_entropy(outputs, x[:, 1:-1], lengths - 2)


def loss_of(model: Reader) -> Loss:
    """Return what a model is trained on."""
    return gap_loss if isinstance(model, GapReader) else next_word_loss


def surprise(model: Reader, x: Int, lengths: Int) -> float:
    """Return the mean surprise in nats."""
    return loss_of(model)(model.forward(x, lengths), (x, lengths))[0]


def train(model: Reader, rng: np.random.Generator, settings: Settings) -> None:
    """Train on fresh sentences."""
    training.train(
        model, batches(settings.batch_twins, rng), loss_of(model), schedule=falling_rate(settings.rate, settings.steps),
        steps=settings.steps, clip=settings.clip,
    )  # fmt: skip


def batches(twins: int, rng: np.random.Generator) -> Batches:
    """Yield fresh sentences and their lengths, which are also what is asked."""
    while True:
        sentences = framed(twins, rng)
        yield sentences, sentences


def sample(model: Reader, count: int, rng: np.random.Generator, longest: int = 20) -> list[str]:
    """Draw sentences word by word. The future is not there yet, so a backward chain starts at the newest word."""
    x = np.full((count, 1), EDGE, dtype=np.intp)
    for _ in range(longest):
        p = softmax(model.forward(x)[:, -1].astype(np.float64))
        chosen = (p.cumsum(axis=1) < rng.random((count, 1))).sum(axis=1)
        x = np.concatenate([x, np.minimum(chosen, EDGE)[:, None]], axis=1)
    return [" ".join(WORDS[n] for n in row[1:][: np.argmax(row[1:] == EDGE)]) for row in x]


def every_sentence() -> set[str]:
    """Return the whole language."""
    fillers = [""]
    last = [""]
    for _ in range(MOST_FILLERS):
        last = [f"{start} {filler}" for start in last for filler in FILLERS]
        fillers += last
    found = set()
    for word, (_, tellings) in SENSES.items():
        for clause in (clause for telling in tellings for clause in telling):
            for start in (f"{opening} {word}" for opening in OPENINGS):
                found |= {f"{start} .{between} {clause}" for between in fillers}
                found |= {f"{clause} .{between} {start}" for between in fillers}
    return found


def least_perplexity(test: tuple[Int, Int]) -> float:
    """Return the lowest perplexity that a model which has not read its answers can have on average."""
    return round(float(np.exp(SENTENCE_ENTROPY / np.mean(test[1] - 1))), 4)


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Perplexities and good samples over the seeds."""
    summary: dict[str, Any] = {"least_honest": runs[0]["least_honest"]}
    for name in ("forward", "cheating", "gaps"):
        summary[name] = {key: mean_and_interval([run[name][key] for run in runs]) for key in runs[0][name]}
    return summary


STUDY = Study(
    "language_model", Settings(), run, summarise,
    check={"steps": 20, "test_twins": 50, "samples": 20},
)  # fmt: skip
