"""Spoken digits and what is taken of a recording: equal to librosa's, split by take or speaker, damaged files."""

import json
import wave
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from birnn_ref.datasets import DataError, digit_strings, digits, load_digits
from birnn_ref.datasets.audio import log_mel, mfcc, read_wav

LIBROSA = json.loads((Path(__file__).parent / "librosa.json").read_text())
SIGNAL = np.array(LIBROSA["signal"])


def _wav(samples=100, rate=8000, channels=1, width=2):
    file = BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(channels)
        recording.setsampwidth(width)
        recording.setframerate(rate)
        recording.writeframes(bytes(range(200))[: samples * channels * width])
    return file.getvalue()


class TestFeatures:
    @pytest.mark.parametrize("case", LIBROSA["cases"], ids=lambda case: str(case["arguments"]["rate"]))
    def test_equal_librosas(self, case):
        expected = np.array(case["log_mel"])
        assert np.abs(log_mel(SIGNAL, **case["arguments"])[::5] - expected).max() < 1e-6
        assert np.abs(mfcc(SIGNAL, **case["arguments"])[::5] - case["mfcc"]).max() < 1e-6

    def test_every_window_is_whole_and_there_is_at_least_one(self):
        assert log_mel(SIGNAL, 8000).shape == (1 + (len(SIGNAL) - 200) // 80, 26)
        assert log_mel(SIGNAL[:10], 8000).shape == (1, 26)

    def test_silence_is_finite(self):
        assert np.isfinite(mfcc(np.zeros(1000), 8000)).all()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"bands": 0}, "bands must be at least 1"),
            ({"bands": 200}, "bands=200 are too many: a band is narrower"),
            ({"high": 5000.0}, "low and high must lie between 0 and 4000 Hz"),
            ({"hop": 0.0}, "hop \\* rate must be at least 1"),
        ],
    )
    def test_bad_arguments(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            log_mel(SIGNAL, 8000, **arguments)

    def test_more_coefficients_than_bands(self):
        with pytest.raises(ValueError, match="count must be at most the 26 bands, got 27"):
            mfcc(SIGNAL, 8000, 27)


class TestWav:
    def test_samples(self):
        assert read_wav(_wav(2), "a.wav", 8000).tolist() == [0x0100 / 32768, 0x0302 / 32768]

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (_wav(rate=16000), r"a\.wav has 1 channel\(s\) of 16 bits at 16,000 Hz, not 1 of 16 bits at 8,000 Hz.*sox"),
            (_wav(50, channels=2), r"a\.wav has 2 channel"),
            (_wav(width=1), r"a\.wav has 1 channel\(s\) of 8 bits"),
            (_wav()[:-7], r"a\.wav is cut off: it holds 96 of 100 samples"),
            (_wav()[:20], r"a\.wav is damaged or is not a WAV file"),
            (b"ID3 not a WAV", r"a\.wav is damaged or is not a WAV file"),
            (b"", r"a\.wav is damaged or is not a WAV file"),
            (_wav(0), r"a\.wav is cut off"),
        ],
    )
    def test_a_damaged_file_is_named(self, content, message):
        with pytest.raises(DataError, match=message):
            read_wav(content, "a.wav", 8000)


class TestRecordings:
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", str(tmp_path))
        (tmp_path / "fsdd").mkdir()
        return tmp_path / "fsdd"

    @staticmethod
    def _zip(folder, **recordings):
        with zipfile.ZipFile(folder / "fsdd_recordings.zip", "w") as archive:
            for name, content in recordings.items():
                archive.writestr(f"recordings/{name}.wav", content)

    def test_a_wav_of_another_rate_is_named(self, folder):
        self._zip(folder, **{"0_theo_0": _wav(), "0_theo_1": _wav(rate=44100)})
        with pytest.raises(DataError, match=r"recordings\.zip: recordings/0_theo_1\.wav has .* 44,100 Hz"):
            load_digits()

    def test_a_missing_recording(self, folder):
        self._zip(folder, **{"0_theo_0": _wav()})
        with pytest.raises(DataError, match=r"does not hold the 3,000 published recordings: it has 1\. Delete it"):
            load_digits()

    def test_a_truncated_archive(self, folder):
        self._zip(folder, **{"0_theo_0": _wav()})
        path = folder / "fsdd_recordings.zip"
        path.write_bytes(path.read_bytes()[:-30])
        with pytest.raises(DataError, match=r"fsdd_recordings\.zip is damaged.*fetch https://github"):
            load_digits()

    def test_one_changed_sample_is_found(self, data_folder, folder):
        with zipfile.ZipFile(data_folder / "fsdd" / "fsdd_recordings.zip") as published:
            recordings = {name[11:-4]: published.read(name) for name in published.namelist() if name.endswith(".wav")}
        theirs = recordings["7_lucas_3"]
        recordings["7_lucas_3"] = theirs[:-1] + bytes([theirs[-1] ^ 1])
        self._zip(folder, **recordings)
        with pytest.raises(DataError, match="does not hold the 3,000 published recordings"):
            load_digits()


class TestReal:
    @pytest.fixture(scope="class")
    @classmethod
    def recordings(cls, data_folder):
        return digits.read_recordings(data_folder / "fsdd" / "fsdd_recordings.zip")

    @pytest.fixture
    def load(self, recordings, data_folder, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", str(data_folder))
        monkeypatch.setattr(digits, "read_recordings", lambda path: recordings)
        return load_digits

    def test_everyone_is_in_each_part(self, load):
        data = load()
        for name, count in (("train", 40), ("validation", 5), ("test", 5)):
            table = np.zeros((10, 6), dtype=int)
            np.add.at(table, (data[name].labels, data[name].groups), 1)
            assert (table == count).all()
            assert len(set(data[name].labels[:60].tolist())) == 10

    @pytest.mark.parametrize("speaker", digits.SPEAKERS)
    def test_a_held_out_speaker_is_in_test_alone(self, load, speaker):
        data = load(features="mfcc", speaker=speaker)
        own = data.group_names.index(speaker)
        assert set(data["test"].groups.tolist()) == {own}
        assert own not in data["train"].groups
        assert own not in data["validation"].groups
        assert [len(split) for split in data.splits.values()] == [2250, 250, 500]

    def test_two_speakers_are_held_out_together(self, load):
        data = load(speaker=("theo", "lucas"))
        own = {data.group_names.index(name) for name in ("theo", "lucas")}
        assert set(data["test"].groups.tolist()) == own
        assert not own & set(data["train"].groups.tolist())
        assert [len(split) for split in data.splits.values()] == [1800, 200, 1000]
        assert data.name == "Spoken digits, theo and lucas held out"

    def test_features_are_standardised_by_train(self, load):
        data = load(size=20)
        train = data["train"]
        steps = train.features[np.arange(train.features.shape[1]) < train.lengths[:, None]]
        assert steps.shape[1] == 20
        assert np.abs(steps.mean(axis=0)).max() < 1e-3
        assert np.abs(steps.std(axis=0) - 1).max() < 1e-3

    def test_the_copy_and_the_published_archive_are_the_same(self, recordings, data_folder, tmp_path):
        whole = tmp_path / "archive.zip"
        with (
            zipfile.ZipFile(data_folder / "fsdd" / "fsdd_recordings.zip") as copy,
            zipfile.ZipFile(whole, "w") as archive,
        ):
            archive.writestr("free-spoken-digit-dataset-26eb9aa/README.md", "not a recording")
            for name in copy.namelist():
                if name.endswith(".wav"):
                    archive.writestr(f"free-spoken-digit-dataset-26eb9aa/{name}", copy.read(name))
        again = digits.read_recordings(whole)
        assert all(
            a[:3] == b[:3] and np.array_equal(a.signal, b.signal) for a, b in zip(again, recordings, strict=True)
        )


class TestEmbedded:
    @pytest.fixture(scope="class")
    @classmethod
    def data(cls):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("BIRNN_DATA", "embedded")
            return load_digits()

    def test_is_marked_and_has_all_digits_and_voices(self, data):
        assert data.source == "embedded"
        assert "not real recordings" in data.note
        assert set(data["test"].labels.tolist()) == set(range(10))
        assert len(data.group_names) == 6

    def test_a_nearest_mean_tells_some_digits_but_not_all(self, data):
        def mean(split):
            return split.features.sum(axis=1) / split.lengths[:, None]

        train, test = data["train"], data["test"]
        means = np.array([mean(train)[train.labels == digit].mean(axis=0) for digit in range(10)])
        found = ((mean(test)[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
        assert 0.3 < (found == test.labels).mean() < 0.95

    def test_strings_are_recordings_of_one_speaker_end_to_end(self, data):
        split = data["test"]
        strings = digit_strings(split, 20, 3, np.random.default_rng(0))
        assert strings.targets.shape == (20, 3)
        assert set(strings.target_lengths.tolist()) == {3}
        for i in range(20):
            at = 0
            for digit in strings.targets[i]:
                own = np.flatnonzero((split.groups == strings.groups[i]) & (split.labels == digit))
                fits = [
                    n
                    for n in own
                    if np.array_equal(
                        split.features[n, : split.lengths[n]], strings.features[i, at : at + split.lengths[n]]
                    )
                ]
                assert fits
                assert (strings.tags[i, at : at + split.lengths[fits[0]]] == digit).all()
                at += split.lengths[fits[0]]
            assert at == strings.lengths[i]
            assert not strings.tags[i, at:].any()
            assert not strings.features[i, at:].any()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"features": "raw"}, "features must be one of 'log_mel', 'mfcc', got 'raw'"),
            ({"speaker": "theo"}, "speaker must be one of 'ada'"),
            ({"speaker": ("ada", "theo")}, "speaker must be one of 'ada'"),
            ({"size": 0}, "size must be at least 1"),
        ],
    )
    def test_bad_arguments(self, arguments, message, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", "embedded")
        with pytest.raises(ValueError, match=message):
            load_digits(**arguments)
