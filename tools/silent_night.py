"""Write what the picture "a map that falls silent" shows: one night, filled hour by hour by two trained networks.

The networks are the first seed of the study `beijing_grin`, held to its stored result, their weights in 16 bits. Two
files come of it: ``book/reader/silent_map.npz``, the weights, and ``book/reader/silent_map.json``, what the page draws.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from build_book import BOOK

from birnn_ref.datasets import load_beijing
from birnn_ref.experiments import load_result
from birnn_ref.experiments.hidden_hours import KINDS, errors, graph, held_out, map_of
from birnn_ref.experiments.part5 import beijing_grin
from birnn_ref.experiments.series import SCALE, windows

WEIGHTS, FILE = BOOK / "reader" / "silent_map.npz", BOOK / "reader" / "silent_map.json"
START, SILENT, FIRST, BACK = 7380, 0, 6, 18
"""The night of 2 January 2016, in the validation year: the station Aotizhongxin, from 18:00 until 6:00."""
WAYS = {"one_way": "one_way", "both": "grin"}


def main() -> None:
    settings = beijing_grin.STUDY.settings
    trained = {way: beijing_grin.trained(name, beijing_grin.STUDY.seeds[0], settings) for way, name in WAYS.items()}
    stored = load_result("beijing_grin")["runs"][0]
    for kind in KINDS:
        test = held_out("test", kind, settings)
        for way, name in WAYS.items():
            found = float(errors(beijing_grin.answers(trained[way], test), test).mean())
            if abs(found - stored[kind][name]["error"]) > 0.1:
                raise SystemExit(
                    f"trained again, {name} errs by {found} on {kind}, the stored run by {stored[kind][name]}"
                )
    arrays = {
        f"{way}.{key}": value.numpy().astype(np.float16)
        for way, model in trained.items()
        for key, value in model.state_dict().items()
        if not key.endswith("paths")  # made from the graph
    }
    np.savez_compressed(WEIGHTS, **arrays)
    FILE.write_text(json.dumps(shown(models(arrays))) + "\n", encoding="utf-8")


def models(arrays: Mapping[str, Any]) -> dict[str, torch.nn.Module]:
    """Return both networks with the stored weights."""
    found = {}
    for way, name in WAYS.items():
        model = beijing_grin.network(name, beijing_grin.STUDY.settings)
        own = {key: torch.from_numpy(np.float32(arrays[f"{way}.{key}"])) for key, _ in model.named_parameters()}
        model.load_state_dict(own, strict=False)
        found[way] = model.eval()
    return found


def estimates(model: torch.nn.Module, hours: int) -> np.ndarray:
    """Return a network's estimates of the silent station, ``(hours,)``, from the night's first hours alone."""
    night = windows("validation", np.array([START]), hours)
    seen = np.ones(night.values.shape, np.float32)
    seen[0, FIRST:BACK, SILENT] = 0
    with torch.no_grad():
        x = torch.from_numpy(np.where(seen > 0, night.values / SCALE, 0.0).astype(np.float32))
        return model(x, torch.from_numpy(seen)).final[0, :, SILENT].double().numpy() * SCALE


def shown(networks: Mapping[str, torch.nn.Module]) -> dict[str, Any]:
    """Return what the page draws; ``both[k]`` is what is said of the silent hours when hour k is the last that came."""
    data = load_beijing(hours=None)
    return {
        "stations": list(data.feature_names),
        "places": np.round(map_of(1 - data.correlation()), 3).tolist(),
        "weights": np.round(graph()[SILENT], 3).tolist(),
        "silent": SILENT,
        "first": FIRST,
        "back": BACK,
        "hours": [f"{(12 + t) % 24}:00" for t in range(24)],
        "readings": windows("validation", np.array([START]), 24).values[0].round().astype(int).tolist(),
        "one_way": estimates(networks["one_way"], 24)[FIRST:BACK].round().astype(int).tolist(),
        "both": [
            estimates(networks["both"], k + 1)[FIRST : min(BACK, k + 1)].round().astype(int).tolist() for k in range(24)
        ],
    }


if __name__ == "__main__":
    main()
