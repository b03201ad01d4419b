"""A bidirectional network used as numbers arrive: in chunks, with and without a look past the chunk's end.

The task is `schuster_paliwal`'s. The forward state is carried from chunk to chunk. The backward chain starts again for
each chunk, ``lookahead`` steps past its end. The network is trained on whole sequences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from birnn_ref._checks import Float
from birnn_ref.datasets.tasks.filters import FUTURE, PAST, error_floor, filter_task
from birnn_ref.experiments.networks.reader import Reader
from birnn_ref.experiments.part2.schuster_paliwal import batches, centred, error, squared_error
from birnn_ref.experiments.results import mean_and_interval
from birnn_ref.experiments.study import Study
from birnn_ref.experiments.training import falling_rate, train


@dataclass(frozen=True)
class Settings:
    """What a run uses."""

    hidden: int = 24
    time: int = 80
    batch_size: int = 32
    steps: int = 1200
    rate: float = 0.01
    clip: float = 1.0
    test_sequences: int = 300
    # Each chunk's size, and the lookahead past its end.
    chunks: tuple[tuple[int, int], ...] = (
        (1, 0), (1, 5), (1, 10), (1, 19), (5, 0), (5, 5), (5, 10), (10, 0), (10, 10), (20, 0), (20, 10), (20, 19),
    )  # fmt: skip


def run(seed: int, settings: Settings) -> dict[str, Any]:
    """Train on whole sequences; return the error in thousandths for each chunk size and lookahead, and its floor."""
    rng = np.random.default_rng(seed)
    model = Reader("both", 1, settings.hidden, 1, rng=rng)
    train(
        model, batches(settings.batch_size, settings.time, rng), squared_error,
        schedule=falling_rate(settings.rate, settings.steps), steps=settings.steps, clip=settings.clip,
    )  # fmt: skip
    x, y = filter_task(settings.test_sequences, settings.time, np.random.default_rng(1000))
    found = [
        {
            "chunk": chunk,
            "lookahead": lookahead,
            "longest_wait": chunk - 1 + lookahead,
            "error": round(1e3 * chunked_error(model, x, y, chunk, lookahead), 5),
            "floor": round(1e3 * chunked_floor(settings.time, chunk, lookahead), 5),
        }
        for chunk, lookahead in settings.chunks
    ]
    whole = round(1e3 * error(model.forward(centred(x)), y), 5)
    return {"source": "generated", "whole": whole, "chunked": found}


def in_chunks(model: Reader, x: Float, chunk: int, lookahead: int) -> Float:
    """Return a bidirectional reader's outputs, ``(batch, time, outputs)``, as it would give them on a stream."""
    time = x.shape[1]
    carried: Any = None
    answers = []
    for start in range(0, time, chunk):
        stop = min(start + chunk, time)
        seen = x[:, start : min(stop + lookahead, time)]
        states, _ = model.recurrent.forward(seen, initial=carried)
        answers.append(model.readout.forward(states[:, : stop - start]))
        _, (h,) = model.recurrent.forward(x[:, start:stop], initial=carried)
        carried = (np.stack([h[0], np.zeros_like(h[1])]),)  # the backward chain has nothing to carry
    return np.concatenate(answers, axis=1)


def chunked_error(model: Reader, x: Float, y: Float, chunk: int, lookahead: int) -> float:
    """Return the mean squared error at the steps that have a target."""
    return error(in_chunks(model, centred(x), chunk, lookahead), y)


def chunked_floor(time: int, chunk: int, lookahead: int) -> float:
    """Return the least error at the steps that have a target: each sees the rest of its chunk, and the lookahead."""
    ahead = [chunk - 1 - t % chunk + lookahead for t in range(PAST, time - FUTURE)]
    return float(np.mean([error_floor(-PAST, a) for a in ahead]))


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Errors in thousandths over the seeds, for each chunk size and lookahead."""
    summary: dict[str, Any] = {"whole": mean_and_interval([run["whole"] for run in runs])}
    for k, cell in enumerate(runs[0]["chunked"]):
        errors = mean_and_interval([run["chunked"][k]["error"] for run in runs])
        summary[f"chunk_{cell['chunk']}_lookahead_{cell['lookahead']}"] = errors | {"floor": cell["floor"]}
    return summary


STUDY = Study(
    "streaming", Settings(), run, summarise, tolerance=0.0002,
    check={"steps": 40, "test_sequences": 30, "chunks": ((5, 5),)},
)  # fmt: skip
