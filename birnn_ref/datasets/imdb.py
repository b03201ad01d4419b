"""The Large Movie Review Dataset (Maas et al., 2011) in Keras's form: reviews as ranks of their words."""

from __future__ import annotations

import json
import pickle
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from birnn_ref._checks import check_rng
from birnn_ref.datasets.embedded import embedded_reviews
from birnn_ref.datasets.locate import DAMAGED, DataError, RemoteFile, locate, wants_embedded
from birnn_ref.datasets.reviews import INDEX_FROM, Recipe, ReviewData

BASE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
# Both checksums are those that Keras itself checks.
REVIEWS = RemoteFile(
    "imdb.npz",
    BASE + "imdb.npz",
    "sha256:69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    17,
    stand_in=True,
)
WORD_INDEX = RemoteFile(
    "imdb_word_index.json",
    BASE + "imdb_word_index.json",
    "md5:bfafd718b763782e994055a2d397834f",
    1.6,
    stand_in=True,
)
TOKENS = {"train": 5_942_841, "test": 5_745_105}
"""Tokens in the published splits: what a copy is held to when its bytes are not those of the published file."""


def load_imdb(
    num_words: int | None = None,
    maxlen: int | None = None,
    *,
    padding: str = "post",
    truncating: str = "pre",
    validation: float = 0.1,
    rng: np.random.Generator | None = None,
    progress: bool = True,
) -> ReviewData:
    """Load the IMDb reviews, with a validation split held out of the training set.

    Parameters
    ----------
    num_words : int, optional
        Ids up to ``num_words - 1`` are kept, rarer words become 2, as in Keras; all are kept when left out.
    maxlen : int, optional
        Tokens to keep of each review. When left out, each split's ``x`` is a list of whole reviews.
    padding, truncating : {"pre", "post"}
        The side that is filled, and the side that is cut. A layer's ``lengths`` counts from the front, so padding
        stands behind; Keras's default is in front.
    validation : float
        The fraction of the training reviews that is held out; 0 for none.
    rng : numpy.random.Generator, optional
        Shuffles the reviews, which the file has sorted by label; ``default_rng(0)`` when left out.
    progress : bool
        Show a progress bar while downloading.

    Returns
    -------
    ReviewData
        Its ``source`` tells real reviews from the embedded corpus, which ``BIRNN_DATA=embedded`` asks for.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as above.
    DataError
        If the file is missing, cannot be downloaded, is damaged, or does not hold the published reviews.

    Notes
    -----
    A. L. Maas et al., "Learning word vectors for sentiment analysis", ACL 2011. Research use; the reviews
    are not redistributed with this package.
    """
    recipe = Recipe(num_words, maxlen, padding, truncating, validation)
    rng = np.random.default_rng(0) if rng is None else check_rng(rng)
    if wants_embedded():
        return embedded_reviews(
            num_words, maxlen, padding=padding, truncating=truncating, validation=validation, rng=rng
        )
    reviews = locate(REVIEWS, progress)
    arrays = _read_reviews(reviews.path)
    ranks = _read_word_index(locate(WORD_INDEX, progress).path)
    word_ids = {word: rank + INDEX_FROM for word, rank in ranks.items()}
    train = _as_ids(arrays["x_train"]), arrays["y_train"]
    test = _as_ids(arrays["x_test"]), arrays["y_test"]
    return recipe.data(train, test, word_ids, reviews.source, rng)


def _as_ids(reviews: npt.NDArray[np.object_]) -> list[npt.NDArray[np.int32]]:
    # The file holds ranks; Keras puts the start id in front and shifts the ranks past its reserved ids.
    return [np.concatenate(([1], np.asarray(ranks, dtype=np.int32) + INDEX_FROM)) for ranks in reviews]


def _read_word_index(path: Path) -> dict[str, int]:
    try:
        ranks = json.loads(path.read_text(encoding="utf-8"))
        return {str(word): int(rank) for word, rank in ranks.items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise DataError(f"{path} is not a word index: {error}. Delete it to download it again.") from error


def _read_reviews(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read the four arrays and hold them to what is known of the published file."""
    names = ("x_train", "y_train", "x_test", "y_test")
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {name: _read_array(archive.read(f"{name}.npy")) for name in names}
    except (*DAMAGED, pickle.UnpicklingError) as error:
        raise DataError(
            f"{path} is damaged or is not Keras's imdb.npz: {error}. Delete it to download it again."
        ) from error
    for split, published in TOKENS.items():
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        found = {
            "reviews": len(x),
            "labels": len(y),
            "positive": int(np.sum(y)),
            "tokens": sum(len(review) for review in x),
        }
        expected = {"reviews": 25_000, "labels": 25_000, "positive": 12_500, "tokens": published}
        if found != expected:
            raise DataError(f"{path} does not hold the published {split} reviews: it has {found}, not {expected}.")
    return arrays


class _PlainUnpickler(pickle.Unpickler):
    """Unpickles NumPy object arrays of lists and nothing else: a pickle may otherwise run any code."""

    ALLOWED = frozenset({"_reconstruct", "ndarray", "dtype", "scalar"})

    def find_class(self, module: str, name: str) -> Any:
        if name in self.ALLOWED and module.split(".")[0] == "numpy":
            return super().find_class(module.replace("numpy.core", "numpy._core"), name)
        raise pickle.UnpicklingError(f"the file asks for {module}.{name}, which no data set needs")


def _read_array(raw: bytes) -> npt.NDArray[Any]:
    stream = BytesIO(raw)
    version = np.lib.format.read_magic(stream)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(stream)
    if dtype.hasobject:
        array: npt.NDArray[Any] = _PlainUnpickler(stream).load()
        return array.reshape(shape)
    return np.frombuffer(stream.read(), dtype).reshape(shape)
