"""The repository's address: what the theme's buttons open, edit and report, and what the first page clones.

`_config.yml` may name it; where it does not, it is the origin of the checkout, if that is a public host's.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

ROOT = Path(__file__).parents[2]
PUBLIC = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "git.sr.ht")
OPENS = {"github.com": ("binderhub_url", "colab_url"), "gitlab.com": ("binderhub_url",)}
"""What opens a notebook of which host."""
REMOTE = re.compile(r"(?:\w+://)?(?:[^@/]+@)?(?P<host>[\w.-]+)(?::\d+(?=/))?[:/]/?(?P<path>[^:]+?)(?:\.git)?/*")
KNOWN = """To run it yourself, take a copy of [the repository]({0}):

```sh
git clone {0} birnn && cd birnn
make book
```
"""
ISSUES = {"github.com": "/issues", "gitlab.com": "/-/issues", "codeberg.org": "/issues", "bitbucket.org": "/issues"}
"""Where mistakes are reported, below a repository's address."""
UNKNOWN = "To run it yourself, take a copy of the repository that these pages were built from; its `README.md` goes on."


def public_address(remote: str) -> str:
    """Return the address that anybody can open, without user or password; empty if the host is not a public one.

    >>> public_address("git@github.com:someone/birnn.git"), public_address("/srv/git/birnn.git")
    ('https://github.com/someone/birnn', '')
    """
    found = REMOTE.fullmatch(remote.strip())
    if not found or found["host"] not in PUBLIC or "/" not in found["path"]:
        return ""
    return f"https://{found['host']}/{found['path']}"


def origin(root: Path = ROOT) -> str:
    """Return what git calls the origin of the checkout; empty where there is none, or no git."""
    try:
        command = ["git", f"--git-dir={root / '.git'}", "remote", "get-url", "origin"]
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""


def tracker(address: str) -> str:
    """Return where mistakes are reported; empty where that is not known.

    >>> tracker("https://gitlab.com/someone/birnn"), tracker("")
    ('https://gitlab.com/someone/birnn/-/issues', '')
    """
    host = address.split("/")[2] if address else ""
    return address + ISSUES[host] if host in ISSUES else ""


def use_address(app: Sphinx, config: Config) -> None:
    """Tell the theme, and the first page; the theme fails on hosts and on paths that it does not know."""
    options = config.html_theme_options
    address = (options.get("repository_url") or public_address(origin())).rstrip("/")
    clone = KNOWN.format(address) if address else UNKNOWN
    place = tracker(address)
    report = f"[Report it]({place})." if place else "Tell those from whom you have these pages."
    config.myst_substitutions = {**config.myst_substitutions, "clone": clone, "report": report}
    _, _, host, *path = address.split("/") if address else ("",) * 3
    opens = OPENS.get(host, ()) if len(path) == 2 else ()
    options["repository_url"] = address if opens else ""
    options["use_edit_page_button"] = options["use_issues_button"] = bool(opens)
    offered = options.get("launch_buttons", {})
    options["launch_buttons"] = {key: value for key, value in offered.items() if opens and key not in _closed(opens)}


def _closed(opens: tuple[str, ...]) -> set[str]:
    return {key for keys in OPENS.values() for key in keys} - set(opens)


def setup(app: Sphinx) -> dict[str, bool]:
    """Decide before the theme and MyST read their options."""
    app.connect("config-inited", use_address, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
