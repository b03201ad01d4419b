"""Spoken digits: the Free Spoken Digit Dataset, six speakers who say each digit fifty times."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from birnn_ref._checks import Float, Int, check_choice, check_sizes
from birnn_ref.datasets.audio import log_mel, mfcc, read_wav
from birnn_ref.datasets.locate import DAMAGED, DataError, RemoteFile, locate, wants_embedded
from birnn_ref.datasets.splits import SequenceData, Split
from birnn_ref.datasets.spoken import SPEAKERS as MADE_UP
from birnn_ref.datasets.spoken import embedded_recordings

COMMIT = "26eb9aaf76e81b692f806f9140c2d2777410d7a1"
# An archive that GitHub packs on request: its content is checked, since its bytes may change.
RECORDINGS = RemoteFile(
    "fsdd/free-spoken-digit-dataset.zip",
    f"https://github.com/Jakobovski/free-spoken-digit-dataset/archive/{COMMIT}.zip",
    "",
    16,
    copies=("fsdd/fsdd_recordings.zip",),
    stand_in=True,
)
SUMS = "04e1baae96c6a26e39c623f2b01d0182ddae627ba0ac02a3cdc17ba2af99fd9b"
"""The sha256 of the list of the recordings' own, as ``sha256sum recordings/*.wav`` prints it."""
RATE = 8000
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NAME = re.compile(r"recordings/((\d)_(\w+)_(\d+)\.wav)$")


class Recording(NamedTuple):
    """What a recording's name says, and its samples ``(samples,)``."""

    digit: int
    speaker: str
    number: int
    signal: Float


class DigitData(SequenceData):
    """Recordings: ``labels`` are digits, ``groups`` speakers."""

    @property
    def note(self) -> str:
        """What a figure drawn from these must say; empty for real recordings."""
        return "made on generated sounds, not real recordings" if self.source == "embedded" else ""

    def example(self, split: str, i: int) -> str:
        """Return recording ``i`` of a split: its digit, its speaker, and a line that is darker where it is louder."""
        part = self[split]
        assert part.features is not None
        assert part.labels is not None
        assert part.groups is not None
        loudness = part.features[i, : part.lengths[i]].mean(axis=1)
        low, high = loudness.min(), loudness.max()
        shades = np.array(list(" ░▒▓█"))[(4.99 * (loudness - low) / max(high - low, 1e-9)).astype(int)]
        label, speaker = self.label_names[part.labels[i]], self.group_names[part.groups[i]]
        return f"{label:5} by {speaker:8} |{''.join(shades)}|"


def load_digits(
    *, features: str = "log_mel", size: int | None = None, speaker: str | Sequence[str] | None = None,
    progress: bool = True,
) -> DigitData:  # fmt: skip
    """Load spoken digits as sequences of vectors, a hundred per second (16 MB to download, once).

    By default every speaker is in every part, as the set's authors split it: recordings 0 to 4 of each digit and
    speaker are test, 5 to 9 validation, and 10 to 49 train. With a ``speaker`` all that this person says is test, and
    the other parts have none of it: of the other speakers, 0 to 4 are validation and the rest train.

    Parameters
    ----------
    features : {"log_mel", "mfcc"}
        What is taken of each window (`birnn_ref.datasets.audio`); each entry has mean 0 and deviation 1 over train.
    size : int, optional
        Entries of each vector: 26 for ``"log_mel"`` and 13 for ``"mfcc"`` when left out.
    speaker : str or sequence of str, optional
        Who is held out; of several, all that they say is test.
    progress : bool
        Show a progress bar while downloading.

    Returns
    -------
    DigitData
        Splits with ``features``, ``lengths``, ``labels`` (the digit) and ``groups`` (the speaker), in an order
        unrelated to these. With ``BIRNN_DATA=embedded``, generated sounds, whose ``note`` says so.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.
    DataError
        If the file is missing, cannot be downloaded, is damaged, or does not hold the published recordings.

    Notes
    -----
    Z. Jackson et al., Free Spoken Digit Dataset, https://github.com/Jakobovski/free-spoken-digit-dataset, CC BY-SA 4.0.
    """
    taken: dict[str, Callable[[Float, int, int], Float]] = {"log_mel": log_mel, "mfcc": mfcc}
    check_choice("features", features, tuple(taken))
    if size is None:
        size = 26 if features == "log_mel" else 13
    check_sizes(size=size)
    names = MADE_UP if wants_embedded() else SPEAKERS
    held_out = (speaker,) if isinstance(speaker, str) else tuple(speaker or ())
    for name in held_out:
        check_choice("speaker", name, names)
    source, recordings = load_recordings(progress=progress)
    parts: dict[str, list[Recording]] = {"train": [], "validation": [], "test": []}
    for recording in sorted(recordings, key=lambda r: hashlib.sha256(r.signal.tobytes()).digest()):
        parts[_part(recording, held_out)].append(recording)
    vectors = {name: [taken[features](r.signal, RATE, size) for r in part] for name, part in parts.items()}
    seen = np.concatenate(vectors["train"])
    mean, deviation = seen.mean(axis=0), seen.std(axis=0)
    splits = {}
    for name, part in parts.items():
        rows, lengths = joined([((v - mean) / deviation).astype(np.float32) for v in vectors[name]])
        labels = np.array([r.digit for r in part], dtype=np.int32)
        groups = np.array([names.index(r.speaker) for r in part], dtype=np.int32)
        splits[name] = Split(lengths=lengths, features=rows, labels=labels, groups=groups)
    title = "Spoken digits" + (f", {' and '.join(held_out)} held out" if held_out else "")
    return DigitData(name=title, splits=splits, source=source, label_names=DIGITS, group_names=names)


def load_recordings(*, progress: bool = True) -> tuple[str, list[Recording]]:
    """Return where the recordings came from, and what `load_digits` makes its vectors of.

    Raises
    ------
    DataError
        As in `load_digits`.
    """
    if wants_embedded():
        return "embedded", [Recording(*made) for made in embedded_recordings(RATE)]
    found = locate(RECORDINGS, progress)
    return found.source, read_recordings(found.path)


def digit_strings(split: Split, count: int, digits: int, rng: np.random.Generator) -> Split:
    """Join recordings of one speaker into strings of digits, as CTC is asked to read them.

    Parameters
    ----------
    split : Split
        Of `load_digits`.
    count, digits : int
        Strings, and digits in each.
    rng : numpy.random.Generator
        Draws the speaker of each string and their recordings.

    Returns
    -------
    Split
        With ``features``, ``lengths``, ``groups``, ``targets`` ``(count, digits)`` and ``target_lengths``, and, for
        those who want to know where each digit stands, ``tags`` ``(count, time)``: the digit of each step, 0 behind.

    Raises
    ------
    TypeError, ValueError
        If a size is not a whole number of at least 1.
    """
    check_sizes(count=count, digits=digits)
    assert split.features is not None
    assert split.labels is not None
    assert split.groups is not None
    own = {group: np.flatnonzero(split.groups == group) for group in np.unique(split.groups)}
    groups = rng.choice(list(own), size=count)
    chosen = np.array([rng.choice(own[group], size=digits) for group in groups])  # (count, digits)
    rows, lengths = joined([np.concatenate([split.features[i, : split.lengths[i]] for i in row]) for row in chosen])
    said = [np.repeat(split.labels[row], split.lengths[row])[:, None] for row in chosen]
    return Split(
        lengths=lengths, features=rows, tags=joined(said)[0][:, :, 0].astype(np.int32), targets=split.labels[chosen],
        target_lengths=np.full(count, digits, dtype=np.int32), groups=groups,
    )  # fmt: skip


def joined(sequences: list[Float]) -> tuple[Float, Int]:
    """Return sequences of vectors as one array ``(count, time, features)`` with zeros behind, and their lengths."""
    lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int32)
    rows = np.zeros((len(sequences), lengths.max(), sequences[0].shape[1]), sequences[0].dtype)
    for row, sequence in zip(rows, sequences, strict=True):
        row[: len(sequence)] = sequence
    return rows, lengths


def read_recordings(path: Path) -> list[Recording]:
    """Return the recordings in an archive, held to the published sums.

    Raises
    ------
    DataError
        If the archive is damaged, or a recording is missing or differs; the message names it.
    """
    advice = f"Delete it to download it again, or fetch {RECORDINGS.url}."
    try:
        with zipfile.ZipFile(path) as archive:
            found = {m[1]: (m, archive.read(m.string)) for m in map(NAME.search, archive.namelist()) if m}
    except DAMAGED as error:
        raise DataError(f"{path} is damaged: {error}. {advice}") from error
    recordings, sums = [], []
    for name, (match, content) in sorted(found.items()):
        signal = read_wav(content, f"{path}: recordings/{name}", RATE)
        recordings.append(Recording(int(match[2]), match[3], int(match[4]), signal))
        sums.append(f"{hashlib.sha256(content).hexdigest()}  recordings/{name}\n")
    if len(recordings) != 3000 or hashlib.sha256("".join(sums).encode()).hexdigest() != SUMS:
        raise DataError(f"{path} does not hold the 3,000 published recordings: it has {len(recordings):,}. {advice}")
    return recordings


def _part(recording: Recording, held_out: tuple[str, ...]) -> str:
    if not held_out:
        return "test" if recording.number < 5 else "validation" if recording.number < 10 else "train"
    if recording.speaker in held_out:
        return "test"
    return "validation" if recording.number < 5 else "train"
