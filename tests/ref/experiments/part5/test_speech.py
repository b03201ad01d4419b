"""The studies of spoken digits: steps, blocks, delays and chunks are what they say; templates find themselves."""

import numpy as np
import pytest

from birnn_ref.datasets import digit_strings
from birnn_ref.datasets.splits import Split
from birnn_ref.experiments.networks.reader import parameter_count
from birnn_ref.experiments.networks.taggers import WindowTagger
from birnn_ref.experiments.part5 import spoken_digits, spoken_frames
from birnn_ref.experiments.speech import blocks, drawn, in_steps, load_steps, steps_of
from birnn_ref.experiments.templates import Templates
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.models import Tagger

RNG = np.random.default_rng
CTC, FRAMES = spoken_digits.STUDY.settings, spoken_frames.STUDY.settings


@pytest.fixture(scope="module")
def data():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIRNN_DATA", "embedded")
        return load_steps()


def _recordings(*lengths):
    """Recordings whose every entry tells the recording and the frame."""
    time = max(lengths)
    x = np.zeros((len(lengths), time, 1), np.float32)
    for i, n in enumerate(lengths):
        x[i, :n, 0] = 100 * (i + 1) + np.arange(n)
    labels = np.arange(len(lengths), dtype=np.int32)
    return Split(features=x, lengths=np.array(lengths), labels=labels, groups=np.zeros(len(lengths), np.int32))


def test_two_frames_make_a_step_and_no_step_mixes_sound_with_padding():
    split = in_steps(_recordings(5, 4))
    assert split.lengths.tolist() == [2, 2]
    assert split.features[0].tolist() == [[100, 101], [102, 103]]
    assert split.features[1].tolist() == [[200, 201], [202, 203]]


def test_no_two_blocks_share_a_recording(data):
    made = blocks(data["test"], 3, RNG(0))
    assert {len(block) for block in made} == {3}
    heard = [{x[:n].tobytes() for x, n in zip(b.features, b.lengths, strict=True)} for b in made]
    assert len(set().union(*heard)) == sum(map(len, heard))
    firsts = [{x[0].tobytes() for x in block.features} for block in made]  # the first step names the recording
    assert all(not a & b for i, a in enumerate(firsts) for b in firsts[:i])
    assert all(len(set(block.groups.tolist())) == 1 for block in made)


def test_an_epoch_is_about_each_recording_once(data):
    part = data["train"].take(slice(90))
    batches = drawn(part, 16, 0.0, RNG(0))
    assert steps_of(part, 16, 1) == 2
    assert sorted(len(next(batches)) for _ in range(2)) == [14, 16]


def test_noise_is_added_to_training_alone(data):
    quiet, loud = (next(drawn(data["train"], 8, noise, RNG(0))) for noise in (0.0, 0.5))
    assert np.array_equal(quiet.targets, loud.targets)
    added = (loud.features - quiet.features)[0, : quiet.lengths[0]]
    assert added.std() == pytest.approx(0.5, rel=0.05)


def test_behind_a_string_there_is_no_noise():
    strings = next(drawn(in_steps(_recordings(4, 8, 6)), 4, 0.5, RNG(0)))
    for x, n in zip(strings.features, strings.lengths, strict=True):
        assert x[:n].all()
        assert not x[n:].any()


def test_a_network_that_waits_hears_so_many_steps_more_and_no_others(data):
    model = spoken_frames.build("forward_5", 52, RNG(0), FRAMES)
    strings = digit_strings(data["test"], 2, 3, RNG(0))
    x = strings.features.copy()
    before = model.forward(x, strings.lengths)
    x[:, 12:] += 1
    moved = (model.forward(x, strings.lengths) != before).any(axis=2)
    assert not moved[:, :7].any()
    assert moved[:, 7:12].all()


class TestChunks:
    @pytest.fixture
    def strings(self, data):
        return digit_strings(data["test"], 4, 3, RNG(0))

    @pytest.fixture
    def model(self, strings):
        return spoken_frames.build("both", strings.features.shape[2], RNG(1), FRAMES)

    def test_one_chunk_is_the_whole_string(self, model, strings):
        whole = spoken_frames.right(model, strings)
        assert spoken_frames.right_in_chunks(model, strings, strings.features.shape[1], 0) == whole

    def test_what_lies_behind_the_lookahead_is_not_heard(self, model, strings):
        asked = []

        class Listening(Tagger):
            def forward(self, x, lengths=None, **options):
                asked.append(x.shape[1])
                return super().forward(x, lengths, **options)

        model.__class__ = Listening
        spoken_frames.right_in_chunks(model, strings, 10, 5)
        time = strings.features.shape[1]
        assert asked == [min(stop + 5, time) for stop in range(10, time + 10, 10)]


class TestTemplates:
    def test_a_string_of_templates_is_found_though_it_is_stretched_and_squeezed(self):
        split = _recordings(6, 8, 5)
        rows = [split.features[i, :n] for i, n in enumerate(split.lengths)]
        heard = np.concatenate([np.repeat(rows[0], 2, axis=0), rows[2][::2], rows[2], rows[1]])
        assert Templates(split).read(heard, 1.0) == [0, 2, 2, 1]

    def test_a_word_costs_its_price(self):
        split = _recordings(4)
        twice = np.tile(split.features[0], (2, 1))
        assert Templates(split).read(twice, 0.0) == [0, 0]
        assert Templates(split).read(twice, 1e6) == [0]

    def test_it_agrees_with_a_plain_recursion(self):
        rng = RNG(0)
        split = Split(
            features=rng.normal(size=(3, 4, 2)).astype(np.float32), lengths=np.array([4, 1, 3]),
            labels=np.array([5, 6, 7]),
        )  # fmt: skip
        for _ in range(20):
            x = rng.normal(size=(7, 2)).astype(np.float32)
            assert Templates(split).read(x, 0.3) == _plain(split, x, 0.3)


def _plain(split, x, price):
    """Every word, every step of it: the cheapest way to stand there, with the words so far."""
    best = (0.0, [])
    ways = {}
    for t in range(len(x)):
        now = {}
        for w, n in enumerate(split.lengths):
            for j in range(n):
                came = [ways[w, k] for k in (j, j - 1, j - 2) if k >= 0 and (w, k) in ways]
                came += [(best[0] + price, [*best[1], int(split.labels[w])])] if j == 0 else []
                if came:
                    cost, words = min(came, key=lambda way: way[0])
                    now[w, j] = cost + float(np.linalg.norm(x[t] - split.features[w, j])), words
        ways = now
        best = min((ways[w, n - 1] for w, n in enumerate(split.lengths) if (w, n - 1) in ways), default=(np.inf, []))
    return best[1]


def test_all_networks_are_of_about_one_size(data):
    for study, names, settings in (
        (spoken_digits, spoken_digits.NAMES, CTC), (spoken_frames, ("both", "forward_5", "window"), FRAMES)
    ):  # fmt: skip
        sizes = [parameter_count(study.build(name, 52, RNG(0), settings)) for name in names]
        assert max(sizes) < 1.02 * min(sizes)


def test_the_window_sees_no_farther_than_half_of_it():
    model = WindowTagger(2, 4, 5, 3, dropout=0.0, rng=RNG(0))
    x = RNG(1).normal(size=(1, 9, 2)).astype(np.float32)
    other = x.copy()
    other[:, 7:] += 1
    moved = (model.forward(x) != model.forward(other)).any(axis=2)[0]
    assert moved.tolist() == [False] * 5 + [True] * 4


def test_the_window_has_the_gradients_of_its_loss():
    model = WindowTagger(2, 4, 3, 3, dropout=0.0, rng=RNG(0))
    x, y = RNG(1).normal(size=(2, 5, 2)).astype(np.float32), RNG(2).integers(3, size=(2, 5))
    _, d_logits = softmax_cross_entropy(model.forward(x), y)
    model.backward(d_logits)
    W, d_W = model.conv.params["W"], model.conv.grads["W"].copy()
    losses = []
    for step in (1e-2, -1e-2):
        W[1, 0, 2] += step
        losses.append(softmax_cross_entropy(model.forward(x), y)[0])
        W[1, 0, 2] -= step
    assert (losses[0] - losses[1]) / 2e-2 == pytest.approx(d_W[1, 0, 2], rel=0.02, abs=1e-4)


def test_a_digit_is_named_so_long_after_it_began():
    class Oracle:
        def forward(self, x, lengths):
            logits = np.zeros((*x.shape[:2], 11), np.float32)
            logits[..., spoken_digits.BLANK] = 1
            for row, word, begins in zip(logits, strings.targets, starts, strict=True):
                for digit, start in zip(word, begins, strict=True):
                    row[start + 2, digit] = 9
            return logits

    split = in_steps(_recordings(10, 12, 14))
    strings = digit_strings(split, 6, 3, RNG(3))
    starts = [np.cumsum([0, *(split.lengths[d] for d in word[:-1])]) for word in strings.targets]
    assert spoken_digits.delay(Oracle(), [strings]) == 2 * 20
    assert spoken_digits.decoded(Oracle(), strings) == strings.targets.tolist()
