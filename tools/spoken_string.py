"""Write what a network trained by CTC says of one spoken number, for the picture in the chapter on speech.

The network, its data and its two epochs are the chapter's. One file comes of it, ``book/reader/spoken.json``: how loud
each step of a test string is, the probability of each label and the blank, and where its recordings truly begin.
"""

import json
from functools import partial

import numpy as np
from build_book import BOOK

from birnn_ref.datasets import digit_strings
from birnn_ref.datasets.digits import DIGITS
from birnn_ref.experiments.speech import STEP_MS, load_steps
from birnn_ref.losses import ctc_greedy, ctc_loss, softmax
from birnn_ref.models import Tagger
from birnn_ref.train import Adam, Sequences, fit, linear_decay

FILE = BOOK / "reader" / "spoken.json"
BLANK, STRING, BANDS = 10, 3, 26


def train() -> Tagger:
    """Train both directions on strings of three digits."""
    strings = digit_strings(load_steps()["train"], 3200, 3, np.random.default_rng(0))
    sequences = Sequences(strings.features, strings.targets, strings.lengths, target_lengths=strings.target_lengths)
    model = Tagger("lstm", None, 52, 64, BLANK + 1, rng=np.random.default_rng(0))
    fit(
        model, sequences, loss=partial(ctc_loss, blank=BLANK), decode=partial(ctc_greedy, blank=BLANK),
        optimiser=Adam(model), schedule=linear_decay(0.01, 2 * len(strings) // 16), epochs=2, batch_size=16, clip=5.0,
        rng=np.random.default_rng(0),
    )  # fmt: skip
    return model


def main() -> None:
    model, test = train(), digit_strings(load_steps()["test"], 200, 3, np.random.default_rng(1))
    heard = ctc_greedy(model.forward(test.features, test.lengths), test.lengths, blank=BLANK)
    right = [labels.tolist() == target.tolist() for labels, target in zip(heard, test.targets, strict=True)]
    one = test.take(np.array([STRING]))
    n = one.lengths[0]
    p = softmax(model.forward(one.features, one.lengths))[0, :n]
    written = {
        "digits": [DIGITS[k] for k in range(10)],
        "blank": BLANK,
        "said": one.targets[0].tolist(),
        "begins": np.flatnonzero(np.diff(one.tags[0, :n], prepend=-1)).tolist(),
        "step_ms": STEP_MS,
        "loud": one.features[0, :n, :BANDS].mean(axis=1).round(3).tolist(),
        "p": p.astype(float).round(4).tolist(),
        "strings_right": float(np.mean(right)),
    }
    FILE.write_text(json.dumps(written) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
