"""A published file is found in a folder or the cache, or downloaded: resumed, checked, and never half there."""

import hashlib
from dataclasses import replace

import pytest

from birnn_ref.datasets import DataError, locate
from birnn_ref.datasets.locate import RemoteFile

CONTENT = b"reviews" * 100_000


@pytest.fixture
def file(server):
    server.files["some.npz"] = CONTENT
    checksum = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
    return RemoteFile("set/some.npz", server.address("some.npz"), checksum, 0.7)


def _left(cache):
    return {p.name for p in cache.rglob("*") if p.is_file()}


class TestDownload:
    def test_downloads_once_then_uses_the_cache(self, cache, server, file):
        first, second = (locate(file, progress=False) for _ in range(2))
        assert (first.source, second.source, len(server.asked)) == ("download", "cache", 1)
        assert first.path == second.path == cache / "set" / "some.npz"
        assert first.path.read_bytes() == CONTENT
        assert _left(cache) == {"some.npz"}

    def test_one_that_breaks_off_is_taken_up_where_it_stopped(self, cache, server, file):
        server.cut, sizes = 250_000, []
        for _ in range(2):
            with pytest.raises(DataError, match=r"Could not download .*some\.npz"):
                locate(file, progress=False)
            assert _left(cache) == {"some.npz.part"}
            sizes.append((cache / "set" / "some.npz.part").stat().st_size)
        assert 0 < sizes[0] < sizes[1]
        server.cut = None
        assert locate(file, progress=False).path.read_bytes() == CONTENT
        assert [asked for _, asked in server.asked] == [None, *(f"bytes={size}-" for size in sizes)]
        assert _left(cache) == {"some.npz"}

    def test_it_starts_again_where_the_server_gives_no_part(self, cache, server, file):
        server.cut = 250_000
        with pytest.raises(DataError):
            locate(file, progress=False)
        server.cut, server.ranges = None, False
        assert locate(file, progress=False).path.read_bytes() == CONTENT

    def test_a_part_that_is_too_long_is_thrown_away(self, cache, server, file):
        (cache / "set").mkdir(parents=True)
        (cache / "set" / "some.npz.part").write_bytes(CONTENT + b"more")
        assert locate(file, progress=False).path.read_bytes() == CONTENT

    def test_an_altered_download_is_refused_and_leaves_nothing(self, cache, server, file):
        server.files["some.npz"] = b"x" * len(CONTENT)
        with pytest.raises(DataError, match="damaged or altered"):
            locate(file, progress=False)
        assert _left(cache) == set()

    def test_a_part_of_another_file_is_refused_and_the_next_starts_clean(self, cache, server, file):
        (cache / "set").mkdir(parents=True)
        (cache / "set" / "some.npz.part").write_bytes(b"y" * 1000)
        with pytest.raises(DataError, match="damaged or altered"):
            locate(file, progress=False)
        assert locate(file, progress=False).path.read_bytes() == CONTENT

    def test_a_damaged_cache_is_replaced(self, cache, server, file):
        locate(file, progress=False).path.write_bytes(b"half")
        assert locate(file, progress=False).path.read_bytes() == CONTENT

    def test_what_the_server_does_not_have(self, cache, server, file):
        server.files.clear()
        with pytest.raises(DataError, match="404"):
            locate(file, progress=False)
        assert _left(cache) == set()

    @pytest.mark.parametrize("stand_in", [False, True])
    def test_no_network_and_no_cache_names_address_and_folder(self, cache, stand_in):
        nowhere = RemoteFile("some.npz", "http://127.0.0.1:9/some.npz", "sha256:00", 1, stand_in=stand_in)
        with pytest.raises(DataError, match=r"127\.0\.0\.1:9/some\.npz.*by hand and keep it as .*cache") as error:
            locate(nowhere, progress=False)
        assert ("'embedded'" in str(error.value)) == stand_in


class TestFolder:
    def test_a_copy_by_another_name(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", str(tmp_path))
        file = RemoteFile("set/a.txt", "http://127.0.0.1:9/a.txt", "", 1, copies=("set/a.txt.gz",))
        with pytest.raises(DataError, match=r"has no set/a\.txt\. Name a folder"):
            locate(file)
        (tmp_path / "set").mkdir()
        (tmp_path / "set" / "a.txt.gz").touch()
        assert locate(file).path.name == "a.txt.gz"
        assert locate(replace(file, name="set/a.txt.gz")).source == "folder"
