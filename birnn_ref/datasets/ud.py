"""Universal Dependencies, English Web Treebank: sentences from the web with each word's part of speech."""

from __future__ import annotations

from birnn_ref.datasets.conll import UPOS, read_conllu
from birnn_ref.datasets.locate import DataError, RemoteFile, locate
from birnn_ref.datasets.tagged import TaggedData

COMMIT = "4c89b5833a70aa5ed3a00bad2f23f57992cc7df8"
BASE = f"https://raw.githubusercontent.com/UniversalDependencies/UD_English-EWT/{COMMIT}/"


def _file(part: str, sha256: str, megabytes: float) -> RemoteFile:
    name = f"en_ewt-ud-{part}.conllu"
    return RemoteFile(f"ud_ewt/{name}", BASE + name, f"sha256:{sha256}", megabytes, (f"ud_ewt/{name}.gz",))


TRAIN = _file("train", "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b", 14.2)
VALIDATION = _file("dev", "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6", 1.8)
TEST = _file("test", "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd", 1.8)
PUBLISHED = {"train": (12_544, 204_577), "validation": (2_001, 25_147), "test": (2_077, 25_094)}
"""Sentences and words of each part: what a copy is held to."""


def load_ud(*, min_count: int = 1, progress: bool = True) -> TaggedData:
    """Load the English Web Treebank, release 2.16 (18 MB to download, once).

    The split is the published one; a text (a blog's post, a message, a review) is in one part as a whole.

    Parameters
    ----------
    min_count : int
        Words that occur less often than this in train are unknown.
    progress : bool
        Show a progress bar while downloading.

    Returns
    -------
    TaggedData
        Splits with ``ids``, ``lengths``, ``tags`` (the 17 universal parts of speech) and ``words``.

    Raises
    ------
    DataError
        If a file is missing, cannot be downloaded, is damaged, or does not hold the published sentences.

    Notes
    -----
    N. Silveira et al., "A gold standard dependency corpus for English", LREC 2014. The annotations are under
    CC BY-SA 4.0; parts of the texts are their authors', so the treebank is not redistributed with this package.
    """
    parts, source = {}, ""
    for name, file in (("train", TRAIN), ("validation", VALIDATION), ("test", TEST)):
        found = locate(file, progress)
        source = found.source
        parts[name] = read_conllu(found.path)
        counts = len(parts[name]), sum(len(sentence.words) for sentence in parts[name])
        if counts != PUBLISHED[name]:
            raise DataError(
                f"{found.path} does not hold the published {name} sentences: it has {counts[0]:,} sentences of "
                f"{counts[1]:,} words, not {PUBLISHED[name][0]:,} of {PUBLISHED[name][1]:,}. Fetch {file.url} again."
            )
    return TaggedData.of("UD English-EWT", parts, source, tag_names=UPOS, min_count=min_count)
