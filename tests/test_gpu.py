"""The script that measures an accelerator: tried on the CPU in its place, at sizes where it takes no time."""

import json

import pytest

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
    assert all(time > 0 for row in found["cells"].values() for time in row.values())
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
    assert found["lstm"]["source"] == "embedded"
    assert found["seconds"] > 0


@pytest.mark.skipif(gpu.torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_device_it_says_so():
    with pytest.raises(SystemExit, match="needs a CUDA device, and PyTorch finds none"):
        gpu.Device()
