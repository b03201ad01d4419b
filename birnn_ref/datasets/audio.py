"""Recordings as sequences of vectors: the log-mel spectrogram and the cepstral coefficients made from it."""

from __future__ import annotations

import wave
from io import BytesIO

import numpy as np

from birnn_ref._checks import Float, check_array, check_sizes
from birnn_ref.datasets.locate import DataError

FLOOR = 1e-10
"""The least energy of a band, whose logarithm is taken."""


def log_mel(
    signal: Float, rate: int, bands: int = 26, *, window: float = 0.025, hop: float = 0.010, low: float = 0.0,
    high: float | None = None,
) -> Float:  # fmt: skip
    r"""Return the logarithm of the energy in each of some bands, in windows one after another.

    Each window of the signal is faded in and out by Hann's window; the squared magnitudes of its Fourier transform
    are summed with triangular weights over bands that are equally wide on the mel scale,

    .. math:: m(f) = 2595 \log_{10}(1 + f / 700),

    as our ears tell high tones apart less finely than low ones.

    Parameters
    ----------
    signal : array ``(samples,)``
        From -1 to 1. One shorter than a window is padded with silence.
    rate : int
        Samples per second.
    bands : int
    window, hop : float
        Length of a window and distance from one's start to the next, in seconds.
    low, high : float
        The bands' range in hertz; up to half the rate when ``high`` is left out.

    Returns
    -------
    array ``(windows, bands)``

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or a band is so narrow that no frequency of the transform falls into it.

    Notes
    -----
    S. S. Stevens, J. Volkmann and E. B. Newman, J. Acoust. Soc. Am. 8 (1937). Equal to librosa's
    ``log(melspectrogram(..., htk=True, norm=None, center=False))``.

    Examples
    --------
    A tone of 1,000 Hz is loudest in the band whose middle is nearest to it:

    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> energies = log_mel(tone, 8000)
    >>> energies.shape, int(energies[50].argmax())
    ((98, 26), 12)
    """
    check_array("signal", signal, ("samples",))
    check_sizes(rate=rate, bands=bands)
    size, step = round(window * rate), round(hop * rate)
    check_sizes(**{"window * rate": size, "hop * rate": step})
    bins = 1 << (size - 1).bit_length()  # the transform's size, at least the window's
    weights = mel_weights(bands, rate, bins, low, rate / 2 if high is None else high)
    signal = np.pad(signal, (0, max(0, size - len(signal))))
    frames = np.lib.stride_tricks.sliding_window_view(signal, size)[::step]  # (windows, size)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    energy = np.abs(np.fft.rfft(frames * hann, bins)) ** 2  # (windows, bins // 2 + 1)
    return np.log(np.maximum(energy @ weights.T, FLOOR))  # (windows, bands)


def mel_weights(bands: int, rate: int, bins: int, low: float, high: float) -> Float:
    """Return each band's triangle over the frequencies of a transform of ``bins`` samples, ``(bands, bins // 2 + 1)``.

    Raises
    ------
    ValueError
        If the range is not within 0 to half the rate, or a band is empty.
    """
    if not 0 <= low < high <= rate / 2:
        raise ValueError(
            f"low and high must lie between 0 and {rate / 2:g} Hz, half the rate, got {low:g} and {high:g}"
        )
    first, last = 2595 * np.log10(1 + np.array([low, high]) / 700)
    edges = 700 * (10 ** (np.linspace(first, last, bands + 2) / 2595) - 1)
    frequency = np.arange(bins // 2 + 1) * rate / bins
    left, middle, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    weights = np.maximum(0, np.minimum((frequency - left) / (middle - left), (right - frequency) / (right - middle)))
    if not weights.any(axis=1).all():
        raise ValueError(f"bands={bands} are too many: a band is narrower than the {rate / bins:g} Hz of the transform")
    return np.asarray(weights)


def mfcc(signal: Float, rate: int, count: int = 13, *, bands: int = 26, **options: float) -> Float:
    r"""Return the mel-frequency cepstral coefficients: the spectrogram's slow changes from band to band.

    The cosine transform of each window's log-mel energies :math:`e_0 \dots e_{B-1}`, its first ``count`` entries:

    .. math:: c_k = s_k \sum_b e_b \cos\left(\frac{\pi k (2 b + 1)}{2 B}\right),
        \qquad s_0 = \sqrt{1/B}, \quad s_k = \sqrt{2/B}

    Parameters
    ----------
    signal, rate, bands, **options
        As in `log_mel`.
    count : int
        Coefficients, at most ``bands``.

    Returns
    -------
    array ``(windows, count)``

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit.

    Notes
    -----
    S. B. Davis and P. Mermelstein, IEEE Trans. ASSP 28 (1980).

    Examples
    --------
    >>> mfcc(np.random.default_rng(0).uniform(-1, 1, 4000), 8000).shape
    (48, 13)
    """
    check_sizes(count=count)
    if count > bands:
        raise ValueError(f"count must be at most the {bands} bands, got {count}")
    energies = log_mel(signal, rate, bands, **options)
    k, b = np.arange(count)[:, None], np.arange(bands)
    cosines = np.sqrt(2 / bands) * np.cos(np.pi * k * (2 * b + 1) / (2 * bands))
    cosines[0] /= np.sqrt(2)
    return np.asarray(energies @ cosines.T)  # (windows, count)


def read_wav(content: bytes, name: str, rate: int) -> Float:
    """Return the samples of a WAV file, ``(samples,)`` from -1 to 1.

    Parameters
    ----------
    content : bytes
    name : str
        What errors call it.
    rate : int
        The samples per second that it must have.

    Raises
    ------
    DataError
        If it is damaged, or is not mono of 16 bits at this rate.
    """
    try:
        with wave.open(BytesIO(content)) as recording:
            found = recording.getnchannels(), 8 * recording.getsampwidth(), recording.getframerate()
            expected, samples = recording.getnframes(), recording.readframes(recording.getnframes())
    except (wave.Error, EOFError) as error:
        raise DataError(f"{name} is damaged or is not a WAV file: {error or 'it ends too early'}") from error
    if found != (1, 16, rate):
        raise DataError(
            f"{name} has {found[0]} channel(s) of {found[1]} bits at {found[2]:,} Hz, not 1 of 16 bits at {rate:,} Hz. "
            "Convert it first (sox IN -r RATE -c 1 -b 16 OUT, or librosa.resample)."
        )
    if len(samples) != 2 * expected or not samples:
        raise DataError(f"{name} is cut off: it holds {len(samples) // 2:,} of {expected:,} samples")
    return np.frombuffer(samples, dtype="<i2") / 32768
