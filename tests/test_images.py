"""The images and the dev container are built from the lock, and a student's image holds no solution."""

import json
import re
import shutil
import tomllib

import pytest
import yaml
from needs import need
from support import BIN, ROOT, run

from birnn_grader.judge.sandbox import Container

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAKEFILE = (ROOT / "Makefile").read_text()


def stages(text):
    """Each stage's instructions: ``{name: [(instruction, rest), ...]}``."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found, stage = {}, None
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        instruction, _, rest = line.strip().partition(" ")
        if instruction == "FROM":
            stage = rest.split(" AS ")[1]
        if instruction:
            found.setdefault(stage, []).append((instruction, " ".join(rest.split())))
    return found


STAGES = stages((ROOT / "Dockerfile").read_text())


def _all(stage, instruction):
    return [rest for found, rest in STAGES[stage] if found == instruction]


def _copied(stage):
    return [source for rest in _all(stage, "COPY") for source in rest.split()[:-1] if not source.startswith("--")]


def test_python_is_that_of_the_environment():
    (version,) = [rest.removeprefix("PYTHON=") for instruction, rest in STAGES[None] if instruction == "ARG"]
    assert f"python={version}" in yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert f"--python-version {version}" in MAKEFILE
    assert _all("base", "FROM") == ["python:${PYTHON}-slim-bookworm AS base"]


@pytest.mark.parametrize("stage", ["base", "student", "sandbox", "dev"])
def test_everything_of_python_is_installed_from_the_lock(stage):
    for command in " && ".join(_all(stage, "RUN")).split(" && "):
        assert "pip install" not in command or "--constraint constraints.txt" in command


def test_the_student_has_what_exercises_and_the_hub_need_and_no_more():
    (extras,) = re.findall(r"'\.\[(.*?)\]'", " ".join(_all("student", "RUN")))
    assert (
        set(extras.split(","))
        == {"student", "torch", "tensorflow", "grader", "hub"}
        <= set(PROJECT["optional-dependencies"])
    )
    assert _all("student", "CMD") == ['["jupyterhub-singleuser"]']
    assert any(text.startswith("jupyterhub") for text in PROJECT["optional-dependencies"]["hub"])


def test_the_student_gets_no_solution():
    assert set(_copied("base") + _copied("student")) <= {
        *("constraints.txt", "pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT"),
        *("birnn_ref", "birnn_grader", "birnn_student", "exercises"),
    }


def test_what_is_copied_is_there_and_enough_to_build_the_package():
    copied = _copied("base") + _copied("student")
    assert [name for name in copied if not (ROOT / name).exists()] == []
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert {PROJECT["readme"], *PROJECT["license-files"], *wheel["packages"]} <= set(copied)


def test_the_copied_files_build_the_package(tmp_path):
    for name in _copied("base") + _copied("student"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    run(["uv", "build", "--quiet", "--wheel", "--out-dir", tmp_path / "dist", tmp_path])
    assert len(list((tmp_path / "dist").glob("*.whl"))) == 1


def test_the_sandbox_holds_libraries_and_nothing_of_the_course():
    (installed,) = _all("sandbox", "RUN")
    assert "--requirement pyproject.toml --extra student --extra torch --extra tensorflow" in installed, (
        "the project itself is left out"
    )
    assert "rm -r /opt/course/*" in installed
    assert _copied("sandbox") == []
    assert _all("sandbox", "USER") == ["65534"]
    assert f"-t {Container().image} " in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("stage", ["student", "dev"])
def test_nobody_works_as_root(stage):
    assert _all(stage, "USER")[-1] == "1000"
    assert "useradd --create-home --uid 1000" in " ".join(_all(stage, "RUN"))


def test_the_dev_image_has_the_system_packages_and_everything_that_make_installs():
    installed = " ".join(_all("dev", "RUN"))
    for package in re.findall(r"missing\+=\((\w+)\)", (ROOT / "tools" / "system.sh").read_text()):
        assert f" {package} " in installed
    assert "make .venv/all .venv/actionlint" in installed


def test_what_git_ignores_no_image_gets():
    def names(name):
        lines = (ROOT / name).read_text().splitlines()
        return {line.removeprefix("**/").strip("/") for line in lines if line and not line.startswith("#")}

    assert names(".gitignore") - names(".dockerignore") == set()


def test_the_dev_container_is_the_dev_image():
    folder = ROOT / ".devcontainer"
    text = (folder / "devcontainer.json").read_text()
    container = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))
    assert (folder / container["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert (folder / container["build"]["context"]).resolve() == ROOT
    assert container["build"]["target"] in STAGES
    assert f"/bin/bash {container['remoteUser']} " in " ".join(_all("dev", "RUN"))
    make, *targets = container["postCreateCommand"].split()
    assert make == "make"
    for target in targets:
        assert re.search(rf"^{re.escape(target)}:", MAKEFILE, flags=re.M)


def test_hadolint_is_content(tmp_path):
    hadolint = BIN / "hadolint"
    need("hadolint", hadolint.exists(), "hadolint is not installed")
    run([hadolint, ROOT / "Dockerfile"])
    (tmp_path / "Dockerfile").write_text((ROOT / "Dockerfile").read_text().replace("--no-install-recommends ", ""))
    done = run([hadolint, "--no-color", tmp_path / "Dockerfile"], check=False)
    assert "DL3015" in done.stdout
