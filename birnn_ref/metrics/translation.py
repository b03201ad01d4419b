"""BLEU, as sacrebleu computes it."""

from __future__ import annotations

from collections.abc import Sequence


def bleu(true: Sequence[str], said: Sequence[str]) -> float:
    """Return the BLEU of translations in percent, by sacrebleu with its own tokeniser and settings.

    BLEU depends on how text is cut into words, so figures compare only where one program has cut it: give sentences
    as people write them, not tokens.

    Parameters
    ----------
    true, said : sequences of str
        A reference and a translation of each sentence.

    Raises
    ------
    ImportError
        If sacrebleu is not installed.
    ValueError
        If their numbers differ, or there are none.

    Notes
    -----
    M. Post, "A call for clarity in reporting BLEU scores", WMT 2018.

    Examples
    --------
    >>> round(bleu(["The cat sat on the mat."], ["The cat sat on the mat."]), 1)
    100.0
    """
    if len(true) != len(said) or not len(true):
        raise ValueError(
            f"true and said must hold the same number of sentences, and one at least, got {len(true)} and {len(said)}"
        )
    try:
        from sacrebleu import corpus_bleu
    except ImportError as error:
        raise ImportError("bleu needs sacrebleu: pip install 'birnn-course[metrics]'") from error
    return float(corpus_bleu(list(said), [list(true)]).score)
