"""The review classifier whose parts can be changed one at a time: what it reads, in which order, how it is trained."""

import itertools

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from birnn_ref.experiments.networks.pooled_classifier import PooledClassifier  # noqa: E402
from birnn_ref.experiments.reviews_torch import Reviews, accuracy, train_plainly  # noqa: E402

X = torch.tensor([[4, 5, 6, 7], [8, 9, 0, 0], [3, 0, 0, 0]])
LENGTHS = torch.tensor([4, 2, 1])
FORMS = [
    *({"cell": cell, "directions": n, "pooling": pooling}
      for cell, n, pooling in itertools.product(("rnn", "lstm", "gru"), (1, 2), ("mean_max", "final"))),
    {"cell": "word", "directions": 1},
]  # fmt: skip


def _model(**options):
    torch.manual_seed(0)
    return PooledClassifier(12, 3, 5, **options).eval()


def _scores(n):
    torch.manual_seed(1)
    return torch.randn(3, 4, n) * (torch.arange(4) < LENGTHS[:, None])[..., None]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_review_alone_gets_the_logit_it_gets_among_longer_ones(form):
    model, scores = _model(ngrams=2, **form), _scores(2)
    together = model(torch.where(X > 0, X, 11), scores, LENGTHS)  # padding that is not zero
    for row, length in enumerate(LENGTHS):
        alone = model(X[row : row + 1, :length], scores[row : row + 1, :length], LENGTHS[row : row + 1])
        torch.testing.assert_close(alone[0], together[row])


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_both_directions_are_torchs_own_bidirectional_layer(cell):
    model = _model(cell=cell, pooling="final")
    twin = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell](3, 5, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for chain, suffix in zip(model.chains, ("", "_reverse"), strict=True):
            for name, value in chain.named_parameters():
                getattr(twin, name + suffix).copy_(value)
    packed = nn.utils.rnn.pack_padded_sequence(model.embedding(X), LENGTHS, batch_first=True, enforce_sorted=False)
    _, last = twin(packed)
    h = last[0] if cell == "lstm" else last  # (directions, batch, hidden)
    torch.testing.assert_close(model(X, _scores(0), LENGTHS), model.readout(torch.cat([h[0], h[1]], dim=1))[:, 0])


def test_by_word_the_order_says_nothing_and_in_a_recurrent_layer_it_does():
    turned, scores = X[:1].flip(1), _scores(1)[:1]
    by_word, recurrent = (
        [model(x, s, LENGTHS[:1]) for x, s in ((X[:1], scores), (turned, scores.flip(1)))]
        for model in (_model(cell="word", directions=1, ngrams=1), _model(ngrams=1))
    )
    torch.testing.assert_close(*by_word)
    assert (recurrent[0] - recurrent[1]).abs() > 1e-3


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"cell": "brnn"}, "cell must be one of"),
        ({"pooling": "last"}, "pooling must be one of"),
        ({"directions": 3}, "1 or 2, got 3"),
        ({"cell": "word"}, "no directions and no final state"),
        ({"cell": "word", "directions": 1, "pooling": "final"}, "no directions and no final state"),
    ],
)
def test_what_cannot_be_is_refused(form, message):
    with pytest.raises(ValueError, match=message):
        _model(**form)


def test_plain_training_learns_which_word_decides():
    torch.manual_seed(0)
    x = torch.randint(3, 12, (64, 6))
    data = Reviews(x, torch.zeros(64, 6, 0), (x == 5).any(dim=1).float(), torch.full((64,), 6))
    *_, model = train_plainly(_model(), {"train": data}, epochs=30, batch_size=16, learning_rate=0.01, seed=0)
    assert accuracy(model, data) > 0.95
