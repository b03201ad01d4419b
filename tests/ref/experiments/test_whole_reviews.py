"""Batches of whole reviews: every review once, near its like, zeros behind; training moves the average."""

import pytest

torch = pytest.importorskip("torch")
from birnn_ref.experiments.networks.hand_classifier import HandClassifier  # noqa: E402
from birnn_ref.experiments.whole_reviews import WholeReviews, batches, logits, train  # noqa: E402

SETTINGS = {"batch_size": 8, "learning_rate": 0.02, "weight_decay": 0.0, "average": 0.5, "seed": 0}


@pytest.fixture
def reviews():
    """Word 3 makes a review positive; 4 to 8 say nothing."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(2, 12, (120,), generator=generator)
    tokens = torch.randint(4, 9, (int(lengths.sum()),), generator=generator)
    y, starts = torch.arange(120) % 2, lengths.cumsum(0) - lengths
    tokens[starts[y == 1]] = 3
    return WholeReviews(tokens, torch.ones(len(tokens), 1), y.float(), starts, lengths)


def test_a_batch_holds_whole_reviews_and_zeros_behind(reviews):
    rows = torch.tensor([5, 0, 119])
    x, scores, lengths = reviews.batch(rows)
    for got, score, row, length in zip(x, scores, rows, lengths, strict=True):
        start = reviews.starts[row]
        assert torch.equal(got[:length], reviews.tokens[start : start + length])
        assert not got[length:].any()
        assert not score[length:].any()
        assert score[:length].all()


def test_each_review_is_dealt_once_and_little_is_padded(reviews):
    dealt = batches(reviews.lengths, 8, torch.Generator().manual_seed(1))
    assert sorted(torch.cat(dealt).tolist()) == list(range(120))
    read = sum(len(rows) * int(reviews.lengths[rows].max()) for rows in dealt)
    assert read < 1.2 * int(reviews.lengths.sum())


def test_logits_stand_in_the_reviews_order(reviews):
    torch.manual_seed(0)
    model = HandClassifier(9, 4, 3, bag=[0.5])
    together = logits(model, reviews, batch_size=7)
    with torch.no_grad():
        alone = [float(model(*reviews.batch(torch.tensor([row])))) for row in (3, 77)]
    assert together[[3, 77]] == pytest.approx(alone, abs=1e-5)


def test_the_average_learns(reviews):
    torch.manual_seed(0)
    *_, last = train(HandClassifier(9, 4, 3), reviews._replace(scores=torch.ones(len(reviews.tokens), 0)), epochs=4,
                     **SETTINGS)  # fmt: skip
    right = (logits(last, reviews._replace(scores=torch.ones(len(reviews.tokens), 0))) > 0) == (reviews.y.numpy() > 0)
    assert right.mean() > 0.95
