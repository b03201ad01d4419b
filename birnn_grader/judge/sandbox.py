"""The commands that start a student's process where it can reach nothing: bubblewrap, or a container.

Mounts are a white list: what is not named does not exist inside.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import random
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Protocol

from birnn_grader.judge.clock import LONGEST
from birnn_grader.judge.limits import Limits

# All of the grader that a sandbox sees, as /grader/birnn_inside.
INSIDE = Path(__file__).resolve().parents[1] / "inside"
# What a notebook's first cell imports lies beside it: every student has it, and nothing in it is believed.
STUDENT = Path(__file__).resolve().parents[2] / "birnn_student"
START = "import sys; sys.path.insert(0, '/grader'); from birnn_inside.runner import main; main()"
HIDDEN = ("birnn_ref", "birnn_grader")  # packages a student's process never finds, installed or not
ENVIRONMENT = {
    "HOME": "/tmp",
    "USER": "student",
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "Agg",
    "MPLCONFIGDIR": "/tmp",
    "KERAS_HOME": "/tmp",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_NUM_INTRAOP_THREADS": "1",  # one thread per core would count against the limit on processes
    "TF_NUM_INTEROP_THREADS": "1",
    "BIRNN_COMPILED": "0",  # marks do not depend on whether Numba is installed; the judge has the same
}
UNSAFELY = "run students' code with my rights"  # the words that switch the sandbox off


class SandboxError(Exception):
    """No sandbox, or one that does not hold."""


class Sandbox(Protocol):
    """A way to run students' code. Its fields are plain data, so that a job carries it with it."""

    @property
    def name(self) -> str:
        """The command's name, or ``none``."""

    def available(self) -> bool:
        """Return whether the command is there; whether it holds is for the self-test to say."""

    def command(self, limits: Limits, files: str | None = None) -> list[str]:
        """Return what to execute so that `runner` answers on its standard input and output."""

    def end(self, command: list[str]) -> None:
        """Clean up after the process that ``command`` started was killed."""


def _settings(limits: Limits, uid: int | None = None) -> str:
    return json.dumps({"rlimits": limits.rlimits(), "uid": uid})


@dataclasses.dataclass(frozen=True)
class Bubblewrap:
    """Namespaces, no capabilities, no network, and read-only libraries, by `bwrap`.

    As root the student's code becomes a user of its own, drawn at random, so that the limit on processes counts only
    its own; as an ordinary user, user namespaces do the same.
    """

    name: str = "bwrap"
    python: str = sys.executable

    def available(self) -> bool:
        """Return whether the command is there; whether it holds is for the self-test to say."""
        return shutil.which("bwrap") is not None

    def command(self, limits: Limits, files: str | None = None) -> list[str]:
        """Return the command; ``files`` is a folder whose content lies, read-only, where the student's code starts."""
        uid = random.SystemRandom().randrange(1 << 20, 1 << 30)
        command = [shutil.which("bwrap") or "bwrap", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
        command += ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
        if os.getuid() == 0:
            command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]  # the runner gives them up at once
        else:
            command += ["--unshare-user", "--disable-userns", "--uid", "65534", "--gid", "65534"]
        command += ["--hostname", "sandbox", "--clearenv"]
        for name, value in ENVIRONMENT.items():
            command += ["--setenv", name, value]
        command += ["--proc", "/proc", "--dev", "/dev"]
        for folder in ("/tmp", "/student", "/dev/shm"):
            command += ["--perms", "1777", "--size", str(limits.file), "--tmpfs", folder]
        command += self._libraries()  # after the empty folders: an environment may lie in /tmp
        command += [
            "--perms",
            "0755",  # bubblewrap would make it root's alone, and the setup cell would not find what it imports
            "--dir",
            "/grader",
            "--ro-bind",
            str(INSIDE),
            "/grader/birnn_inside",
            "--ro-bind",
            str(STUDENT),
            "/grader/birnn_student",
        ]
        if files:
            for path in sorted(Path(files).iterdir()):
                command += ["--ro-bind", str(path), f"/student/{path.name}"]
        command += ["--remount-ro", "/", "--chdir", "/student", "--", self.python, "-I", "-B", "-c", START]
        return [*command, _settings(limits, uid)]

    def end(self, command: list[str]) -> None:
        """Do nothing: everything inside dies with bubblewrap."""

    def _libraries(self) -> list[str]:
        """Mount the interpreter, its packages without ours, and the system's libraries."""
        mounts = ["--ro-bind", "/usr", "/usr"]
        for folder in ("bin", "lib", "lib64", "lib32"):
            path = Path("/", folder)
            if path.is_symlink():
                mounts += ["--symlink", os.readlink(path), str(path)]
            elif path.is_dir():
                mounts += ["--ro-bind", str(path), str(path)]
        if Path("/etc/ld.so.cache").is_file():
            mounts += ["--ro-bind", "/etc/ld.so.cache", "/etc/ld.so.cache"]
        for prefix in dict.fromkeys((sys.base_prefix, sys.prefix)):
            if not Path(prefix).is_relative_to("/usr"):
                for parent in reversed(Path(prefix).parents[:-1]):  # the way there may be root's alone on the host
                    mounts += ["--perms", "0755", "--dir", str(parent)]
                mounts += ["--ro-bind", prefix, prefix]
        packages = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
        for path in (Path(folder, name) for folder in sorted(packages) for name in HIDDEN):
            if path.is_dir():
                mounts += ["--tmpfs", str(path)]
        return mounts


@dataclasses.dataclass(frozen=True)
class Container:
    """The same by Podman or Docker, for macOS and for clusters: ``image`` holds Python, its libraries, nothing of ours.

    The self-test judges it as it judges bubblewrap. A container does not die with the command that started it: `end`
    removes it, and if the grader itself was killed, the container ends when no submission may run any longer.
    """

    name: str = "podman"
    image: str = "birnn-sandbox"

    def available(self) -> bool:
        """Return whether the command is there."""
        return shutil.which(self.name) is not None

    def command(self, limits: Limits, files: str | None = None) -> list[str]:
        """Return the command, as `Bubblewrap.command` does."""
        command = [self.name, "run", "--rm", "--interactive", "--init", "--name", f"birnn-{secrets.token_hex(8)}"]
        command += ["--network", "none", "--read-only"]
        # A user of its own, so that the limit on processes counts only its own; rootless engines have 65,536 of them.
        uid = random.SystemRandom().randrange(10_000, 60_000)
        command += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--user", f"{uid}:{uid}"]
        command += ["--pids-limit", str(limits.processes), "--memory", str(limits.memory), "--workdir", "/student"]
        for name, most in (("core", 0), ("nofile", limits.files), ("nproc", limits.processes)):
            command += ["--ulimit", f"{name}={most}:{most}"]
        command += ["--hostname", "sandbox"]
        for folder in ("/tmp", "/student", "/dev/shm"):
            command += ["--tmpfs", f"{folder}:rw,mode=1777,size={limits.file}"]
        for name, value in ENVIRONMENT.items():
            if name != "PATH":  # the image's own leads to its Python
                command += ["--env", f"{name}={value}"]
        command += ["--volume", f"{INSIDE}:/grader/birnn_inside:ro", "--volume", f"{STUDENT}:/grader/birnn_student:ro"]
        if files:
            for path in sorted(Path(files).iterdir()):
                command += ["--volume", f"{path}:/student/{path.name}:ro"]
        longest = limits.start + LONGEST * limits.total
        command += [self.image, "timeout", "--signal=KILL", f"{longest:.0f}"]
        return [*command, "python", "-I", "-B", "-c", START, _settings(limits)]

    def end(self, command: list[str]) -> None:
        """Remove the container, whatever runs in it."""
        remove = [self.name, "rm", "--force", command[command.index("--name") + 1]]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(remove, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)


@dataclasses.dataclass(frozen=True)
class Nothing:
    """No sandbox at all: a student's code runs with your rights. Only by the words in `UNSAFELY`."""

    name: str = "none"
    python: str = sys.executable

    def available(self) -> bool:
        """Return True: there is nothing that could be missing."""
        return True

    def command(self, limits: Limits, files: str | None = None) -> list[str]:
        """Return the command, as `Bubblewrap.command` does; ``files`` are left where they are."""
        start = START.replace("birnn_inside", "inside").replace("'/grader'", repr(str(INSIDE.parent)))
        start = f"import os; os.chdir({files or tempfile.gettempdir()!r}); {start}"
        return [self.python, "-I", "-B", "-c", start, _settings(dataclasses.replace(limits, processes=10_000))]

    def end(self, command: list[str]) -> None:
        """Do nothing: what the student's code started and left may run on."""


def choose(name: str = "auto", words: str = "") -> Sandbox:
    """Return the backend of that name; ``auto`` takes bubblewrap, Podman or Docker, whichever is there first.

    Raises
    ------
    SandboxError
        If there is none, and ``words`` are not `UNSAFELY`.

    Examples
    --------
    >>> choose("none", "please")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    birnn_grader.judge.sandbox.SandboxError: without a sandbox students' code runs with your rights: ...
    """
    backends: dict[str, Sandbox] = {"bwrap": Bubblewrap(), "podman": Container("podman"), "docker": Container("docker")}
    if name == "none" or words:
        if words != UNSAFELY:
            raise SandboxError(
                f'without a sandbox students\' code runs with your rights: to accept that, say --unsafe "{UNSAFELY}"'
            )
        return Nothing()
    if name != "auto" and name not in backends:
        raise SandboxError(f"backend is {name!r}, expected auto, {', '.join(backends)} or none")
    for backend in backends.values() if name == "auto" else [backends[name]]:
        if backend.available():
            return backend
    wanted = "" if name == "auto" else f"the command {name} is not there; "
    raise SandboxError(f"no sandbox: {wanted}install bubblewrap (Linux), or Podman or Docker")
