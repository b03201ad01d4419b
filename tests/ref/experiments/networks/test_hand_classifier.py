"""The fast review classifier: which states it answers from, what it drops, and that padding changes nothing."""

import pytest

torch = pytest.importorskip("torch")
from birnn_ref.experiments.networks.hand_classifier import HandClassifier  # noqa: E402

X = torch.tensor([[4, 5, 6, 7], [8, 9, 0, 0], [3, 0, 0, 0]])
LENGTHS = torch.tensor([4, 2, 1])
each_pooling = pytest.mark.parametrize("pooling", ["mean_max", "final"])


def _model(**options):
    torch.manual_seed(0)
    return HandClassifier(12, 3, 5, **options).eval()


def _scores(n):
    torch.manual_seed(1)
    return torch.randn(3, 4, n) * (torch.arange(4) < LENGTHS[:, None])[..., None]


@each_pooling
@pytest.mark.parametrize("depth", [1, 3])
def test_a_review_alone_gets_the_logit_it_gets_among_longer_ones(pooling, depth):
    model, scores = _model(pooling=pooling, depth=depth, bag=[1.0, 2.0]), _scores(2)
    together = model(X, scores, LENGTHS)
    for row, length in enumerate(LENGTHS):
        alone = model(X[row : row + 1, :length], scores[row : row + 1, :length], LENGTHS[row : row + 1])
        torch.testing.assert_close(alone[0], together[row])


def test_final_states_are_the_last_of_one_direction_and_the_first_of_the_other():
    model = _model(pooling="final")
    states = model.levels[0](model.embedding(X), LENGTHS)
    pooled = model._pooled(states, torch.arange(4) < LENGTHS[:, None], LENGTHS)
    for row, length in enumerate(LENGTHS):
        torch.testing.assert_close(pooled[row], torch.cat([states[row, length - 1, :5], states[row, 0, 5:]]))


def test_the_bags_logit_reaches_the_readout():
    model, scores = _model(bag=[0.5, 0.0]), _scores(2)
    torch.nn.init.zeros_(model.readout.weight)
    expected = scores[..., 0].sum(dim=1) * 0.5 + model.readout.bias
    torch.testing.assert_close(model(X, scores, LENGTHS), expected)


def test_a_dropped_word_loses_its_scores_but_the_bag_keeps_them():
    model, scores = _model(bag=[0.5], word_dropout=1.0), _scores(1)
    unread = model.eval()(torch.full_like(X, 2), 0 * scores, LENGTHS)
    torch.testing.assert_close(model.train()(X, scores, LENGTHS), unread + scores.sum(dim=(1, 2)) * 0.5)


def test_an_unknown_pooling_is_refused():
    with pytest.raises(ValueError, match="'mean_max' or 'final', got 'last'"):
        _model(pooling="last")
