"""What only an accelerator can tell, in one run of less than eight minutes: ``make gpu``.

Parity with the reference in both precisions, a chapter's script with its closing assertions, cuDNN packed against
padded, the three cells at the benchmarks' sizes against the CPU, and the batch at which the device pays. Each part is
written to one JSON file as soon as it is done, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from build_book import BOOK, ROOT
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from birnn_ref.layers import Bidirectional
from birnn_ref.twins.torch import to_torch
from birnn_ref.twins.torch.weights import torch_gradients

CELLS = ("rnn", "lstm", "gru")
SHAPES = ((32, 50, 128, 64), (256, 50, 128, 64), (32, 200, 128, 128))
"""Batch, time, features, hidden: those of `benchmarks.recurrent`."""
TOLERANCES = {"float32": 1e-4, "float64": 1e-9}
"""The largest relative difference from the reference, with TF32 switched off."""
SCRIPTS = (BOOK / "part3_keras_imdb/code/torch_birnn.py",)
"""The chapters' code that picks a device; each takes a cell and ends in assertions."""
STORED = ROOT / "benchmarks" / "gpu.json"
"""Where the page's figures lie once there are any."""
MINUTES = 7.5


class Device:
    """Where the measurements run; the tests put the CPU in its place."""

    def __init__(self, kind: str = "cuda") -> None:
        if kind == "cuda" and not torch.cuda.is_available():
            raise SystemExit("make gpu needs a CUDA device, and PyTorch finds none: nothing was measured")
        self.kind = kind

    def describe(self) -> dict[str, Any]:
        """Return what a figure must be read with."""
        cuda = self.kind == "cuda"
        return {
            "name": torch.cuda.get_device_name() if cuda else "stub: the CPU",
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "cudnn": torch.backends.cudnn.version() if cuda else None,
            "threads": torch.get_num_threads(),
        }

    def median(self, work: Callable[[], Any], rounds: int) -> float:
        """Return the median milliseconds of a piece of work, which has ended when the clock is read."""
        spent = []
        for _ in range(rounds + 1):
            start = time.perf_counter()
            work()
            if self.kind == "cuda":
                torch.cuda.synchronize()
            spent.append(1000 * (time.perf_counter() - start))
        return round(statistics.median(spent[1:]), 4)


def parity(device: Device, quick: bool) -> dict[str, Any]:
    """Return the largest relative difference of outputs and gradients; more than the tolerance is an error."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    found = {}
    lengths = np.array([7, 3, 5])
    for cell in CELLS:
        for dtype, tolerance in TOLERANCES.items():
            rng = np.random.default_rng(0)
            layer = Bidirectional(cell, 5, 6, rng=rng, dtype=dtype)
            for value in layer.params.values():
                value[...] = rng.normal(size=value.shape) / 2
            x, d_outputs = (rng.normal(size=(3, 7, n)).astype(dtype) for n in (5, 12))
            outputs, _ = layer.forward(x, lengths)
            dx, _ = layer.backward(d_outputs)
            twin = to_torch(layer).to(device.kind)
            there = torch.tensor(x, device=device.kind, requires_grad=True)
            theirs, _ = twin(there, torch.tensor(lengths))
            theirs.backward(torch.tensor(d_outputs, device=device.kind))
            pairs = [(theirs, outputs), (there.grad, dx)]
            pairs = [(a.detach().cpu().numpy(), b) for a, b in pairs]
            (directions,) = torch_gradients(twin)
            pairs += [(a, layer.grads[name][d]) for d, one in enumerate(directions) for name, a in one.items()]
            worst = max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)
            found[f"{cell} {dtype}"] = worst
            if not worst < tolerance:
                raise AssertionError(f"{cell} in {dtype} is off by {worst:.1e}, more than {tolerance:.0e}")
    return found


def chapter(device: Device, quick: bool) -> dict[str, Any]:
    """Run the chapters' PyTorch scripts, which pick the device and end in assertions."""
    start, found = time.perf_counter(), {}
    for script in SCRIPTS:
        for cell in ("lstm",) if quick else ("lstm", "gru"):
            out = ROOT / "_build" / f"gpu_{script.stem}_{cell}"
            command = [sys.executable, script, "--cell", cell, "--out", out]
            command += ["--epochs", "1" if quick else "2", "--reviews", "64" if quick else "5000"]
            subprocess.run([str(part) for part in command], check=True, cwd=ROOT, timeout=900 if quick else 150)
            found[f"{script.stem} {cell}"] = json.loads((out / "result.json").read_text())
    return found | {"seconds": round(time.perf_counter() - start, 1)}


def packed(device: Device, quick: bool) -> dict[str, Any]:
    """Return the milliseconds of forward and backward on sequences of many lengths: padded, and packed."""
    batch, steps, rounds = (4, 8, 1) if quick else (64, 400, 5)
    lengths = torch.linspace(steps // 8, steps, batch).long()
    x = torch.randn(batch, steps, 100, device=device.kind, requires_grad=True)
    found = {}
    for cell in ("lstm", "gru"):
        kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
        layer = kind(100, 64, batch_first=True, bidirectional=True, device=device.kind)

        def run(pack: bool, layer: Any = layer) -> None:
            inputs = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False) if pack else x
            outputs, _ = layer(inputs)
            (pad_packed_sequence(outputs, batch_first=True)[0] if pack else outputs).sum().backward()

        found[cell] = {name: device.median(lambda p=p: run(p), rounds) for name, p in (("padded", 0), ("packed", 1))}
    return found


def _theirs(cell: str, shape: tuple[int, ...], where: str) -> dict[str, Callable[[], Any]]:
    """Return what PyTorch does at a place: forward alone, and forward and backward."""
    kind = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
    batch, steps, features, hidden = shape
    layer = kind(features, hidden, batch_first=True, bidirectional=True, device=where)
    x = torch.randn(batch, steps, features, device=where, requires_grad=True)
    return {"forward": lambda: layer(x), "both": lambda: layer(x)[0].sum().backward()}


def _ours(cell: str, shape: tuple[int, ...]) -> dict[str, Callable[[], Any]]:
    batch, steps, features, hidden = shape
    rng = np.random.default_rng(0)
    layer = Bidirectional(cell, features, hidden, rng=rng)
    x, d_outputs = (rng.normal(size=(batch, steps, n)).astype(np.float32) for n in (features, 2 * hidden))

    def both() -> None:
        layer.forward(x)
        layer.backward(d_outputs)

    return {"forward": lambda: layer.forward(x), "both": both}


def cells(device: Device, quick: bool) -> dict[str, Any]:
    """Return milliseconds forward, and forward and backward: the device, PyTorch and the reference on the CPU."""
    found = {}
    for shape in ((2, 3, 4, 5),) if quick else SHAPES:
        for cell in CELLS:
            rounds = 1 if quick else 5
            work = {"device": _theirs(cell, shape, device.kind), "torch": _theirs(cell, shape, "cpu")}
            work["birnn_ref"] = _ours(cell, shape)
            found[f"{cell} {shape}"] = {
                name: {way: device.median(one, rounds) for way, one in ways.items()} for name, ways in work.items()
            }
    return found


def batches(device: Device, quick: bool) -> dict[str, Any]:
    """Return milliseconds for each sequence by batch size, and the first size at which the device is faster."""
    rows = []
    for batch in (1, 2) if quick else (1, 4, 16, 64, 256, 1024):
        shape = (batch, 2, 3, 4) if quick else (batch, 50, 128, 64)
        times = {name: device.median(_theirs("lstm", shape, where)["both"], 1 if quick else 3) / batch
                 for name, where in (("device", device.kind), ("cpu", "cpu"))}  # fmt: skip
        rows.append({"batch": batch, **times})
    pays = [row["batch"] for row in rows if row["device"] < row["cpu"]]
    return {"rows": rows, "pays_from": min(pays, default=None)}


PARTS: dict[str, Callable[[Device, bool], dict[str, Any]]] = {
    "parity": parity, "packed": packed, "cells": cells, "batches": batches, "chapter": chapter,
}  # fmt: skip


def measure(path: Path, device: Device, *, quick: bool = False, minutes: float = MINUTES) -> list[str]:
    """Run what is not in the file yet, write each part as it is done, and return the names of those still missing."""
    start = time.perf_counter()
    found = json.loads(path.read_text()) if path.exists() else {}
    here = device.describe()
    if found.get("device", here) != here:
        raise SystemExit(f"{path} holds figures of {found['device']['name']}: move it away to measure {here['name']}")
    found["device"] = here
    found.setdefault("date", time.strftime("%Y-%m-%d"))
    for name, part in PARTS.items():
        if name not in found and time.perf_counter() - start < 60 * minutes:
            found[name] = part(device, quick)
            path.parent.mkdir(parents=True, exist_ok=True)
            whole = path.with_suffix(".part")
            whole.write_text(json.dumps(found, indent=1) + "\n")
            whole.replace(path)
            print(f"{name}: done after {time.perf_counter() - start:.0f} s", flush=True)
    return [name for name in PARTS if name not in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / "_build" / "gpu.json")
    arguments = parser.parse_args()
    if missing := measure(arguments.output, Device()):
        raise SystemExit(f"out of time before {', '.join(missing)}: `make gpu` again goes on there")
    print(f"all parts are in {arguments.output}: the page on cost tells what is copied to {STORED.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
