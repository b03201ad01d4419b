"""Resume a download where it broke off."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHUNK = 1 << 16


@dataclass(frozen=True)
class Resuming:
    """A downloader for pooch: what has come lies in ``part`` until the whole file is there.

    Parameters
    ----------
    part : Path
        The unfinished download. Its server is asked for what is missing (HTTP's ``Range``), and for the whole file
        if it cannot give a part.
    progress : bool
        Show a progress bar.
    """

    part: Path
    progress: bool

    def __call__(self, url: str, output_file: str, _: Any) -> None:
        """Fetch the file and move it to ``output_file``.

        Raises
        ------
        OSError
            If the connection fails or breaks off, or the server answers with an error.
        """
        import requests
        from tqdm.auto import tqdm  # type: ignore[import-untyped]

        have = self.part.stat().st_size if self.part.is_file() else 0
        asked = {"Range": f"bytes={have}-"} if have else {}
        with requests.get(url, headers=asked, stream=True, timeout=30) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                self.part.unlink()  # it is longer than the file
                return self(url, output_file, _)
            answer.raise_for_status()
            if answer.status_code != requests.codes.partial_content:
                have = 0
            size = have + int(answer.headers.get("Content-Length", 0))
            self.part.parent.mkdir(parents=True, exist_ok=True)
            bar = tqdm(total=size or None, initial=have, unit="B", unit_scale=True, disable=not self.progress)
            with open(self.part, "ab" if have else "wb") as part, bar:
                for chunk in answer.iter_content(CHUNK):
                    part.write(chunk)
                    bar.update(len(chunk))
        os.replace(self.part, output_file)
