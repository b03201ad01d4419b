"""The commands that only the jobs call: a report of a failed run, a release, the data, the links."""

import hashlib
import http.server
import re
import threading
from dataclasses import replace

import build_book
import dist
import fetch_data
import pytest
from support import ROOT, run

FETCHED = {"fsdd", "imdb", "tatoeba", "ud"}
"""The sets that do not lie in the package."""


@pytest.fixture
def gh(tmp_path, monkeypatch):
    """A stand-in for GitHub's client: it notes what it is asked, and says that issue ``OPEN`` is open."""
    log, program = tmp_path / "gh.log", tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n[ "$2" != list ] || echo "$OPEN"\n')
    program.chmod(0o755)

    def asked(**environment):
        path = f"{program.parent}:/usr/bin:/bin"
        run(["make", "--no-print-directory", "report"], PATH=path, RUN_URL="https://run/1", **environment)
        return log.read_text().splitlines()[-1]

    return asked


def test_a_failed_weekly_run_opens_an_issue(gh):
    assert gh(OPEN="").startswith("issue create --title The weekly run fails --body")


def test_a_second_failure_is_added_to_the_open_issue(gh):
    asked = gh(OPEN="12")
    assert asked.startswith("issue comment 12 --body")
    assert asked.endswith("https://run/1")


def test_a_report_without_a_run_is_refused():
    done = run(["make", "report"], check=False, RUN_URL=None)
    assert done.returncode != 0
    assert "RUN_URL" in done.stderr


def test_a_tag_that_is_not_the_version_builds_nothing(monkeypatch):
    monkeypatch.setattr(dist, "__version__", "1.2.3")
    dist.check_tag("")
    dist.check_tag("v1.2.3")
    with pytest.raises(SystemExit, match=r"The tag is v99, but birnn_ref is version 1\.2\.3"):
        dist.check_tag("v99")


def test_what_is_still_in_development_is_no_release(monkeypatch):
    monkeypatch.setattr(dist, "__version__", "1.2.3.dev0")
    dist.check_tag("")
    with pytest.raises(SystemExit, match="is not a release"):
        dist.check_tag("v1.2.3.dev0")


def test_every_published_data_file_is_fetched(server, cache, capsys, monkeypatch):
    published = fetch_data.published()
    assert {file.name.split("/")[0].split("_")[0].split(".")[0] for file in published} == FETCHED
    assert all(file.url.startswith("https://") for file in published)
    served = []
    for file in published:
        server.files[file.name] = file.name.encode()
        checksum = file.checksum and "sha256:" + hashlib.sha256(file.name.encode()).hexdigest()
        served.append(replace(file, url=server.address(file.name), checksum=checksum))
    monkeypatch.setattr(fetch_data, "published", lambda: served)
    for said in ("download", "there"):
        fetch_data.fetch(cache)
        assert capsys.readouterr().out == "".join(f"{file.name}: {said}\n" for file in served)
    assert all((cache / file.name).read_text() == file.name for file in served)


@pytest.mark.parametrize("folder", [None, "embedded"])
def test_data_is_fetched_into_a_named_folder_only(folder):
    done = run(["python", ROOT / "tools" / "fetch_data.py"], check=False, BIRNN_DATA=folder)
    assert "BIRNN_DATA must name the folder" in done.stderr


def test_data_that_is_there_is_kept(tmp_path):
    for file in fetch_data.published():
        kept = tmp_path / (file.copies or (file.name,))[-1]
        kept.parent.mkdir(exist_ok=True)
        kept.write_text("there")
    done = run(["python", ROOT / "tools" / "fetch_data.py"], BIRNN_DATA=tmp_path)
    assert done.stdout.count(": there") == len(fetch_data.published())


class TestLinks:
    @pytest.fixture
    def site(self):
        """A local site that answers one address and misses all others."""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path == "/here" else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        server.server_close()

    def test_a_broken_address_fails_and_is_named(self, site, tmp_path, monkeypatch, capfd):
        (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: index\n")
        (tmp_path / "_config.yml").write_text("title: Links\n")
        (tmp_path / "index.md").write_text(f"# Links\n\n[one]({site}/here) and [the other]({site}/gone)\n")
        monkeypatch.setattr(build_book, "BOOK", tmp_path)
        monkeypatch.setattr(build_book, "LINKS", tmp_path / "links")
        settings = ["--config", str(tmp_path / "_config.yml"), "--toc", str(tmp_path / "_toc.yml")]
        monkeypatch.setattr(build_book, "SETTINGS", settings)
        assert build_book.links() != 0
        said = re.sub(r"\x1b\[[\d;]*m", "", capfd.readouterr().out)
        assert re.search(r"broken\s+\S+/gone", said)
        assert re.search(r"ok\s+\S+/here", said)
