"""How much of a review, and how many words, a BRNN needs: one short training for each pair of the two.

The training is short, so the figures are for comparing with each other. The epoch is not chosen: the last one counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from birnn_ref.datasets import load_imdb
from birnn_ref.datasets.reviews import Recipe
from birnn_ref.experiments.results import mean_and_interval

SETTINGS: dict[str, Any] = {
    "pairs": [[2000, 25], [2000, 50], [2000, 100], [2000, 200], [500, 50], [10000, 50]], "embedding": 32, "hidden": 32,
    "batch_size": 64, "epochs": 2, "learning_rate": 5e-3, "weight_decay": 1e-2, "word_dropout": 0.1, "dropout": 0.5,
    "average": 0.99, "train_reviews": None, "test_reviews": None,
}  # fmt: skip
SEEDS = (0, 1, 2, 3, 4)
CHECK = {
    "pairs": [[2000, 50]], "batch_size": 32, "epochs": 3, "learning_rate": 1e-2, "average": 0.9,
    "train_reviews": 1500, "test_reviews": 1000,
}  # fmt: skip
TOLERANCE = 0.05


def run(
    seed: int, *, pairs: list[list[int]], embedding: int, hidden: int, batch_size: int, epochs: int,
    learning_rate: float, weight_decay: float, word_dropout: float, dropout: float, average: float,
    train_reviews: int | None, test_reviews: int | None,
) -> dict[str, Any]:  # fmt: skip
    """Train one model for each pair of a length and a vocabulary; each scores the test reviews once."""
    import torch

    from birnn_ref.experiments.networks.hand_classifier import HandClassifier
    from birnn_ref.twins.torch_classifier import DEVICE, Reviews, accuracy, train

    data = load_imdb(rng=np.random.default_rng(seed))
    found: dict[str, Any] = {"source": data.source, "test_accuracy": {}}
    for num_words, maxlen in pairs:
        cut = Recipe(num_words, maxlen, padding="post", truncating="pre", validation=0)
        splits = {}
        for name, limit in (("train", train_reviews), ("test", test_reviews)):
            split = cut.split(list(data[name].x[:limit]), data[name].y[:limit])
            x, y, lengths = map(torch.from_numpy, (split.x, split.y, split.lengths))
            splits[name] = Reviews(x.long(), torch.zeros(*x.shape, 0), y.float(), lengths.long())
        torch.manual_seed(seed)
        model = HandClassifier(num_words, embedding, hidden, word_dropout=word_dropout, dropout=dropout).to(DEVICE)
        *_, last = train(
            model, splits, epochs=epochs, batch_size=batch_size, learning_rate=learning_rate,
            weight_decay=weight_decay, average=average, seed=seed,
        )  # fmt: skip
        right = accuracy(last, splits["test"])
        found["test_accuracy"][f"{num_words}_words_{maxlen}_tokens"] = right
        print(f"seed {seed}, {num_words} words, {maxlen} tokens: {right:.4f}", flush=True)
    return found


def summarise(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Test accuracy over the seeds, a pair of a vocabulary and a length."""
    return {pair: mean_and_interval([run["test_accuracy"][pair] for run in runs]) for pair in runs[0]["test_accuracy"]}
