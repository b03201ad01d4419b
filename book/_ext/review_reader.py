"""What the page "Read a review with a BRNN" needs: the directive, the model as a script, and ONNX Runtime Web.

A page opened from disk may fetch nothing, but it may load scripts. So the model and the runtime become scripts, in
`_static/reader`, which the page loads when it is asked to read. The runtime is npm's package, checked against the sum
that the registry published; the build goes on without it, and the page then says so.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pooch
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).parents[1]
VERSION = "1.30.0"
SHA512 = (
    "ab4cbe26baedba45d2cec05610c71c55fa97db92d19a8b171c5f8269126683ca"
    "590a5cdc57bb2f35ce2b298de32f4d956fb42644c0ecd528a0a91e025c07ca61"
)
SCRIPT, GLUE, WASM = "ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"
LICENCE = (
    f"/* ONNX Runtime Web {VERSION}, copyright Microsoft Corporation, MIT licence: npmjs.com/package/onnxruntime-web */"
)

logger = logging.getLogger(__name__)


def registry() -> str:
    """Return npm's registry: the one it is set to, where npm is installed."""
    npm = shutil.which("npm")
    if npm:
        found = subprocess.run([npm, "config", "get", "registry"], capture_output=True, text=True).stdout.strip()
        if found.startswith("http"):
            return found.rstrip("/")
    return os.environ.get("NPM_CONFIG_REGISTRY", "https://registry.npmjs.org").rstrip("/")


def package(of: str = "onnxruntime-web", version: str = VERSION, sha512: str = SHA512) -> Path:
    """Return a package's archive, from the cache or the registry; an OSError or ValueError if neither has it."""
    name = f"{of}-{version}.tgz"
    cache = Path(os.environ.get("BIRNN_CACHE") or pooch.os_cache("birnn-course"))
    kept = cache / name
    if kept.is_file() and pooch.file_hash(str(kept), alg="sha512") == sha512:
        return kept
    url = f"{registry()}/{of}/-/{name}"
    how = pooch.HTTPDownloader(timeout=60)
    return Path(pooch.retrieve(url, f"sha512:{sha512}", fname=name, path=cache, downloader=how))


def runtime_script(archive: Path) -> str:
    """Return one script with the runtime's own, its WebAssembly compressed, and the module that joins them."""
    with tarfile.open(archive) as opened:
        script, glue, wasm = (opened.extractfile(f"package/dist/{name}").read() for name in (SCRIPT, GLUE, WASM))
    packed = {"glue": glue.decode(), "wasm": base64.b64encode(gzip.compress(wasm, 6, mtime=0)).decode()}
    return f"{LICENCE}\n{script.decode()}\nReviewReader.supply({json.dumps(packed)});\n"


def model_script(missing: str | None) -> str:
    """Return the script with the model and its words; ``missing`` is why there is no runtime, if there is none."""
    words = json.loads((BOOK / "reader" / "words.json").read_text(encoding="utf-8"))
    graph = base64.b64encode((BOOK / "reader" / "model.onnx").read_bytes()).decode()
    return f"ReviewReader.supply({json.dumps({'model': graph, **words, 'missing': missing})});\n"


def write_scripts(app: Sphinx, error: Exception | None) -> None:
    """Write both scripts beside the site's other static files."""
    if error or app.builder.format != "html":
        return
    folder, missing = Path(app.outdir) / "_static" / "reader", None
    folder.mkdir(parents=True, exist_ok=True)
    runtime = folder / "runtime.js"
    if not (runtime.is_file() and runtime.read_text(encoding="utf-8").startswith(LICENCE)):
        try:
            runtime.write_text(runtime_script(package()), encoding="utf-8")
        except (OSError, ValueError) as failure:
            if "onnxruntime" in os.environ.get("BIRNN_REQUIRE", "").split(","):
                raise ExtensionError(f"ONNX Runtime Web {VERSION} is required here: {failure}") from failure
            missing = "this copy of the book was built without ONNX Runtime Web"
            logger.info("Without ONNX Runtime Web %s, the page that reads reviews will not: %s", VERSION, failure)
    (folder / "model.js").write_text(model_script(missing), encoding="utf-8")


class ReviewReader(SphinxDirective):
    """The place on the page: a table of the stored example, which the script takes over."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        """Return the markup; without scripts the table stands alone."""
        stored = BOOK / "results" / "reader_model.json"
        self.env.note_dependency(str(stored))
        example: dict[str, Any] = json.loads(stored.read_text(encoding="utf-8"))["runs"][0]["example"]
        rows = zip(example["words"], example["forward"], example["backward"], example["y"], strict=True)
        cells = "".join(
            f'<tr><th scope="row">{html.escape(word)}</th>{"".join(f"<td>{value:+.2f}</td>" for value in values)}</tr>'
            for word, *values in rows
        )
        head = "".join(f'<th scope="col">{name}</th>' for name in ("word", "forward", "backward", "both"))
        table = f"<table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table>"
        mean = f"<p>The mean of the last column is {example['logit']:+.2f}.</p>"
        data = html.escape(json.dumps(example))
        place = f'<div class="review-reader" data-example="{data}"><noscript>{table}{mean}</noscript></div>'
        return [nodes.raw("", place, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive, and write the scripts last."""
    app.add_directive("review-reader", ReviewReader)
    app.connect("build-finished", write_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
