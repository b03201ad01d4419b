"""The script that measures an accelerator: tried on the CPU in its place, at sizes where it takes no time."""

import json
import re

import pytest
from executing import CHAPTERS
from support import ROOT

pytest.importorskip("torch", reason="PyTorch is not installed")
gpu = pytest.importorskip("gpu", reason="PyTorch is not installed")


@pytest.fixture
def stub():
    return gpu.Device("cpu")


@pytest.fixture
def without_chapter(monkeypatch):
    monkeypatch.delitem(gpu.PARTS, "chapter")  # its script has tests of its own


def test_every_part_runs_and_is_written(tmp_path, stub, without_chapter):
    path = tmp_path / "made" / "gpu.json"
    assert gpu.measure(path, stub, quick=True) == []
    found = json.loads(path.read_text())
    assert found["device"]["name"] == "stub: the CPU"
    assert max(value for name, value in found["parity"].items() if "float64" in name) < 1e-9
    times = [ways for row in found["cells"].values() for ways in row.values()]
    assert all(ways.keys() == {"forward", "both"} and min(ways.values()) > 0 for ways in times)
    assert len(times) == 3 * len(gpu.CELLS)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["date"])
    assert found["packed"].keys() == {"lstm", "gru"}
    assert [row["batch"] for row in found["batches"]["rows"]] == [1, 2]


def test_what_is_there_is_kept_and_the_rest_done(tmp_path, stub, without_chapter, capsys):
    path = tmp_path / "gpu.json"
    assert gpu.measure(path, stub, quick=True, minutes=0) == list(gpu.PARTS)
    path.write_text(json.dumps({"device": stub.describe(), "parity": {"kept": 1}, "cells": {"kept": 2}}))
    assert gpu.measure(path, stub, quick=True) == []
    found = json.loads(path.read_text())
    assert found["parity"] == {"kept": 1}
    assert found["cells"] == {"kept": 2}
    assert "packed: done" in capsys.readouterr().out


def test_figures_of_two_devices_do_not_mix(tmp_path, stub):
    path = tmp_path / "gpu.json"
    path.write_text(json.dumps({"device": {"name": "another"}}))
    with pytest.raises(SystemExit, match="holds figures of another"):
        gpu.measure(path, stub, quick=True)


def test_a_device_that_computes_something_else_is_found(tmp_path, stub, monkeypatch):
    def wrong(layer):
        layer.params["W_hh"] = layer.params["W_hh"] * 1.01
        return right(layer)

    right = gpu.to_torch
    monkeypatch.setattr(gpu, "to_torch", wrong)
    with pytest.raises(AssertionError, match="rnn in float32 is off by"):
        gpu.measure(tmp_path / "gpu.json", stub, quick=True)


def test_the_chapters_script_runs_as_the_measurement_calls_it(stub, monkeypatch, tmp_path):
    monkeypatch.setenv("BIRNN_DATA", "embedded")
    monkeypatch.setattr(gpu, "ROOT", tmp_path)
    found = gpu.chapter(stub, quick=True)
    assert found["torch_birnn lstm"]["source"] == "embedded"
    assert found["seconds"] > 0


@pytest.mark.skipif(gpu.torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_device_it_says_so():
    with pytest.raises(SystemExit, match="needs a CUDA device, and PyTorch finds none"):
        gpu.Device()


PICKED = 'device = torch.device("cuda" if torch.cuda.is_available() else "cpu")'
CODE = sorted([*CHAPTERS, *(ROOT / "solutions").glob("*/*.ipynb"), *(ROOT / "book").glob("*/code/*.py")])
COMPARED = {"three_ways"}  # one step in 64 bits, digit by digit with NumPy's: on the CPU


def code_of(path):
    if path.suffix == ".py":
        return path.read_text(encoding="utf-8")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def devices_are_wrong(code, compared=False):
    """What is wrong with how a notebook's or a script's code chooses where PyTorch computes; empty if nothing."""
    if re.search(r"cuda|\bmps\b", code.replace(PICKED, "").replace('device.type == "cuda"', "")):
        return "it names a device besides the line that picks one"
    if code.count(PICKED) > 1:
        return "it picks a device twice"
    if "torch.optim" in code and PICKED not in code and not compared:
        return "it trains with PyTorch and picks no device"
    return ""


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.stem)
def test_every_notebook_and_script_picks_its_device_at_most_once(path):
    assert devices_are_wrong(code_of(path), path.stem in COMPARED) == ""


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (lambda code: code.replace(PICKED, "device = 'cpu'"), "picks no device"),
        (lambda code: code + "\n" + PICKED, "picks a device twice"),
        (lambda code: code + "\nmodel.cuda()", "names a device"),
    ],
)
def test_a_planted_device_is_found(change, wrong):
    assert wrong in devices_are_wrong(change(code_of(gpu.SCRIPTS[0])))


def test_what_picks_a_device_is_measured_on_one():
    assert [path for path in CODE if PICKED in code_of(path)] == list(gpu.SCRIPTS)


def test_the_page_says_on_which_device_it_was_measured_or_that_it_was_not():
    page = (ROOT / "book/part2_brnn/cost.ipynb").read_text(encoding="utf-8")
    if not gpu.STORED.exists():
        assert "No GPU has run any of this yet" in page
        return
    stored = json.loads(gpu.STORED.read_text())
    assert stored.keys() >= gpu.PARTS.keys()
    assert stored["device"]["name"] in page
    assert stored["date"] in page
    assert "No GPU has run any of this yet" not in page
