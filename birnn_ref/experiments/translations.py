"""Translations as text, their BLEU, and an interval for it over seeds and test sentences."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import numpy as np

from birnn_ref._checks import Float, Int
from birnn_ref.datasets.pairs import PairData, related
from birnn_ref.datasets.splits import Split
from birnn_ref.experiments.results import T_QUANTILES
from birnn_ref.experiments.translators import COPIED
from birnn_ref.models import Seq2Seq

DRAWS = 1000


def text(words: Sequence[str], *, copy: bool = True) -> str:
    """Write words as a sentence, those that were copied with or without.

    Examples
    --------
    >>> text(["i", "saw", "*zermatt", "."]), text(["i", "saw", "*zermatt", "."], copy=False)
    ('i saw zermatt.', 'i saw.')
    """
    kept = [word.removeprefix(COPIED) for word in words if copy or not word.startswith(COPIED)]
    return re.sub(r" ([.,!?;:%])", r"\1", " ".join(kept))


def translate(
    model: Seq2Seq, data: PairData, part: Split, *, width: int = 1, normalise: float = 1.0
) -> list[list[str]]:
    """Return what a model writes; for an unknown word, the word that it looks at, after `COPIED`.

    Notes
    -----
    M.-T. Luong et al., "Addressing the rare word problem in neural machine translation", ACL 2015.
    """
    assert part.ids is not None
    assert part.words is not None
    assert data.target_vocabulary is not None
    unknown = data.target_vocabulary.encode([""])[0]
    said: list[list[str]] = [[] for _ in part.words]
    order = part.lengths.argsort(kind="stable")
    for rows in np.split(order, range(256, len(order), 256)):
        ids = part.ids[rows, : part.lengths[rows].max()]
        written = model.write(ids, part.lengths[rows], width=width, normalise=normalise, max_steps=25)
        for row, w in zip(rows, written, strict=True):
            looked = w.alpha.argmax(axis=1)
            said[row] = [
                COPIED + part.words[row][at] if i == unknown else word
                for i, word, at in zip(w.ids, data.target_vocabulary.decode(w.ids), looked, strict=True)
            ]
    return said


def count(true: Sequence[str], said: Sequence[str]) -> Int:
    """Return what sacrebleu adds up, ``(sentences, 10)``: n-grams up to 4 that match, all of them, and both lengths."""
    from sacrebleu import BLEU

    scorer, rows = BLEU(), []
    for reference, hypothesis in zip(true, said, strict=True):
        score = scorer.corpus_score([hypothesis], [[reference]])
        rows.append([*score.counts, *score.totals, score.sys_len, score.ref_len])
    return np.array(rows, np.int64)


def bleu_of(counts: Float | Int) -> Float:
    """Return the BLEU of summed counts ``(..., 10)`` in percent; 0 without a match of four words.

    Examples
    --------
    >>> bleu_of(np.array([4, 3, 2, 1, 4, 3, 2, 1, 4, 4]))
    array(100.)
    """
    counts = np.asarray(counts, np.float64)
    right, total, said, true = counts[..., :4], counts[..., 4:8], counts[..., 8], counts[..., 9]
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.exp(np.log(right / total).mean(axis=-1))
        score = 100 * precision * np.exp(np.minimum(0, 1 - true / said))
    found: Float = np.where((right > 0).all(axis=-1), score, 0)
    return found


def pack(counts: Int) -> str:
    """Write small whole numbers, 0 to 255, as text for a stored result."""
    if counts.size and not 0 <= counts.min() <= counts.max() < 256:
        raise ValueError(f"counts must lie between 0 and 255, got {counts.min()} to {counts.max()}")
    return base64.b64encode(counts.astype(np.uint8).tobytes()).decode("ascii")


def unpack(packed: str, columns: int = 10) -> Int:
    """Read what `pack` wrote, ``(sentences, columns)``.

    Examples
    --------
    >>> unpack(pack(np.array([[3, 4], [5, 6]])), 2)
    array([[3, 4],
           [5, 6]])
    """
    return np.frombuffer(base64.b64decode(packed), np.uint8).reshape(-1, columns).astype(np.int64)


def group_sizes(part: Split) -> Int:
    """Return how many pairs each group of related ones has, in the order of a part; such pairs are neighbours."""
    assert part.words is not None
    assert part.target_words is not None
    groups = related(list(zip(part.words, part.target_words, strict=True)))
    assert all(group == list(range(group[0], group[0] + len(group))) for group in groups)
    return np.array([len(group) for group in groups])


def over_seeds_and_groups(counts: Float | Int, sizes: Int, less: Float | Int | None = None) -> dict[str, float]:
    r"""Return the mean BLEU of ``(seeds, sentences, 10)``, or how much it is above another's, with its 95 % interval.

    The sentences' part is a bootstrap over groups of related pairs, paired where there are two systems (Koehn 2004);
    the seeds' part is Student's t, and is left out where there is one seed.

    Returns
    -------
    dict
        ``mean``, ``half_width``, and ``seeds`` and ``items``, the half-widths that each part alone would give.

    Notes
    -----
    P. Koehn, "Statistical significance tests for machine translation evaluation", EMNLP 2004.
    """
    starts = np.cumsum(sizes) - sizes
    systems = [np.add.reduceat(system, starts, axis=1) for system in (counts, less) if system is not None]
    drawn = np.random.default_rng(0).multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), DRAWS)
    whole = [bleu_of(system.sum(axis=1)) for system in systems]  # (seeds,) each
    again = [np.mean([bleu_of(drawn @ seed) for seed in system], axis=0) for system in systems]  # (draws,) each
    by_seed, by_draw = (values[0] - values[1] if len(values) > 1 else values[0] for values in (whole, again))
    seeds = T_QUANTILES[len(by_seed)] * by_seed.std(ddof=1) / np.sqrt(len(by_seed)) if len(by_seed) > 1 else 0.0
    low, high = np.quantile(by_draw, [0.025, 0.975])
    items = (high - low) / 2
    return {
        "mean": round(float(by_seed.mean()), 3),
        "half_width": round(float(np.hypot(seeds, items)), 3),
        "seeds": round(float(seeds), 3),
        "items": round(float(items), 3),
    }
