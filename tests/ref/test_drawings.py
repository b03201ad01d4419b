"""Drawings hold what they are given; tables are whole, escaped, and refuse a row that does not fit."""

import matplotlib.pyplot as plt
import pytest

from birnn_ref.drawings import GRU_PARTS, LSTM_PARTS, NEW, OLD, UNLIT, draw_cell, draw_chain
from birnn_ref.tables import Table


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


def _colours(ax):
    return {text.get_text(): text.get_color() for text in ax.texts if text.get_text()}


@pytest.mark.parametrize("count", range(len(LSTM_PARTS)))
def test_one_part_more_is_lit_each_time(count):
    order = list(LSTM_PARTS)
    colours = _colours(draw_cell(LSTM_PARTS, order[:count], order[count : count + 1]))
    names = {"plain": "$g$", "carousel": "$c_t$", "gates": "$i$", "forget": "$f$"}
    for k, (part, text) in enumerate(names.items()):
        assert colours[text] == (OLD if k < count else NEW if k == count else UNLIT), part


def test_a_cell_has_a_name_for_each_of_its_gates():
    for parts, gates in [(LSTM_PARTS, "ifgo"), (GRU_PARTS, "rzn")]:
        assert {f"${gate}$" for gate in gates} <= _colours(draw_cell(parts, list(parts))).keys()


def test_an_unknown_part_is_named():
    with pytest.raises(ValueError, match="no part gate: the cell has plain, carousel"):
        draw_cell(LSTM_PARTS, ["gate"])


def test_a_chain_reads_every_word_and_puts_out_what_it_is_given():
    plain, taught = draw_chain(["a", "b", "c"], ["", "", "y"]), draw_chain(["a"], ["y"], gradients=True)
    assert {"a", "b", "c", "y", "$h_{2}$"} <= _colours(plain).keys()
    assert sum(text.get_text() == "$W_{hy}$" for text in plain.texts) == 1
    assert len(taught.lines) > len(draw_chain(["a"], ["y"]).lines)


def test_a_table_in_html_is_whole_and_escaped():
    html = Table(["a", "b"], [["<x>", 1]], "n < 3")._repr_html_()
    assert "<caption>n &lt; 3</caption>" in html
    assert '<th scope="row">&lt;x&gt;</th><td>1</td>' in html
    assert html.count('scope="col"') == 2


def test_a_row_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="header has 2 entries, a row has 1"):
        Table(["a", "b"], [["x"]])
