"""Problem set 8's trainer: a bidirectional network from the course's package below, a student's CRF on top."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_student import session

PARTS = ("path_score", "log_partition", "viterbi", "marginals", "pair_marginals", "allowed", "span_f1")


def functions(names: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return a notebook's functions; say which part is not written yet.

    Raises
    ------
    RuntimeError
        If one of them does not return what it should for a sentence of two words.
    """
    emissions, A, a = np.zeros((2, 2)), np.zeros((2, 2)), np.zeros(2)
    tries: dict[str, tuple[Any, ...]] = dict.fromkeys(PARTS[1:5], (emissions, A, a, a))
    tries |= {"path_score": (emissions, A, a, a, np.array([0, 1]))}
    tries |= {"allowed": (["O", "B-x"],), "span_f1": ([["B-x"]], [["B-x"]])}
    for name, arguments in tries.items():
        try:
            done = names[name](*arguments) is not None
        except Exception:
            done = False
        if not done:
            raise RuntimeError(f"{name} is not written yet, or stops with an error: run its test cell first")
    return {name: names[name] for name in PARTS}


class TrainedTagger:
    """A tagger after its training: it tags sentences, and shows where it is wrong."""

    def __init__(self, model: Any, data: Any, inputs: Callable[[Any], Any], history: list[float]) -> None:
        self.model, self.data, self.inputs, self.history = model, data, inputs, history

    def _tag(self, words: list[list[str]]) -> list[list[str]]:
        ids = np.zeros((len(words), max(map(len, words))), int)
        for row, sentence in zip(ids, words, strict=True):
            row[: len(sentence)] = self.data.vocabulary.encode(sentence)
        lengths = np.array([len(sentence) for sentence in words])
        found = self.model.decode(self.model.forward(self.inputs((ids, words)), lengths), lengths)
        names = self.data.tag_names
        return [[names[i] for i in row[:n]] for row, n in zip(found, lengths, strict=True)]

    def say(self, text: str) -> None:
        """Print the words of a text with their tags."""
        words = text.lower().split()
        print(" ".join(w if t == "O" else f"{w}[{t}]" for w, t in zip(words, self._tag([words])[0], strict=True)))

    def errors(self, count: int = 20) -> None:
        """Print the validation sentences that it is most surely wrong about, with what is true."""
        part, names = self.data["validation"], self.data.tag_names
        logits = self.model.forward(self.inputs((part.ids, part.words)), part.lengths)
        said = self.model.decode(logits, part.lengths)
        found = []
        for words, z, true, own, n in zip(part.words, logits, part.tags, said, part.lengths, strict=True):
            if (true[:n] != own[:n]).any():
                found.append((self._score(z[:n], own[:n]) - self._score(z[:n], true[:n]), words, true[:n], own[:n]))
        print(f"{len(found)} of {len(part)} sentences have an error; the surest {min(count, len(found))}:")
        for _, words, true, own in sorted(found, key=lambda error: -error[0])[:count]:
            print(" ", " ".join(words))
            print(
                "    true:", ", ".join(f"{w} {names[i]}" for w, i in zip(words, true, strict=True) if names[i] != "O")
            )
            print("    said:", ", ".join(f"{w} {names[i]}" for w, i in zip(words, own, strict=True) if names[i] != "O"))

    def _score(self, logits: Any, tags: Any) -> float:
        if self.model.crf is None:
            return float(logits[np.arange(len(tags)), tags].sum())
        return float(self.model.crf.score(logits, tags))

    def transitions(self, count: int = 15) -> None:
        """Print the strongest transitions that the CRF has learned."""
        A, names = self.model.crf.params["transitions"], self.data.tag_names
        for i, j in zip(*np.unravel_index(np.argsort(-A, axis=None)[:count], A.shape), strict=True):
            print(f"{A[i, j]:6.2f}  {names[i]} → {names[j]}")


def train_tagger(
    epochs: int = 6, *, crf: bool = True, seed: int = 0, sentences: int | None = None, show: bool = True
) -> TrainedTagger:
    """Train a BiLSTM with letters and your CRF on SNIPS; print the validation F1 after each epoch, and plot it.

    Parameters
    ----------
    epochs : int
    crf : bool
        Whether your CRF scores whole taggings; without it each word's tag is chosen by itself.
    seed : int
    sentences : int, optional
        Train on so many, to try whether all works.
    show : bool
        Whether to draw.
    """
    from birnn_ref.datasets import load_snips
    from birnn_ref.layers import Spelt
    from birnn_ref.models import CharTagger
    from birnn_ref.train import Adam, Sequences, fit, linear_decay, progress_bar
    from birnn_student.tagger_crf import OwnCRF

    f, rng = functions(session.current.names), np.random.default_rng(seed)
    data: Any = load_snips(min_count=2)
    model: Any = CharTagger(
        "lstm", len(data.vocabulary), 64, 128, len(data.tag_names), num_chars=len(data.letters), char_embedding=24,
        filters=64, width=3, dropout=0.5, word_dropout=0.1, rng=rng,
    )  # fmt: skip
    if crf:
        model.crf = model.children["crf"] = OwnCRF(f, data.tag_names, rng)

    def inputs(pair: tuple[Any, Any]) -> Any:
        return pair[0], Spelt.of(pair[1], data.letters.encode)

    def score(true: list[Any], said: list[Any]) -> float:
        names = [[[data.tag_names[i] for i in row] for row in rows] for rows in (true, said)]
        return float(f["span_f1"](*names))

    def tell(epoch: int, entry: dict[str, Any], _: Any) -> None:
        history.append(entry["validation_score"])
        print(f"epoch {epoch + 1}: loss {entry['loss']:.3f}, validation F1 {100 * history[-1]:.1f} %", flush=True)

    history: list[float] = []
    parts = {name: data[name].take(slice(sentences)) for name in ("train", "validation")}
    train, validation = (Sequences(inputs((p.ids, p.words)), p.tags, p.lengths) for p in parts.values())
    fit(
        model, train, loss=model.loss, optimiser=Adam(model, 0.003), epochs=epochs, batch_size=32, rng=rng, clip=5.0,
        validation=validation, metric=score, schedule=linear_decay(0.003, epochs * -(-len(train) // 32)),
        callbacks=[tell], progress=progress_bar,
    )  # fmt: skip
    if show:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(5, 2.6))
        ax.plot(range(1, epochs + 1), 100 * np.array(history), "o-")
        ax.set(xlabel="epoch", ylabel="span F1 in %", title="validation")
        plt.show()
    return TrainedTagger(model, data, inputs, history)
