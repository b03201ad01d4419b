"""pyproject.toml, constraints.txt, environment.yml and the Makefile say the same."""

import re
import tomllib

import yaml
from packaging.requirements import Requirement
from packaging.version import Version
from support import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def _locked():
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    for line in lines:
        requirement = Requirement(line)
        if not requirement.marker or requirement.marker.evaluate():
            yield requirement.name, Version(next(iter(requirement.specifier)).version)


def test_every_requirement_is_locked_within_its_range():
    locked = dict(_locked())
    for text in sum(EXTRAS.values(), PROJECT["dependencies"]):
        requirement = Requirement(text)
        assert requirement.name in locked, f"{requirement.name} is not in constraints.txt: run `make lock`"
        assert locked[requirement.name] in requirement.specifier, (
            f"constraints.txt does not fit {text}: run `make lock`"
        )


def test_torch_is_locked_to_what_the_checks_run_with():
    assert dict(_locked())["torch"] == Version("2.13.0")


def test_environment_yml_is_pyproject_with_the_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    assert conda == ["python=3.11", "pip"]
    constraint, editable = pip["pip"]
    assert constraint == "--constraint constraints.txt"
    named = re.fullmatch(r"--editable \.\[(.*)\]", editable).group(1).split(",")
    assert set(named) == set(EXTRAS) - {"test", "hub", "jax"}


def test_make_installs_every_extra_but_the_hubs_and_jax():
    makefile = (ROOT / "Makefile").read_text()
    assert f"ALL := .[{','.join(extra for extra in EXTRAS if extra not in ('hub', 'jax'))}]" in makefile
