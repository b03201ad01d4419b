"""Generated digits, for machines without the real ones: vowels and hisses from a voice's pulses and two resonances.

They sound like nobody, but as in real recordings the sounds of a digit come in order, last a while, and depend on the
voice. They are never mixed with real ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from birnn_ref._checks import Float, Int

SPEAKERS = ("ada", "ben", "cleo", "dan", "eve", "finn")
PITCH = (210, 115, 190, 95, 235, 130)
"""Of each voice, in hertz; a higher one also has higher resonances."""
SOUNDS = {  # resonances in hertz; the last number is how much of the sound is a hiss
    "s": (2900, 3600, 1.0), "z": (2700, 3400, 0.6), "f": (1500, 3200, 0.9), "t": (3100, 3700, 0.8),
    "i": (300, 2300, 0.0), "e": (550, 1800, 0.0), "a": (750, 1200, 0.0), "o": (450, 850, 0.0),
    "u": (320, 800, 0.0), "w": (300, 650, 0.0), "n": (280, 1500, 0.1), "r": (400, 1300, 0.1),
}  # fmt: skip
DIGITS = ("zero", "wan", "tu", "tri", "for", "faif", "sits", "sefen", "eit", "nain")
"""The digits' sounds, in order."""


def embedded_recordings(rate: int, takes: int = 16) -> Iterator[tuple[int, str, int, Float]]:
    """Generate ``takes`` recordings of each digit by each voice, always the same ones.

    Yields
    ------
    digit : int
    speaker : str
    index : int
    signal : array ``(samples,)``

    Examples
    --------
    >>> digit, speaker, index, signal = next(embedded_recordings(8000))
    >>> digit, speaker, index, signal.ndim, bool(abs(signal).max() < 1)
    (0, 'ada', 0, 1, True)
    """
    for digit, sounds in enumerate(DIGITS):
        for voice, speaker in enumerate(SPEAKERS):
            for index in range(takes):
                rng = np.random.default_rng([digit, voice, index])
                yield digit, speaker, index, _say(sounds, PITCH[voice] * rng.uniform(0.9, 1.1), rate, rng)


def _say(sounds: str, pitch: float, rate: int, rng: np.random.Generator) -> Float:
    """Say sounds one after another, each for some 60 to 130 ms."""
    steps = rng.integers(60, 130, size=len(sounds))  # of a millisecond
    size = (pitch / 150) ** 0.3 * rng.uniform(0.95, 1.05)
    first, second, hiss = (_smoothed(column, steps) for column in zip(*(SOUNDS[s] for s in sounds), strict=True))
    time = np.arange(len(first) * rate // 1000) / rate
    step = (1000 * time).astype(int)
    signal = np.zeros(len(time))
    for harmonic in range(1, int(rate / 2 / pitch)):
        frequency = harmonic * pitch
        gain = sum(np.exp(-(((frequency - size * f) / 180) ** 2)) for f in (first, second)) / harmonic**0.3
        tone = np.sin(2 * np.pi * frequency * time + rng.uniform(0, 2 * np.pi))
        signal += (gain * (1 - hiss))[step] * tone
    carrier = np.sin(2 * np.pi * np.minimum(size * second, 0.48 * rate)[step] * time)
    signal += 1.5 * hiss[step] * rng.normal(size=len(time)) * carrier + 0.02 * rng.normal(size=len(time))
    return np.asarray(0.5 * signal / np.abs(signal).max())


def _smoothed(values: Sequence[float], steps: Int) -> Float:
    """Return one value per millisecond, each held for its steps and gliding to the next over 30 ms."""
    window = np.hanning(31)
    line = np.pad(np.repeat(values, steps), 15, mode="edge")
    return np.convolve(line, window / window.sum(), mode="valid")
