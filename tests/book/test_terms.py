"""No term before it is explained: each has one chapter of Parts I and II that defines it, and none before uses it."""

import re

import nbformat
import pytest
from chapters import cells_of, chapters, prose

TERMS = {
    "unrolling": [
        "hidden state", "intent", "slots", "tag", "span", "many to many", "embedding", "logits", "softmax", "loss",
        "cross-entropy", "nat", "unrolling", "epoch", "validation", "F1", "seed", "±", "language model",
        "teacher forcing", "perplexity", "entropy",
    ],
    "backpropagation": [
        "gradient", "backpropagation through time", "outer product", "cache", "gradient check",
        "truncated backpropagation", "checkpointing", "real-time recurrent learning",
    ],
    "gradients": [
        "eigenvector", "eigenvalue", "spectral radius", "singular value", "saturated", "Jacobian", "vanish",
        "explode", "clipping", "dropout", "chrono",
    ],
    "lstm_gru": [
        "memory cell", "constant error carousel", "gate", "input gate", "output gate", "forget gate", "LSTM", "GRU",
        "candidate", "peephole", "time scale", "update gate", "reset gate", "minimal gated unit", "adding problem",
    ],
    "one_direction": ["twins", "floor", "lookahead", "filtering", "smoothing"],
    "bidirectional": ["influence matrix", "merge mode", "final state", "padding"],
    "lengths": ["mask", "bucketing", "packing", "packed sequence", "batch normalisation", "layer normalisation"],
    "schuster_paliwal": ["posterior"],
    "limits": ["chunk", "latency"],
    "cost": ["processor time"],
    "time": ["intensity", "roofline"],
}  # fmt: skip
"""By chapter, what it is the first to use and defines; a plural in s is the same term."""
PATHS = {path.stem: path for path in chapters()}
EACH = [(term, chapter) for chapter, terms in TERMS.items() for term in terms]


def uses(term, text):
    """Whether a text has the term as a word, or its plural; a capital of an abbreviation counts."""
    flags = 0 if term.upper() == term else re.IGNORECASE
    return bool(re.search(rf"(?<![\w-]){re.escape(term)}s?(?![\w-])", text, flags))


def defines(term, text):
    """Whether a text has the term in bold, or leads to its entry in the glossary."""
    return uses(term, "; ".join(re.findall(r"\*\*(.+?)\*\*", text)))


@pytest.mark.parametrize(("term", "chapter"), EACH, ids=[term for term, _ in EACH])
def test_a_term_is_defined_before_it_is_used(term, chapter):
    order = list(PATHS)
    assert defines(term, prose(cells_of(PATHS[chapter]))), f"{chapter} does not define {term}"
    early = [name for name in order[: order.index(chapter)] if uses(term, prose(cells_of(PATHS[name])))]
    assert not early, f"{term} is used in {early}, before {chapter} explains it"


def test_a_term_has_one_chapter():
    terms = [term for term, _ in EACH]
    assert len(terms) == len(set(terms))


def _prose(*texts):
    return prose([nbformat.v4.new_markdown_cell(text) for text in texts])


class TestPlanted:
    @pytest.mark.parametrize(
        ("text", "used"),
        [
            ("Its gates open.", True),
            ("The GATE.", True),
            ("It navigates; investigates.", False),
            ("See [](gate.ipynb) and [this](gate.ipynb).", False),
            ("`gate = 1` and $gate$", False),
            ("See [the gate](x.ipynb).", True),
        ],
    )
    def test_a_use_is_found_and_nothing_else(self, text, used):
        assert uses("gate", _prose(text)) is used

    @pytest.mark.parametrize(
        ("text", "defined"),
        [("A **gate** opens.", True), ("A {term}`gate` opens.", True), ("A gate **opens**.", False)],
    )
    def test_bold_or_a_link_to_the_glossary_defines(self, text, defined):
        assert defines("gate", _prose(text)) is defined

    def test_an_abbreviation_is_no_word(self):
        assert not uses("RNN", _prose("a brnn"))
        assert uses("RNN", _prose("RNNs"))
