"""Beam search against a slow one that keeps lists of words, on tables of chances: what is kept, and what is best."""

import numpy as np
import pytest

from birnn_ref.models.beam_search import beam_search

START, END, WORDS, SEQUENCES = 0, 1, 5, 3


def slowly(log_p, width, normalise, max_steps):
    """Return the best text of one sequence, the start and the end left out, and its score."""
    score = lambda beam: beam[1] / (len(beam[0]) - 1) ** normalise  # noqa: E731
    beams = [([START], 0.0)]
    for _ in range(max_steps):
        grown = [beam for beam in beams if beam[0][-1] == END]
        grown += [
            ([*said, word], p + log_p[said[-1], word]) for said, p in beams if said[-1] != END for word in range(WORDS)
        ]
        beams = sorted(grown, key=score, reverse=True)[:width]
        if all(said[-1] == END for said, _ in beams):
            break
    said, p = max(beams, key=score)
    return [word for word in said[1:] if word != END], score((said, p))


@pytest.mark.parametrize("width", [1, 2, 3, 7])
@pytest.mark.parametrize("normalise", [0.0, 0.7, 2.0])
@pytest.mark.parametrize("max_steps", [1, 6])
def test_keeps_and_finds_what_a_slow_search_does(width, normalise, max_steps):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        log_p = np.log(rng.dirichlet(np.full(WORDS, 0.5), (SEQUENCES, WORDS)))
        row = np.repeat(np.arange(SEQUENCES), width)

        def step(words, states, log_p=log_p):
            (sequence, count) = states
            return log_p[sequence, words], (sequence, count + 1), np.stack([words, count], axis=1) + 0.0

        found = beam_search(
            step, (row, np.zeros(len(row))), start=START, end=END, width=width, normalise=normalise, max_steps=max_steps
        )
        for written, table in zip(found, log_p, strict=True):
            said, score = slowly(table, width, normalise, max_steps)
            assert written.ids.tolist() == said
            np.testing.assert_allclose(written.score, score, rtol=1e-12)
            # The weights of each step are those of the beam that was kept: it read the word before.
            assert written.alpha[:, 0].tolist() == [START, *said][: len(said)]
            assert written.alpha[:, 1].tolist() == list(range(len(said)))
