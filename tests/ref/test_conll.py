"""Column files: your own sentences and those of Universal Dependencies, whole and damaged."""

import gzip
import hashlib
from dataclasses import replace

import pytest

from birnn_ref.datasets import DataError, load_conll, load_ud, ud
from birnn_ref.datasets.conll import read_conll, read_conllu

OWN = "-DOCSTART- -X- O\n\nplay VB O\nlet VB B-track\nit PRP I-track\nbe VB I-track\n\nstop VB O\n"
# No time of packing in it: the tests' names hold these bytes, and every worker must give the same names.
PACKED = gzip.compress(OWN.encode(), mtime=0)
UD = (
    "# text = I don't.\n1\tI\ti\tPRON\tPRP\t_\t2\tnsubj\t_\t_\n2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_\n"
    "2\tdo\tdo\tAUX\tVBP\t_\t0\troot\t_\t_\n3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\t_\n"
    "3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t_\t_\n4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_\n\n"
)


def _write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


class TestOwnFiles:
    def test_three_files(self, tmp_path, capsys):
        path = _write(tmp_path / "own.txt", OWN)
        data = load_conll(path, path, path)
        assert data["test"].words == (("play", "let", "it", "be"), ("stop",))
        assert data.tag_names == ("O", "B-track", "I-track")
        assert data["train"].tags.tolist() == [[0, 1, 2, 2], [0, 0, 0, 0]]
        data.show()
        assert capsys.readouterr().out == "play [let it be: track]\nstop\n"

    def test_other_columns_line_ends_and_gzip(self, tmp_path):
        raw = b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode()
        (sentence, _) = read_conll(_write(tmp_path / "own.gz", gzip.compress(raw)), word=0, tag=1, bio=False)
        assert sentence.tags == ("VB", "VB", "PRP", "VB")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "holds no sentence"),
            (b"\n\n\n", "holds no sentence"),
            ("café O\n".encode("latin-1"), r"is not UTF-8 text.*save it as UTF-8"),
            (b"play O\nstop\n", r"line 2: a word needs 2 columns, and there are 1: \['stop'\]"),
            (b"play track\n", "line 1: the tag 'track' of 'play' is not BIO after 'O'"),
            (b"play O\nit I-track\n", "line 2: the tag 'I-track' of 'it' is not BIO after 'O'"),
            (b"a B-x\nb I-y\n", "line 2: the tag 'I-y' of 'b' is not BIO after 'B-x'"),
            (b"a B-\n", "the tag 'B-' of 'a' is not BIO"),
            (b"a B-x\n\nb I-x\n", "line 3: the tag 'I-x' of 'b' is not BIO after 'O'"),
            (PACKED[:-20], "is damaged.*Fetch it again"),
            (PACKED[:30] + b"xxxx" + PACKED[34:], "is damaged"),
        ],
    )
    def test_a_damaged_file_is_named(self, tmp_path, content, message):
        with pytest.raises(DataError, match=rf"own\.txt.*{message}"):
            read_conll(_write(tmp_path / "own.txt", content))

    def test_a_missing_file_is_named(self, tmp_path):
        with pytest.raises(DataError, match=r"none\.txt cannot be read"):
            read_conll(tmp_path / "none.txt")

    def test_a_tag_that_train_does_not_have(self, tmp_path):
        train, test = _write(tmp_path / "train.txt", OWN), _write(tmp_path / "test.txt", "a B-x\n")
        with pytest.raises(DataError, match=r"test\.txt has tags that .*train\.txt lacks: B-x"):
            load_conll(train, train, test)


class TestUd:
    def test_comments_ranges_and_empty_words_are_left_out(self, tmp_path):
        (sentence,) = read_conllu(_write(tmp_path / "a.conllu", UD))
        assert sentence.words == ("I", "do", "n't", ".")
        assert sentence.tags == ("PRON", "AUX", "PART", "PUNCT")

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            ("\tAUX\t", "\tAUXX\t", "line 4: the tag 'AUXX' of 'do' is none of ADJ, ADP"),
            ("\tVBP\t_\t0\troot\t_\t_", "", "line 4: a word needs 10 columns, and there are 4"),
        ],
    )
    def test_a_damaged_file_is_named(self, tmp_path, old, new, message):
        with pytest.raises(DataError, match=rf"a\.conllu, {message}"):
            read_conllu(_write(tmp_path / "a.conllu", UD.replace(old, new)))

    def test_the_published_treebank(self, data_folder, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", str(data_folder))
        data = load_ud()
        assert [len(data[name]) for name in ("train", "validation", "test")] == [12_544, 2_001, 2_077]
        assert [int(data[name].lengths.sum()) for name in ("train", "validation", "test")] == [204_577, 25_147, 25_094]
        assert len(data.tag_names) == 17
        assert data.source == "folder"

    def test_a_shortened_copy_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BIRNN_DATA", str(tmp_path))
        (tmp_path / "ud_ewt").mkdir()
        _write(tmp_path / "ud_ewt" / "en_ewt-ud-train.conllu", UD)
        with pytest.raises(DataError, match=r"train\.conllu does not hold the published train.*1 sentences of 4 words"):
            load_ud()

    def test_is_downloaded_file_by_file_and_a_broken_set_goes_on(self, cache, server, monkeypatch):
        for name in ("TRAIN", "VALIDATION", "TEST"):
            published = getattr(ud, name)
            path, content = published.name.split("/")[1], UD.encode()
            checksum = "sha256:" + hashlib.sha256(content).hexdigest()
            monkeypatch.setattr(ud, name, replace(published, url=server.address(path), checksum=checksum))
            if name != "TEST":
                server.files[path] = content
        monkeypatch.setattr(ud, "PUBLISHED", dict.fromkeys(ud.PUBLISHED, (1, 4)))
        with pytest.raises(DataError, match=r"Could not download .*test\.conllu"):
            load_ud(progress=False)
        server.files["en_ewt-ud-test.conllu"] = UD.encode()
        data = load_ud(progress=False)
        assert data.source == "download"
        assert [path for path, _ in server.asked].count("en_ewt-ud-train.conllu") == 1
        assert load_ud(progress=False).source == "cache"
