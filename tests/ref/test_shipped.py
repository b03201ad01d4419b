"""What lies in the package: made from the published files byte for byte, whole, and refused if it was changed."""

import hashlib

import pytest
import shipped_data

from birnn_ref.datasets import DataError, shipped


@pytest.mark.parametrize("name", sorted(shipped_data.SETS))
def test_each_file_is_made_again_byte_for_byte(name, data_folder):
    for path, content in shipped_data.SETS[name](data_folder).items():
        assert (shipped.FILES / path).read_bytes() == content, path


def test_the_list_of_sums_names_every_file_and_each_set_has_its_attribution():
    files = {path.relative_to(shipped.FILES).as_posix() for path in shipped.FILES.rglob("*") if path.is_file()}
    sums = [line.split("  ") for line in (shipped.FILES / "SHA256SUMS").read_text().splitlines()]
    assert files - {"SHA256SUMS"} == {name for _, name in sums}
    for expected, name in sums:
        assert hashlib.sha256((shipped.FILES / name).read_bytes()).hexdigest() == expected, name
    for name in shipped_data.SETS:
        assert "Licence:" in (shipped.FILES / name / "ATTRIBUTION.md").read_text()


def test_a_changed_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FILES", tmp_path)
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.txt").write_bytes(b"whole")
    (tmp_path / "SHA256SUMS").write_text(hashlib.sha256(b"whole").hexdigest() + "  set/a.txt\n")
    assert shipped.shipped("set/a.txt") == b"whole"
    (tmp_path / "set" / "a.txt").write_bytes(b"half")
    with pytest.raises(DataError, match=r"a\.txt.*is damaged or was changed.*--force-reinstall"):
        shipped.shipped("set/a.txt")
    with pytest.raises(DataError, match=r"b\.txt.*cannot be read.*--force-reinstall"):
        shipped.shipped("set/b.txt")
