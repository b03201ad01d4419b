"""Training end to end: an epoch of a bidirectional LSTM tagger on the SNIPS sentences, compiled and in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.machine import Contestants
from benchmarks.passes import Pass, installed
from birnn_ref.datasets import load_snips
from birnn_ref.layers.scans.compiled import use_compiled
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models import Tagger
from birnn_ref.train import Adam, Sequences, fit

LIMIT = 0.5
"""The largest ratio of the compiled time to NumPy's."""
EMBEDDING, HIDDEN, BATCH_SIZE = 100, 100, 32


def epoch(compiled: bool, sentences: int | None = None) -> Pass:
    """Return an epoch of training, on all sentences or the first ones."""
    use_compiled(compiled)
    data, rng = load_snips(), np.random.default_rng(0)
    part = data["train"]
    train = Sequences(part.ids[:sentences], part.tags[:sentences], part.lengths[:sentences])
    model = Tagger("lstm", len(data.vocabulary), EMBEDDING, HIDDEN, len(data.tag_names), rng=rng)
    optimiser = Adam(model)

    def one_pass() -> None:
        fit(model, train, loss=softmax_cross_entropy, optimiser=optimiser, epochs=1, batch_size=BATCH_SIZE, rng=rng)

    return one_pass


def run(say: Callable[[str], None] = print, quick: bool = False) -> dict[str, Any]:
    """Measure, and say the ratio with its limit."""
    contestants = {name: partial(epoch, name == "compiled") for name in ("compiled", "numpy") if installed(name)}
    with Contestants(contestants) as measuring:
        found = measuring.measure(contestants, rounds=2 if quick else 5)
    for name, t in found["times"].items():
        say(f"an epoch of the tagger, {name}: {t['median'] / 1e3:.2f} s ({t['low'] / 1e3:.2f}–{t['high'] / 1e3:.2f})")
    if "compiled" in contestants:
        found["ratio"] = found["times"]["compiled"]["median"] / found["times"]["numpy"]["median"]
        say(f"ratio {found['ratio']:.2f} (at most {LIMIT:g})")
    return found
