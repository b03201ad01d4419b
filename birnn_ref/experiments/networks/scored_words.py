"""Words as the review classifiers in PyTorch read them: vectors with n-gram scores beside them, dropped in training."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from birnn_ref.datasets.reviews import UNKNOWN


def read_words(
    embedding: nn.Embedding,
    x: Tensor,
    scores: Tensor,
    valid: Tensor,
    *,
    word_dropout: float = 0.0,
    dropout: float = 0.0,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return each word's vector with its scores behind it, and the scores that are left.

    Parameters
    ----------
    embedding : nn.Embedding
    x : tensor, ``(reviews, time)``
        Token ids.
    scores : tensor, ``(reviews, time, n)``
    valid : bool tensor, ``(reviews, time)``
        Which steps are words.
    word_dropout : float
        Share of the words that become the unknown word, their scores zero.
    dropout : float
        Share of a review's vector entries that are dropped, the same at each of its steps.

    Returns
    -------
    inputs : tensor, ``(reviews, time, embedding + n)``
    scores : tensor, ``(reviews, time, n)``
    """
    if word_dropout:
        dropped = (torch.rand(x.shape, device=x.device) < word_dropout) & valid
        x = torch.where(dropped, torch.full_like(x, UNKNOWN), x)
        scores = scores * ~dropped[..., None]
    vectors: Tensor = embedding(x)  # (reviews, time, embedding)
    if dropout:
        mask = torch.rand(len(x), 1, vectors.shape[2], device=x.device) > dropout
        vectors = vectors * mask / (1 - dropout)
    return torch.cat([vectors, scores], dim=2), scores
