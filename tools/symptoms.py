"""Train problem set 7's six wrong models and store what their authors could have seen: ``python tools/symptoms.py``.

Each has the bug of a function in the notebook, and learns from SNIPS, which lies in the package; beside it stands a
network of the same code that reads forward alone. One run each, seed 0, in about a minute for all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from typing import Any

import examples
import mutants
import numpy as np
from wrong_networks import LastOutput, Network, Normalised, ReadsPadding, Shifted, Turned

from birnn_ref.datasets import load_snips
from birnn_ref.losses import softmax_cross_entropy
from birnn_ref.train import Adam, Sequences, fit, linear_decay

STORED = mutants.ROOT / "birnn_student/symptoms.json"
UNKNOWN = 1
NOTEBOOK = examples.functions("ps7", {})
HIDDEN = 64


def trained(
    kind: type[Network], words: int, outputs: int, data: Sequences, *, both: bool = True, epochs: int = 4,
    tell: Callable[..., Any] | None = None,
) -> Network:  # fmt: skip
    """Return a network after its training, from seed 0."""
    rng = np.random.default_rng(0)
    model = kind(words, outputs, HIDDEN, rng)
    model.both = both and kind.both
    fit(
        model, data, loss=softmax_cross_entropy, optimiser=Adam(model, 0.01), epochs=epochs, batch_size=32, rng=rng,
        clip=5.0, schedule=linear_decay(0.01, epochs * -(-len(data) // 32)), callbacks=[tell] if tell else [],
    )  # fmt: skip
    return model


def batches(part: Any, size: int, *, by_length: bool = False) -> Iterator[tuple[Any, Any, Any]]:
    """Yield the sentences of a part in batches, as they come or by their lengths: ids, lengths, tags."""
    order = np.argsort(part.lengths, kind="stable") if by_length else np.arange(len(part))
    for start in range(0, len(order), size):
        at = order[start : start + size]
        longest = part.lengths[at].max()
        yield part.ids[at, :longest], part.lengths[at], part.tags[at, :longest]


def tag_accuracy(model: Network, part: Any, size: int, *, by_length: bool = False) -> float:
    right = total = 0
    for ids, lengths, tags in batches(part, size, by_length=by_length):
        counts = np.arange(ids.shape[1]) < lengths[:, None]
        right += int((model.forward(ids, lengths).argmax(axis=2) == tags)[counts].sum())
        total += int(counts.sum())
    return percent(right / total)


def percent(share: float) -> float:
    return round(100 * float(share), 1)


def from_the_middle_on(data: Any) -> dict[str, Any]:
    time, series = 7, {}
    kinds = ["end", *sorted({name[2:] or "no slot" for name in data.tag_names})]

    def cut(part: Any) -> Sequences:
        long = part.lengths >= time
        rows = part.tags[long, : time + 1]
        rows = np.pad(rows, ((0, 0), (0, 1)))[:, 1 : time + 1]  # what comes next
        kind = np.array([kinds.index(name[2:] or "no slot") for name in data.tag_names])[rows]
        kind[part.lengths[long] == time, -1] = 0
        return Sequences(part.ids[long, :time].copy(), kind)

    train, test = cut(data["train"]), cut(data["test"])
    for name, both in (("both directions", True), ("forward alone", False)):
        model = trained(Turned, len(data.vocabulary), len(kinds), train, both=both)
        right = model.forward(test.x).argmax(axis=2) == test.y
        series[name] = [percent(share) for share in right.mean(axis=0)]
    return {"xlabel": "word", "ylabel": "next kind right, %", "x": list(range(1, time + 1)), "series": series}


def batches_of_nine(data: Any) -> dict[str, Any]:
    sizes, series = [1, 3, 9, 27, 81], {}
    train = Sequences(data["train"].ids, data["train"].tags, data["train"].lengths)
    for name, both in (("both directions", True), ("forward alone", False)):
        model = trained(ReadsPadding, len(data.vocabulary), len(data.tag_names), train, both=both)
        series[name] = [tag_accuracy(model, data["test"], size) for size in sizes]
    return {"xlabel": "sentences in a batch", "ylabel": "tags right, %", "x": sizes, "series": series}


def one_answer(data: Any) -> dict[str, Any]:
    train, test = (data[name] for name in ("train", "test"))
    sequences = Sequences(train.ids, train.labels, train.lengths)
    model = trained(LastOutput, len(data.vocabulary), len(data.label_names), sequences)

    def right(lines: list[str]) -> list[float]:
        """Return the share of right answers among the longest of each batch, and among all others."""
        found: dict[bool, list[bool]] = {True: [], False: []}
        for start in range(0, len(test), 8):
            rows = slice(start, start + 8)
            lengths = test.lengths[rows]
            said = model.forward(test.ids[rows, : lengths.max()], lengths).argmax(axis=1)
            for words, n, own, true in zip(test.words[rows], lengths, said, test.labels[rows], strict=True):
                found[bool(n == lengths.max())].append(own == true)
                if start == 0:
                    lines.append(f"{data.label_names[own]:20} {' '.join(words)}")
        return [float(np.mean(found[longest])) for longest in (True, False)]

    lines: list[str] = []
    as_trained, shuffled, rng = right(lines), [], np.random.default_rng(1)
    for _ in range(10):
        for array in model.chains.params.values():
            array[1] = rng.permutation(array[1].ravel()).reshape(array[1].shape)
        shuffled.append(right([]))
    series = {
        "as trained": [percent(share) for share in as_trained],
        "backward weights shuffled, mean of 10": [percent(share) for share in np.mean(shuffled, axis=0)],
    }
    x = ["the longest of a batch", "all others"]
    return {"xlabel": "", "ylabel": "intents right, %", "x": x, "series": series, "lines": lines}


def too_good(_: Any) -> dict[str, Any]:
    data, series = load_snips(min_count=20), {}
    train, test = (data[name] for name in ("train", "test"))
    sequences, words = Sequences(train.ids, train.ids, train.lengths), len(data.vocabulary)
    counts = np.arange(test.ids.shape[1]) < test.lengths[:, None]

    def perplexity(model: Network, ids: Any, at: Any) -> float:
        z = model.forward(ids, test.lengths)[at].astype(float)
        z -= z.max(axis=1, keepdims=True)
        chosen = z[np.arange(len(z)), test.ids[at]] - np.log(np.exp(z).sum(axis=1))
        return round(float(np.exp(-chosen.mean())), 2)

    rng = np.random.default_rng(2)
    missing = np.zeros(counts.shape, bool)
    missing[np.arange(len(test)), rng.integers(test.lengths)] = True
    missing &= test.ids != UNKNOWN
    lines: list[str] = []
    for name, kind in (("both directions", Network), ("forward: the next word", Shifted)):
        seen: list[float] = []

        def tell(epoch: int, entry: Any, model: Network, seen: list[float] = seen) -> None:
            seen.append(perplexity(model, test.ids, counts))

        model = trained(kind, words, words, sequences, tell=tell)
        series[name] = seen
        if kind is Network:
            gone = np.where(missing, UNKNOWN, test.ids)
            said = model.forward(gone, test.lengths)[missing].argmax(axis=1)
            share = percent((said == test.ids[missing]).mean())
            worse = f"{perplexity(model, gone, missing):,.0f}"
            lines = [f"one word of each sentence taken away: {share} % of them right, perplexity {worse}"]
    x = list(range(1, len(series["both directions"]) + 1))
    return {"xlabel": "epoch", "ylabel": "perplexity, new texts", "x": x, "series": series, "lines": lines, "log": True}


def less_memory(data: Any) -> dict[str, Any]:
    time, place = 96, 12

    def recordings(part: Any) -> Sequences:
        counts = np.arange(part.ids.shape[1]) < part.lengths[:, None]
        ids, tags = part.ids[counts], part.tags[counts]
        rows = len(ids) // time
        return Sequences(ids[: rows * time].reshape(rows, time), tags[: rows * time].reshape(rows, time))

    test = recordings(data["test"])
    model = trained(Network, len(data.vocabulary), len(data.tag_names), recordings(data["train"]), epochs=16)
    p, x = model.chains.params, model.words.forward(test.x).astype(float)
    ways: list[dict[str, Any]] = [{name: array[k].astype(float) for name, array in p.items()} for k in (0, 1)]
    for way in ways:
        way["h_0"] = np.zeros((len(x), HIDDEN))

    def right(size: int) -> Any:
        h = np.concatenate(NOTEBOOK["buggy_in_chunks"](x, size, *ways), axis=2).astype(np.float32)
        return model.readout.forward(h).argmax(axis=2) == test.y

    sizes = [96, 48, 24, 12, 6]
    chunked = right(place).reshape(len(x), -1, place).mean(axis=(0, 1))
    whole = right(time).reshape(len(x), -1, place).mean(axis=(0, 1))
    lines = ["words in a chunk    " + "  ".join(f"{size:5}" for size in sizes)]
    lines.append("tags right, %       " + "  ".join(f"{percent(right(size).mean()):5}" for size in sizes))
    series = {f"chunks of {place}": [percent(s) for s in chunked], "read whole": [percent(s) for s in whole]}
    places = list(range(1, place + 1))
    return {
        "xlabel": f"place in a chunk of {place}",
        "ylabel": "tags right, %",
        "x": places,
        "series": series,
        "lines": lines,
    }


def neighbours(data: Any) -> dict[str, Any]:
    test, names = data["test"], data.tag_names
    train = Sequences(data["train"].ids, data["train"].tags, data["train"].lengths)
    Normalised.normalise = NOTEBOOK["buggy_normalise"]
    model = trained(Normalised, len(data.vocabulary), len(names), train)
    sizes = [2, 4, 8, 16, 32]
    series = {
        "of similar length": [tag_accuracy(model, test, size, by_length=True) for size in sizes],
        "as they come": [tag_accuracy(model, test, size) for size in sizes],
    }
    found, longest = [], int(test.lengths.max())
    for row in np.flatnonzero(test.lengths == 7):
        said = [answer(model, test, names, row, length) for length in (7, longest)]
        if said[0] != said[1]:
            found.append((row, said))
    row, said = found[0]
    lines = [
        f"of {int((test.lengths == 7).sum())} sentences of 7 words {len(found)} are tagged otherwise beside a long one:"
    ]
    lines.append(f"{'':24}" + " ".join(test.words[row]))
    lines += [
        f"beside one of {length:2} words  " + " ".join(tags) for length, tags in zip((7, longest), said, strict=True)
    ]
    return {"xlabel": "sentences in a batch", "ylabel": "tags right, %", "x": sizes, "series": series, "lines": lines}


def answer(model: Network, test: Any, names: Any, row: int, length: int) -> list[str]:
    """Return the tags of a sentence in a batch of two, beside the last one of that length."""
    other = int(np.flatnonzero(test.lengths == length)[-1])
    lengths = test.lengths[[row, other]]
    said = model.forward(test.ids[[row, other], : lengths.max()], lengths)[0, : lengths[0]].argmax(axis=1)
    return [names[i] for i in said]


CASES = [from_the_middle_on, batches_of_nine, one_answer, too_good, less_memory, neighbours]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", type=int, help="1 to 6 (default: all)")
    stored = json.loads(STORED.read_text(encoding="utf-8")) if STORED.is_file() else {}
    data = load_snips(min_count=2)
    for case in parser.parse_args().cases or range(1, 7):
        stored[str(case)] = CASES[case - 1](data)
        print(case, json.dumps(stored[str(case)], indent=1, ensure_ascii=False), flush=True)
    STORED.write_text(json.dumps(stored, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
