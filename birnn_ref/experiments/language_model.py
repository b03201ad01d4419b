r"""Next-word models on the generated sentences: an honest one, one that reads its own answer, and one for gaps.

The sentences' distribution is known, so the least possible surprise of an honest model is known too: the entropy of a
sentence, :data:`SENTENCE_ENTROPY`, spread over its words and its end.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.tasks.ambiguous import FILLERS, OPENINGS, SENSES, WORDS, ambiguous_sentences
from birnn_ref.experiments.readers import Reader, falling_rate
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.losses import softmax, softmax_cross_entropy
from birnn_ref.train import Adam, clip_gradients

SETTINGS: dict[str, Any] = {
    "features": 16, "hidden": 48, "equal_hidden": 71, "batch_twins": 32, "steps": 800, "rate": 0.01, "clip": 1.0,
    "test_twins": 1000, "samples": 300,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {"steps": 20, "test_twins": 50, "samples": 20}
MOST_FILLERS = 3
SENTENCE_ENTROPY = float(
    np.log(len(SENSES) * 2 * 3 * len(OPENINGS) * 2 * (MOST_FILLERS + 1)) + MOST_FILLERS / 2 * np.log(len(FILLERS))
)
"""Of a sentence, in nats: word, sense, clause, opening, side and number of fillers, and the fillers themselves."""
EDGE = len(WORDS)
"""The number of the mark before a sentence and after it."""


def run(
    seed: int, *, features: int, hidden: int, equal_hidden: int, batch_twins: int, steps: int, rate: float,
    clip: float, test_twins: int, samples: int,
) -> dict[str, Any]:  # fmt: skip
    """Train the models; return each one's perplexity, the least honest one, and the share of good samples."""
    test = framed(test_twins, np.random.default_rng(1000))
    language = every_sentence()
    found: dict[str, Any] = {"source": "generated", "least_honest": least_perplexity(test)}
    for name in ("forward", "cheating", "gaps"):
        rng = np.random.default_rng(seed)
        model = language_model(name, features, equal_hidden if name == "forward" else hidden, rng)
        train(model, name, rng, batch_twins=batch_twins, steps=steps, rate=rate, clip=clip)
        found[name] = {"perplexity": round(float(np.exp(surprise(model, name, *test)[0])), 4)}
        if name != "gaps":
            drawn = sample(model, samples, np.random.default_rng(seed))
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
    """Return a reader with an output a word: forward for the honest model, else both directions."""
    reading = "forward" if name == "forward" else "both"
    return Reader(reading, features, hidden, EDGE + 1, num_words=EDGE + 1, rng=rng)


def logits(model: Reader, name: str, x: Int, lengths: Int) -> tuple[Float, Int, Int]:
    r"""Return logits, their targets and how many of each row count.

    "forward" and "cheating" say :math:`x_{t+1}` from the state or states at t; the cheating one's backward state has
    read it. "gaps" says :math:`x_t` from :math:`h^f_{t-1}` and :math:`h^b_{t+1}`, which have not.
    """
    if name == "gaps":
        h_f, h_b = np.split(model.states(x, lengths), 2, axis=2)
        return model.readout.forward(np.concatenate([h_f[:, :-2], h_b[:, 2:]], axis=2)), x[:, 1:-1], lengths - 2
    return model.forward(x, lengths)[:, :-1], x[:, 1:], lengths - 1


def surprise(model: Reader, name: str, x: Int, lengths: Int) -> tuple[float, Float]:
    """Return the mean surprise in nats and its gradient with respect to the logits."""
    z, targets, counts = logits(model, name, x, lengths)
    return softmax_cross_entropy(z, targets, counts)


def train(
    model: Reader, name: str, rng: np.random.Generator, *, batch_twins: int = 32, steps: int = 800, rate: float = 0.01,
    clip: float = 1.0,
) -> None:  # fmt: skip
    """Train on fresh sentences."""
    optimiser = Adam(model, rate)
    for step in range(steps):
        optimiser.rate = falling_rate(step, steps, rate)
        x, lengths = framed(batch_twins, rng)
        _, d_logits = surprise(model, name, x, lengths)
        if name == "gaps":
            d_f, d_b = np.split(model.readout.backward(d_logits), 2, axis=2)
            nothing = np.zeros((len(x), 2, d_f.shape[2]), d_f.dtype)
            d_states = [np.concatenate([d_f, nothing], axis=1), np.concatenate([nothing, d_b], axis=1)]
            model.states_backward(np.concatenate(d_states, axis=2))
        else:
            model.backward(np.concatenate([d_logits, np.zeros_like(d_logits[:, :1])], axis=1))
        clip_gradients(model, clip)
        optimiser.step()


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
    """Return the least perplexity that a model which has not read its answers can have on average."""
    return round(float(np.exp(SENTENCE_ENTROPY / np.mean(test[1] - 1))), 4)


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Perplexities and good samples over the seeds."""
    summary: dict[str, Any] = {"least_honest": runs[0]["least_honest"]}
    for name in ("forward", "cheating", "gaps"):
        summary[name] = {key: mean_and_interval([run[name][key] for run in runs]) for key in runs[0][name]}
    return summary
