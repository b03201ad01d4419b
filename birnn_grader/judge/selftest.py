"""Show that a sandbox holds by trying, from the inside, what a hostile student would; claim only what was seen."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import socket
import sys
import tempfile
import time
from pathlib import Path

from birnn_grader.inside import protocol
from birnn_grader.judge.limits import Limits
from birnn_grader.judge.sandbox import Nothing, Sandbox, SandboxError
from birnn_grader.judge.session import Crash, Session, TooMany

# Runs inside. Each probe returns True where the sandbox holds; one that raises does not hold.
PROBES = """
import os, socket, sys, time

def fails(action, *errors):
    try:
        action()
    except errors or (Exception,):
        return True
    return False

def no_network(port, **_):
    def connect():
        socket.create_connection(("127.0.0.1", port), 1)
    return {name for _, name in socket.if_nameindex()} <= {"lo"} and fails(connect)

def no_host_files(secret, course, **_):
    return not any(os.path.exists(path) for path in [secret, *course])

def read_only(**_):
    places = ["/", "/usr", "/grader", sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)]
    return all(fails(lambda p=p: open(os.path.join(p, "written"), "w"), OSError) for p in places)

def no_environment(token, **_):
    seen = repr(dict(os.environ))
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            seen += open(f"/proc/{process}/environ", errors="replace").read()
        except OSError:
            pass
    return token not in seen

def no_rights(**_):
    status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines() if ":" in line)
    capabilities = int(status["CapEff"], 16) | int(status["CapPrm"], 16)
    return os.getuid() != 0 and not capabilities and status["NoNewPrivs"].strip() == "1" and fails(lambda: os.setuid(0))

def own_processes_only(host, **_):
    return len([p for p in os.listdir("/proc") if p.isdigit()]) < 10 and not os.path.exists(f"/proc/{host}/exe")

def process_limit(processes, **_):
    children = []
    try:
        for _ in range(processes + 8):
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            children.append(child)
        time.sleep(1)  # all are there: now it is for the watcher outside to end this
    except OSError:
        return True
    finally:
        for child in children:
            os.kill(child, 9)
            os.waitpid(child, 0)
    return False

def memory_limit(data, **_):
    return fails(lambda: bytearray(data + 1), MemoryError)

def file_limit(file, **_):
    def fill():
        with open("/tmp/full", "wb") as stream:
            for _ in range(file // 1_000_000 + 2):
                stream.write(bytes(1_000_000))
    held = fails(fill, OSError)
    os.remove("/tmp/full")
    return held

def no_reference(**_):
    def look():
        import birnn_ref.cells
    def grader():
        import birnn_grader.engine
    return fails(look, ImportError) and fails(grader, ImportError)

def leave_one_behind(marker, **_):
    closed, until_it_runs = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(300)", marker])
        os._exit(0)
    os.close(until_it_runs)
    return os.read(closed, 1) == b""
"""
CLAIMS = {
    "no_network": "reaches no network, this machine's own included",
    "no_host_files": "sees no file of the course or of this machine's /tmp",
    "read_only": "writes nowhere but in its own /tmp and folder",
    "no_environment": "sees none of the grader's environment variables",
    "no_rights": "is an unprivileged user without capabilities, and cannot become another",
    "own_processes_only": "sees and reaches its own processes only",
    "process_limit": "starts no more processes than allowed",
    "memory_limit": "gets no more memory than allowed",
    "file_limit": "writes no more than allowed",
    "no_reference": "finds neither the reference package nor the grader",
}


def check(backend: Sandbox, limits: Limits, course: list[str] | tuple[str, ...] = ()) -> dict[str, bool]:
    """Try every probe in ``backend``; return whether each claim was seen to hold.

    Parameters
    ----------
    backend
        As `sandbox.choose` returns it.
    limits : Limits
    course : list of str
        Paths of this machine that must not exist inside: the course, its gradebook.

    Raises
    ------
    SandboxError
        If the sandbox does not start.
    """
    small = dataclasses.replace(limits, processes=min(limits.processes, 24), total=60.0)
    token, marker = (f"BIRNN-{secrets.token_hex(8)}" for _ in range(2))
    held = {}
    with tempfile.NamedTemporaryFile() as secret, socket.create_server(("127.0.0.1", 0)) as server:
        os.environ["BIRNN_SELFTEST"] = token
        facts = {
            "port": server.getsockname()[1],
            "secret": secret.name,
            "course": [str(path) for whole in course for path in _beside_python(Path(whole))],
            "token": token,
            "marker": marker,
            "host": os.getpid(),
            "processes": small.processes,
            "data": small.data,
            "file": small.file,
        }
        session = Session(backend, small)
        try:
            session.exec("self-test", PROBES, [])
            for claim in (*CLAIMS, "leave_one_behind"):
                try:
                    held[claim] = session.call(claim, (), facts, 15).get("value") is True
                except Crash as crash:  # on a busy machine the watcher looks before the kernel's limit is reached
                    held[claim] = claim == "process_limit" and isinstance(crash, TooMany)
                except protocol.ProtocolError:
                    held[claim] = False
        except (RuntimeError, OSError) as error:
            raise SandboxError(f"{backend.name}: {error}") from None
        finally:
            session.close()
            del os.environ["BIRNN_SELFTEST"]
    held["no_survivor"] = held.pop("leave_one_behind", False) and ends(marker)
    return {claim: held.get(claim, False) for claim in (*CLAIMS, "no_survivor")}


def _beside_python(path: Path) -> list[Path]:
    """Return the path; where this Python lies in it, and so its folder is inside, all in it but the way to Python."""
    pythons = [Path(prefix) for prefix in (sys.prefix, sys.base_prefix)]
    if path in pythons:
        return []
    if not any(python.is_relative_to(path) for python in pythons):
        return [path]
    return [found for child in path.iterdir() for found in _beside_python(child)]


def running(marker: str) -> list[str]:
    """Return the command lines of this machine's processes that name ``marker``."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{process}/cmdline", errors="replace") as stream:
            if marker in (line := stream.read()):
                found.append(line.replace("\0", " "))
    return found


def ends(marker: str, seconds: float = 10.0) -> bool:
    """Return whether every process that names ``marker`` is gone within ``seconds``.

    Bubblewrap is gone at once when it is killed; the kernel ends what was inside after it, on a busy machine later.
    """
    deadline = time.monotonic() + seconds
    while running(marker):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


_held: set[tuple[Sandbox, Limits]] = set()


def ensure(backend: Sandbox, limits: Limits, course: list[str] | tuple[str, ...] = ()) -> None:
    """Run the self-test once for this backend in this process; refuse to go on where it does not hold.

    Raises
    ------
    SandboxError
        If the sandbox does not start, or a claim does not hold, naming it.
    """
    if isinstance(backend, Nothing) or (backend, limits) in _held:
        return
    failed = [claim for claim, holds in check(backend, limits, course).items() if not holds]
    if failed:
        raise SandboxError(f"{backend.name} does not hold on this machine, so nothing was graded: {', '.join(failed)}")
    _held.add((backend, limits))
