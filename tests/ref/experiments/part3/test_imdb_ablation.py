"""The ablation on film reviews: each row is one change from the row it starts from."""

import pytest

torch = pytest.importorskip("torch")
from birnn_ref.experiments.networks.pooled_classifier import PooledClassifier  # noqa: E402
from birnn_ref.experiments.part3.imdb_ablation import BASE, SETTINGS, whole  # noqa: E402

CHANGES = [
    {"pooling"}, {"dropout", "word_dropout"}, {"one_cycle"}, {"ngrams"}, {"directions", "hidden"},
    {"cell", "directions", "hidden"},
]  # fmt: skip
ROWS = SETTINGS.rows


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_one_change_from_where_it_starts(name):
    if "from" in ROWS[name]:
        row, start = whole(ROWS, name), whole(ROWS, ROWS[name]["from"])
        assert {part for part in BASE if row[part] != start[part]} in CHANGES


@pytest.mark.parametrize("name", [name for name in ROWS if name.endswith(("_forward", "_by_word"))])
def test_what_is_compared_across_cells_and_directions_is_of_equal_size(name):
    def size(row):
        sizes = {part: value for part, value in row.items() if part not in ("maxlen", "one_cycle")}
        model = PooledClassifier(**sizes)
        return sum(p.numel() for part in (model.chains, model.readout) for p in part.parameters())

    assert size(whole(ROWS, name)) == pytest.approx(size(whole(ROWS, ROWS[name]["from"])), rel=0.015)


def test_a_row_that_changes_what_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"row more changes \['depth'\]: choose from"):
        whole({"more": {"depth": 2}}, "more")
