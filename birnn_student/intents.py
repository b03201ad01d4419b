"""Problem set 5 on real sentences: two intents of SNIPS, from the course's package, through a student's functions."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from birnn_student import session

WANTED = ("encode", "pad", "hold_out", "train")
KINDS = ("SearchCreativeWork", "SearchScreeningEvent")
LONGEST = 20
SETTINGS = {"num_words": 2000, "features": 16, "hidden": 16, "batch_size": 32, "learning_rate": 0.003}


def intents(epochs: int = 8, splits: int = 3, *, sentences: int | None = None) -> list[dict[str, float]]:
    """Train on sentences of two intents, with other sentences held out each time; print what came, and some mistakes.

    Parameters
    ----------
    epochs : int
    splits : int
        How often sentences are held out, by the seeds 0, 1, ...
    sentences : int, optional
        Take so many, to try whether all works.

    Raises
    ------
    NotWritten
        If one of your functions is not there.
    """
    from birnn_ref.datasets import load_snips

    names, data = session.current.names, load_snips()
    if missing := [name for name in WANTED if not callable(names.get(name))]:
        raise session.NotWritten(f"write {', '.join(missing)} first, and run its cell")
    encode, pad, hold_out, train = (names[name] for name in WANTED)
    own: Any = data["train"]
    kinds = [data.label_names[label] for label in own.labels]
    rows = [i for i, kind in enumerate(kinds) if kind in KINDS][:sentences]
    words, y = [list(own.words[i]) for i in rows], np.array([kinds[i] == KINDS[1] for i in rows], int)
    counts = Counter(word for row in words for word in row)
    ranks = {word: rank for rank, (word, _) in enumerate(counts.most_common(), start=1)}
    x = np.asarray(pad([list(encode(row, ranks, SETTINGS["num_words"])) for row in words], LONGEST))
    found, wrong, surest = [], [], np.zeros(0)
    for seed in range(splits):
        learn, held_out = (np.asarray(half, int) for half in hold_out(y, 0.1, seed))
        settings = {**SETTINGS, "epochs": epochs, "seed": seed}
        trained = train(x[learn], y[learn], x[held_out], y[held_out], settings)
        losses, said = np.asarray(trained["val_loss"], float), np.asarray(trained["predictions"], float)
        right = (said > 0.5) == y[held_out]
        found.append({"epoch": int(losses.argmin()) + 1, "loss": float(losses.min()), "accuracy": float(right.mean())})
        print(f"split {seed}, {len(held_out)} of {len(y)} sentences held out, loss after each epoch:")
        print("  " + "  ".join(f"{loss:.3f}" for loss in losses))
        print(f"  best after epoch {found[-1]['epoch']}: {100 * found[-1]['accuracy']:.1f} % of them right")
        wrong, surest = held_out[~right].tolist(), np.abs(said - 0.5)[~right]
    print(f"{len(wrong)} mistakes in the last split, the surest first:")
    for i in np.argsort(-surest)[:10]:
        print(f"  {KINDS[y[wrong[i]]]:21} {' '.join(words[wrong[i]])}")
    return found
