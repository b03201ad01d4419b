"""The README's commands, as written and in order, from a fresh clone in an environment of its own."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request

import pooch
import pytest
from support import ROOT, run

BLOCKS = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.M | re.S)
PASSED_ON = re.compile(r"(PIP|UV|SSL|NPM_CONFIG)_.*|(HTTPS?|NO|ALL)_PROXY|REQUESTS_CA_BUNDLE", re.I)
"""What a machine may need to reach the package indexes."""


def _fresh_clone_of(tree, folder):
    """Commit what stands in the tree, ignored files left out, to a repository of its own; return its path."""
    git = [
        "git",
        f"--git-dir={folder / '.git'}",
        f"--work-tree={tree}",
        "-c",
        "user.name=me",
        "-c",
        "user.email=me@here",
    ]
    run(["git", "init", "--quiet", folder])
    run([*git, "add", "--all"], cwd=tree)
    run([*git, "commit", "--quiet", "--message", "As it stands"], cwd=tree)
    return folder


class Terminal:
    """A shell that knows nothing of the environment that the tests run in; commands are typed into it one by one."""

    def __init__(self, folder):
        self.folder, self.said, self.count = folder, folder / "said.txt", 0
        home = folder / "home"
        home.mkdir()
        (home / ".jupyter").mkdir()  # who runs the tests may be root, and has no browser
        settings = "c.ServerApp.allow_root = True\nc.ServerApp.open_browser = False\n"
        (home / ".jupyter" / "jupyter_server_config.py").write_text(settings)
        caches = {
            "UV_CACHE_DIR": run(["uv", "cache", "dir"]),
            "PIP_CACHE_DIR": run([sys.executable, "-m", "pip", "cache", "dir"]),
        }
        caches = {name: done.stdout.strip() for name, done in caches.items()}
        caches["BIRNN_CACHE"] = os.environ.get("BIRNN_CACHE") or str(pooch.os_cache("birnn-course"))
        environment = {
            **{name: value for name, value in os.environ.items() if PASSED_ON.fullmatch(name)},
            **caches,
            "PATH": os.pathsep.join([f"{sys.base_prefix}/bin", "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
            "PYTEST_ADDOPTS": "--collect-only --quiet",  # `make test` in a test of itself
        }
        self.shell = subprocess.Popen(
            ["bash"],
            stdin=subprocess.PIPE, stdout=self.said.open("w"), stderr=subprocess.STDOUT,
            cwd=folder, env=environment, text=True, start_new_session=True,
        )  # fmt: skip
        self._write("set -m")  # what serves is stopped with all its processes

    def _write(self, line):
        print(line, file=self.shell.stdin, flush=True)

    def _wait_for(self, pattern, since):
        while not (found := re.search(pattern, self.said.read_text()[since:])):
            assert self.shell.poll() is None, self.said.read_text()[-3000:]
            time.sleep(0.2)
        return found

    def type(self, command):
        """Run a command to its end; return what it said."""
        since, self.count, began = len(self.said.read_text()), self.count + 1, time.monotonic()
        self._write(f'{command}\necho "[{self.count}: $?]"')
        status = self._wait_for(rf"\[{self.count}: (\d+)\]\n", since)[1]
        said = self.said.read_text()[since:]
        print(f"{time.monotonic() - began:6.1f} s  {command}", flush=True)
        warned = "\n".join(line for line in said.splitlines() if "WARNING" in line or "ERROR" in line)
        assert status == "0", f"{command} failed:\n{said[-3000:]}\n{warned[:2000]}"
        return said

    def serve(self, command, address):
        """Start a command that goes on until it is stopped; return the address that it prints, once it is printed."""
        since = len(self.said.read_text())
        self._write(f"{{ {command}\n}} &")  # it may end in a comment
        return self._wait_for(address, since)[0]

    def stop(self):
        """Stop what serves, with all its processes."""
        self.type("kill %% && { wait %% || true; }")

    def close(self):
        self._write("kill -- $(jobs -p | sed 's/^/-/') 2>/dev/null; exit")
        self.shell.stdin.close()
        self.shell.wait()


@pytest.fixture
def terminal(tmp_path):
    one = Terminal(tmp_path)
    yield one
    one.close()


def _get(address):
    with urllib.request.urlopen(address) as reply:
        return reply.read().decode()


def _jupyter_lab(terminal, command, course):
    base, token = terminal.serve(command, r"http://127\.0\.0\.1:\d+/lab\?token=\w+").split("/lab")
    notebook = json.loads(_get(f"{base}/api/contents/exercises/ps1/ps1.ipynb{token}"))
    assert notebook["content"]["cells"]
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", json.dumps(notebook["content"])):
        assert (course / "exercises" / "ps1" / target).is_file(), "the pages to read first are not built"
    terminal.stop()


def _make_serve(terminal, command, course):
    address = terminal.serve(command, r"http://127\.0\.0\.1:\d+")
    while True:
        try:
            assert "Bidirectional recurrent networks" in _get(f"{address}/index.html")
            return terminal.stop()
        except OSError:  # it prints the address before it answers
            time.sleep(0.2)


def _hand_in(course):
    """The students' work, which the README supposes."""
    for student, source in (("right", "solutions"), ("blank", "exercises")):
        shutil.copytree(course / source / "ps1", course / "submitted" / student / "ps1")


def _as_it_was(course):
    assert run(["git", "status", "--porcelain"], cwd=course).stdout == ""


def _graded(course):
    with (course / "grades.csv").open() as stream:
        found = {row["student_id"]: (row["score"], row["status"]) for row in csv.DictReader(stream)}
    assert found == {"blank": ("0.0", "graded"), "right": ("", "not graded yet")}  # its prose is a person's to mark
    assert (course / "feedback" / "blank" / "ps1" / "ps1.html").is_file()


SERVES = {"jupyter lab": _jupyter_lab, "make serve": _make_serve}
SAYS = {
    "make book": "The book is built",
    "make test": "tests collected",
    "birnn-grade demo": "mallory-exits",
    "birnn-grade run": "2 graded, 2 of them new in the gradebook, 0 failed",
    "nbgrader validate": "FAILED",
    "make help": "make book",
    "make student-kit": "wrote student-kit.zip",
}
BEFORE = {"birnn-grade run": _hand_in}
AFTER = {"nbgrader generate_assignment": _as_it_was, "birnn-grade export": _graded}


def _for(table, command):
    return next((found for start, found in table.items() if command.startswith(start)), None)


@pytest.mark.slow  # two or three minutes; `.ci/run` has it
@pytest.mark.timeout(7200)
def test_every_command_of_the_readme_runs_as_written_and_in_order(terminal, bwrap, tmp_path):
    origin, course = _fresh_clone_of(ROOT, tmp_path / "origin"), tmp_path / "birnn"
    commands = [line for block in BLOCKS for line in block.splitlines() if line.strip()]
    for command in commands:
        if before := _for(BEFORE, command):
            before(course)
        if serves := _for(SERVES, command):
            serves(terminal, command, course)
        else:
            said = terminal.type(command.replace("ADDRESS", str(origin)))
            assert (_for(SAYS, command) or "") in said, said[-5000:]
        if after := _for(AFTER, command):
            after(course)
    _as_it_was(course)
    for table in (SERVES, SAYS, BEFORE, AFTER):
        assert all(any(command.startswith(start) for command in commands) for start in table), "no longer in the README"
