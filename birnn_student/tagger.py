"""Problem set 8's trainer: a bidirectional network from the course's package below, a student's CRF on top."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np

from birnn_student import session
from birnn_student.notebook import WIDTH

PARTS = ("path_score", "log_partition", "viterbi", "marginals", "pair_marginals", "allowed", "span_f1")


def functions(names: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return a notebook's functions; say which part is not written yet.

    Raises
    ------
    NotWritten
        If one of them does not return what it should for a sentence of two words.
    """
    emissions, A, a = np.zeros((2, 2)), np.zeros((2, 2)), np.zeros(2)
    tries: dict[str, tuple[Any, ...]] = dict.fromkeys(PARTS[1:5], (emissions, A, a, a))
    tries |= {"path_score": (emissions, A, a, a, np.array([0, 1]))}
    tries |= {"allowed": (["O", "B-x"],), "span_f1": ([["B-x"]], [["B-x"]])}
    for name in PARTS:
        try:
            done = names[name](*tries[name]) is not None
        except Exception:
            done = False
        if not done:
            part = session.current.set.part(name)
            title = part.title if part else name
            raise session.NotWritten(f"{title} is not written yet, or stops with an error: run its test cell first")
    return {name: names[name] for name in PARTS}


def marked(words: list[str], tags: list[str]) -> str:
    """Return a sentence's spans, each with its kind.

    Examples
    --------
    >>> marked(["play", "so", "what", "by", "miles"], ["O", "B-track", "I-track", "O", "B-artist"])
    'so what [track], miles [artist]'
    """
    spans: list[tuple[str, list[str]]] = []
    before = "O"
    for word, tag in zip(words, tags, strict=True):
        if tag.startswith("I-") and before[2:] == tag[2:]:
            spans[-1][1].append(word)
        elif tag != "O":
            spans.append((tag[2:], [word]))
        before = tag
    return ", ".join(f"{' '.join(own)} [{kind}]" for kind, own in spans) or "nothing"


class TrainedTagger:
    """A tagger after its training: it tags sentences, and shows where it is wrong."""

    def __init__(
        self, model: Any, data: Any, inputs: Callable[[Any], Any], history: list[float], span_f1: Callable[..., Any]
    ) -> None:
        self.model, self.data, self.inputs, self.history, self.span_f1 = model, data, inputs, history, span_f1

    def score(self, part: Any) -> float:
        """Return the span F1 on a part of the data, by your own function."""
        names, said = self.data.tag_names, self._answers(part)[1]
        true = [[names[i] for i in row[:n]] for row, n in zip(part.tags, part.lengths, strict=True)]
        return float(self.span_f1(true, [[names[i] for i in row] for row in said]))

    def test(self) -> None:
        """Print the span F1 on the test part: look once, at the end."""
        print(f"test F1 {100 * self.score(self.data['test']):.1f} %")

    def _answers(self, part: Any) -> tuple[Any, list[Any]]:
        """Return the emissions of a part's sentences, and the tagging of each."""
        logits = self.model.forward(self.inputs((part.ids, part.words)), part.lengths)  # (batch, time, tags)
        said = self.model.decode(logits, part.lengths)
        return logits, [row[:n] for row, n in zip(said, part.lengths, strict=True)]

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
        logits, said = self._answers(part)
        found = []
        for words, z, true, own, n in zip(part.words, logits, part.tags, said, part.lengths, strict=True):
            if (true[:n] != own).any():
                found.append((self._score(z[:n], own) - self._score(z[:n], true[:n]), words, true[:n], own))
        print(f"{len(found)} of {len(part)} sentences have an error; the surest {min(count, len(found))}:")
        for _, words, true, own in sorted(found, key=lambda error: -error[0])[:count]:
            print(textwrap.fill(" ".join(words), WIDTH, initial_indent="  ", subsequent_indent="  "))
            for who, tags in (("true", true), ("said", own)):
                told = marked(words, [names[i] for i in tags])
                print(textwrap.fill(told, WIDTH, initial_indent=f"    {who}: ", subsequent_indent=" " * 10))

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
    alone: int = 12, together: int = 3, *, crf: bool = True, seed: int = 0, sentences: int | None = None,
    show: bool = True,
) -> TrainedTagger:  # fmt: skip
    """Train a BiLSTM with letters on SNIPS, then your CRF on top; print the validation F1 of each epoch, and plot it.

    A CRF takes several times as long as the network below it, since it goes through sentences one by one. So it comes
    on top when the network has learned most of what single words tell.

    Parameters
    ----------
    alone : int
        Epochs in which each word's tag is learned by itself.
    together : int
        Epochs after these, in which your CRF scores whole taggings.
    crf : bool
        Whether it does; without it these epochs too learn each word's tag by itself.
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

    def inputs(pair: tuple[Any, Any]) -> Any:
        return pair[0], Spelt.of(pair[1], data.letters.encode)

    train, validation = (data[name].take(slice(sentences)) for name in ("train", "validation"))
    tagger = TrainedTagger(model, data, inputs, [], f["span_f1"])

    def tell(epoch: int, entry: dict[str, Any], _: Any) -> None:
        tagger.history.append(tagger.score(validation))
        words = "with your CRF" if model.crf else "each word alone"
        told = f"epoch {len(tagger.history)}, {words}: loss {entry['loss']:.3f}"
        print(f"{told}, validation F1 {100 * tagger.history[-1]:.1f} %", flush=True)

    sequences = Sequences(inputs((train.ids, train.words)), train.tags, train.lengths)
    for epochs, rate, on_top in ((alone, 0.004, False), (together, 0.002, crf)):
        if on_top:
            model.crf = model.children["crf"] = OwnCRF(f, data.tag_names, rng)
        fit(
            model, sequences, loss=model.loss, optimiser=Adam(model, rate), epochs=epochs, batch_size=32, rng=rng,
            clip=5.0, schedule=linear_decay(rate, max(epochs, 1) * -(-len(train) // 32)), callbacks=[tell],
            progress=progress_bar, decode=_each_word,
        )  # fmt: skip
    if show:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(5, 2.6))
        ax.plot(range(1, alone + together + 1), 100 * np.array(tagger.history), "o-")
        ax.axvline(alone + 0.5, color="0.6", linestyle=":")
        ax.set(xlabel="epoch", ylabel="span F1 in %", title="validation")
        plt.show()
    return tagger


def _each_word(logits: Any, lengths: Any) -> Any:
    """Return each word's best tag: for the training's running accuracy Viterbi would take too long."""
    return logits.argmax(axis=-1)
