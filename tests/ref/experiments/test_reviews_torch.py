"""Film reviews as tensors: what is taken of a split, which epoch is kept, and what the average of the weights is."""

import types

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from birnn_ref.experiments.reviews_torch import Reviews, keep_best, logits, one_cycle  # noqa: E402

SPLIT = types.SimpleNamespace(
    x=np.array([[5, 6, 7], [8, 0, 0], [3, 4, 0]]), y=np.array([1, 0, 1]), lengths=np.array([3, 1, 2])
)


class Sum(nn.Module):
    """Says the sum of a review's scores, times a weight."""

    def __init__(self, weight=1.0):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, x, scores, lengths):
        return self.weight * scores.sum(dim=(1, 2))


def test_a_split_is_cut_and_has_scores_or_none():
    reviews = Reviews.of(SPLIT, 2)
    assert (reviews.x.tolist(), reviews.y.tolist(), reviews.lengths.tolist()) == (
        [[5, 6, 7], [8, 0, 0]],
        [1, 0],
        [3, 1],
    )
    assert reviews.scores.shape == (2, 3, 0)
    scores = np.arange(12, dtype=np.float32).reshape(2, 3, 2)[:, :, :1]
    assert Reviews.of(SPLIT, 2, scores).scores.tolist() == scores.tolist()


def test_an_epoch_holds_every_review_once_in_an_order_that_its_generator_sets():
    reviews = Reviews.of(SPLIT)
    dealt = [[y.tolist() for _, y in reviews.batches(2, torch.Generator().manual_seed(0))] for _ in range(2)]
    assert dealt[0] == dealt[1]
    assert [len(batch) for batch in dealt[0]] == [2, 1]
    (((x, _, lengths), _),) = reviews.batches(3)
    assert sorted(lengths.tolist()) == [1, 2, 3]
    assert all((row > 0).sum() == length for row, length in zip(x, lengths, strict=True))


def test_the_first_of_the_best_epochs_is_kept_as_it_was():
    model = Sum()

    def epochs():
        for value in (1.0, 3.0, 3.5, 2.0):
            model.weight.data.fill_(value)
            yield model

    best, found = keep_best(epochs(), lambda model: {1.0: 0.5, 3.0: 0.9, 3.5: 0.9, 2.0: 0.7}[model.weight.item()])
    assert (best.weight.item(), found) == (3.0, [0.5, 0.9, 0.9, 0.7])


def test_the_average_moves_a_share_of_the_way_after_each_step():
    data = Reviews.of(SPLIT, scores=np.ones((3, 3, 1), np.float32))
    model, weights = Sum(), []
    model.weight.register_hook(lambda _: weights.append(model.weight.item()))  # before each step
    averages = [a.weight.item() for a in one_cycle(model, lambda: data.batches(1), 2, 3, 0.1, 0.0, 0.75)]
    expected = weights[0]
    for step, value in enumerate([*weights[1:], model.weight.item()], start=1):
        expected = 0.75 * expected + 0.25 * value
        if step % 3 == 0:
            assert averages[step // 3 - 1] == pytest.approx(expected, abs=1e-6)
    assert len(set(weights)) == 6, "the weight moved"


def test_logits_stand_in_the_reviews_order():
    data = Reviews.of(SPLIT, scores=np.arange(3, dtype=np.float32)[:, None, None] * np.ones((3, 3, 1), np.float32))
    np.testing.assert_array_equal(logits(Sum(), data, batch_size=2), [0, 3, 6])
