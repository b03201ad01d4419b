"""CTC against torch, against every way to say a target, and its decoders against every labelling."""

from itertools import groupby, product

import numpy as np
import pytest
from gradients import differences
from hypothesis import given, settings
from hypothesis import strategies as st

from birnn_ref.losses import ctc_align, ctc_beam_search, ctc_greedy, ctc_loss, softmax
from birnn_ref.plain_outputs import ctc_log_likelihood

torch = pytest.importorskip("torch")


def collapse(way, blank):
    return tuple(k for k, _ in groupby(way) if k != blank)


def all_labellings(logits, blank):
    """The probability of every labelling of one sequence, by the definition: the sum over all ways."""
    p = softmax(logits)
    found = {}
    for way in product(range(logits.shape[1]), repeat=len(logits)):
        labels = collapse(way, blank)
        found[labels] = found.get(labels, 0) + np.prod(p[np.arange(len(way)), way])
    return found


def case(seed, batch, time, labels, longest, blank, scale=1.0):
    rng = np.random.default_rng(seed)
    logits = scale * rng.normal(size=(batch, time, labels))
    targets = rng.choice([k for k in range(labels) if k != blank], size=(batch, longest))
    return rng, logits, targets


@settings(deadline=None, max_examples=60)
@given(
    batch=st.integers(1, 4), time=st.integers(1, 12), labels=st.integers(2, 5), longest=st.integers(0, 5),
    seed=st.integers(0, 999), blank=st.integers(0, 1), scale=st.sampled_from([0.1, 1.0, 30.0, 300.0]),
)  # fmt: skip
def test_equals_torch(batch, time, labels, longest, seed, blank, scale):
    rng, logits, targets = case(seed, batch, time, labels, longest, blank, scale)
    lengths, sizes = rng.integers(1, time + 1, size=batch), rng.integers(0, longest + 1, size=batch)
    z = torch.tensor(logits, requires_grad=True)
    arguments = (torch.from_numpy(targets), torch.from_numpy(lengths), torch.from_numpy(sizes))
    log_p = z.log_softmax(2).transpose(0, 1)
    settings = {"blank": blank, "reduction": "none"}
    with torch.no_grad():
        infinite = torch.nn.functional.ctc_loss(log_p, *arguments, **settings).mean()
    theirs = torch.nn.functional.ctc_loss(log_p, *arguments, zero_infinity=True, **settings).mean()
    theirs.backward()
    loss, d_logits = ctc_loss(logits, targets, lengths, sizes, blank=blank, impossible="zero")
    np.testing.assert_allclose(loss, theirs.item(), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(d_logits, z.grad.numpy(), rtol=0, atol=1e-9)
    loss, d_infinite = ctc_loss(logits, targets, lengths, sizes, blank=blank)
    np.testing.assert_allclose(loss, infinite.item(), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(d_infinite, d_logits)


@settings(deadline=None, max_examples=40)
@given(
    time=st.integers(1, 6), labels=st.integers(2, 3), longest=st.integers(0, 4), seed=st.integers(0, 99),
    blank=st.integers(0, 1),
)  # fmt: skip
def test_equals_the_enumeration_of_every_way(time, labels, longest, seed, blank):
    _, logits, targets = case(seed, 1, time, labels, longest, blank)
    p = all_labellings(logits[0], blank).get(tuple(targets[0].tolist()), 0)
    loss, _ = ctc_loss(logits, targets, blank=blank)
    with np.errstate(divide="ignore"):
        plain = ctc_log_likelihood(np.log(softmax(logits[0])), targets[0], blank)
        np.testing.assert_allclose([loss, -plain], -np.log(p), rtol=1e-9, atol=1e-12)


def test_gradients_equal_central_differences():
    _, logits, targets = case(0, 3, 6, 4, 3, 0)
    lengths, sizes = [6, 4, 0], [3, 1, 0]
    _, d_logits = ctc_loss(logits, targets, lengths, sizes)
    expected = differences(lambda: ctc_loss(logits, targets, lengths, sizes)[0], logits)
    np.testing.assert_allclose(d_logits, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("pad", [7.0, np.nan, np.inf, -np.inf])
def test_padding_changes_nothing(pad):
    _, logits, targets = case(0, 4, 9, 5, 4, 2)
    lengths, sizes = np.array([9, 6, 3, 0]), np.array([4, 2, 0, 0])
    alone = [ctc_loss(logits[i : i + 1, :n], targets[i : i + 1, :m], blank=2)
             for i, (n, m) in enumerate(zip(lengths, sizes, strict=True))]  # fmt: skip
    logits[np.arange(9) >= lengths[:, None]] = pad
    for filler, given_sizes in ((99, sizes), (2, sizes), (-1, None)):
        targets[np.arange(4) >= sizes[:, None]] = filler
        loss, d_logits = ctc_loss(logits, targets, lengths, given_sizes, blank=2)
        np.testing.assert_allclose(loss, np.mean([value for value, _ in alone]), rtol=1e-12)
        for i, (_, own) in enumerate(alone):
            np.testing.assert_allclose(4 * d_logits[i, : lengths[i]], own[0], rtol=1e-9, atol=1e-14)
            np.testing.assert_array_equal(d_logits[i, lengths[i] :], 0)
    assert [list(found) for found in ctc_greedy(logits, lengths)][3] == []
    assert ctc_beam_search(logits, lengths)[3][0] == ((), 0.0)
    places = ctc_align(logits, targets, lengths, blank=2)
    for i, (n, m) in enumerate(zip(lengths, sizes, strict=True)):
        np.testing.assert_array_equal(places[i, n:], -1)
        own = ctc_align(logits[i : i + 1, :n], targets[i : i + 1, :m], blank=2)[0]
        np.testing.assert_array_equal(places[i, :n], own)


def test_what_cannot_be_said_is_infinite_and_spoils_nothing_else():
    _, logits, _ = case(0, 3, 3, 4, 3, 0)
    targets, sizes = np.array([[1, 2, 3], [1, 1, 2], [1, 2, 0]]), [3, 3, 2]  # 1 1 2 takes four steps
    loss, d_logits = ctc_loss(logits, targets, None, sizes)
    assert loss == np.inf
    zero, d_zero = ctc_loss(logits, targets, None, sizes, impossible="zero")
    assert np.isfinite(zero)
    np.testing.assert_array_equal(d_logits, d_zero)
    np.testing.assert_array_equal(d_logits[1], 0)
    own = [ctc_loss(logits[i : i + 1], targets[i : i + 1], None, sizes[i : i + 1]) for i in (0, 2)]
    np.testing.assert_allclose(zero, sum(value for value, _ in own) / 3)
    np.testing.assert_allclose(d_logits[[0, 2]] * 3, [d[0] for _, d in own])
    with pytest.raises(ValueError, match="no way says target 1: it has too many labels for its steps"):
        ctc_align(logits, targets, None, sizes)
    assert ctc_loss(logits[:1], np.array([[1]]), [0])[0] == np.inf


def test_a_long_and_certain_sequence_stays_exact():
    """Chances of e^-9000 and certainties side by side: no power underflows on the way."""
    ways = np.repeat([0, 1, 0, 2, 2, 1], 50)[None]
    sure = 60 * np.eye(4)[ways]
    loss, d_logits = ctc_loss(sure, np.array([[1, 2, 1]]))
    assert abs(loss) < 1e-10
    assert np.abs(d_logits).max() < 1e-10
    wrong, d_wrong = ctc_loss(sure, np.array([[3, 3, 3]]))
    assert np.isfinite(wrong)
    assert np.isfinite(d_wrong).all()
    np.testing.assert_allclose(d_wrong.sum(axis=2), 0, atol=1e-10)  # both are probabilities


@settings(deadline=None, max_examples=40)
@given(time=st.integers(1, 5), labels=st.integers(2, 3), seed=st.integers(0, 99), blank=st.integers(0, 1))
def test_a_wide_beam_finds_every_labelling(time, labels, seed, blank):
    _, logits, _ = case(seed, 1, time, labels, 1, blank)
    expected = sorted(all_labellings(logits[0], blank).items(), key=lambda item: -item[1])
    (found,) = ctc_beam_search(logits, width=999, best=999, blank=blank)
    assert [labelling.labels for labelling in found] == [labels for labels, _ in expected]
    np.testing.assert_allclose(np.exp([one.log_p for one in found]), [p for _, p in expected], rtol=1e-9)
    (narrow,) = ctc_beam_search(logits, width=2, best=2, blank=blank)
    true = dict(expected)
    assert all(np.exp(one.log_p) <= true[one.labels] * (1 + 1e-9) for one in narrow)


@settings(deadline=None, max_examples=40)
@given(time=st.integers(1, 9), seed=st.integers(0, 99), blank=st.integers(0, 2))
def test_greedy_merges_then_drops(time, seed, blank):
    _, logits, _ = case(seed, 2, time, 3, 1, blank)
    lengths = np.array([time, time - 1])
    for found, rows, n in zip(ctc_greedy(logits, lengths, blank=blank), logits, lengths, strict=True):
        assert tuple(found.tolist()) == collapse(rows[:n].argmax(axis=1).tolist(), blank)


@settings(deadline=None, max_examples=40)
@given(time=st.integers(2, 6), longest=st.integers(0, 3), seed=st.integers(0, 99), blank=st.integers(0, 1))
def test_the_alignment_is_the_best_way_that_says_the_target(time, longest, seed, blank):
    _, logits, targets = case(seed, 1, time, 3, longest, blank)
    target, log_p = tuple(targets[0].tolist()), np.log(softmax(logits[0]))
    ways = {way: log_p[np.arange(time), way].sum() for way in product(range(3), repeat=time)
            if collapse(way, blank) == target}  # fmt: skip
    if not ways:
        with pytest.raises(ValueError, match="no way says target 0"):
            ctc_align(logits, targets, blank=blank)
        return
    (places,) = ctc_align(logits, targets, blank=blank)
    assert (np.diff([p for p in places if p >= 0]) >= 0).all()
    assert tuple(target[p] if p >= 0 else blank for p in places) == max(ways, key=ways.get)


def test_float32_stays_float32():
    assert ctc_loss(np.zeros((2, 3, 4), np.float32), np.array([[1], [2]]))[1].dtype == np.float32


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"logits": np.zeros((2, 3))}, ValueError, r"logits has shape \(2, 3\), expected \(batch, time, labels\)"),
        ({"logits": np.zeros((2, 3, 4), int)}, TypeError, "logits must hold floating-point numbers"),
        ({"targets": np.zeros((2, 2))}, TypeError, "targets must be integers, got dtype float64"),
        ({"targets": np.ones((3, 2), int)}, ValueError, r"targets has shape \(3, 2\), expected \(2, target time\)"),
        ({"targets": np.full((2, 2), 4)}, ValueError, "targets must lie between 0 and 3, got 4 to 4"),
        ({"targets": np.array([[1, 0], [1, 2]])}, ValueError, "targets hold the blank, 0"),
        ({"targets": np.array([[1, -1], [-1, 2]])}, ValueError, "negative numbers at the end"),
        ({"lengths": [3, 4]}, ValueError, "between 0 and the 3 steps of logits"),
        ({"target_lengths": [3, 1]}, ValueError, "target_lengths must lie between 0 and the 2 labels of targets"),
        ({"blank": 4}, ValueError, "blank must lie between 0 and 3, got 4"),
        ({"blank": -1}, ValueError, "blank must lie between 0 and 3, got -1"),
        ({"impossible": "nan"}, ValueError, "impossible must be one of 'infinite', 'zero'"),
    ],
)
def test_bad_input(change, error, message):
    arguments = {"logits": np.zeros((2, 3, 4)), "targets": np.array([[1, 2], [3, 1]]), **change}
    with pytest.raises(error, match=message):
        ctc_loss(**arguments)


def test_bad_input_to_decoders():
    with pytest.raises(ValueError, match="best must be at most width, 3, got 4"):
        ctc_beam_search(np.zeros((1, 2, 3)), width=3, best=4)
    with pytest.raises(ValueError, match="blank must lie between 0 and 2, got 3"):
        ctc_greedy(np.zeros((1, 2, 3)), blank=3)


@pytest.mark.parametrize(("size", "loss"), [(0, 0.0), (1, np.inf)])
def test_no_steps_say_nothing_and_only_that(size, loss):
    logits, targets = np.zeros((1, 3, 2)), np.array([[1]])
    assert ctc_loss(logits, targets, [0], [size])[0] == loss
    assert ctc_loss(logits[:, :0], targets, None, [size])[0] == loss
