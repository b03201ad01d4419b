"""The corpus against this grader and against nbgrader as it is: ``python tests/grader/table.py [--stock SECONDS]``.

Each run adds the cases that have no result yet. Writes `book/instructors/attacks.json` and, from it, the page beside
it. Stock nbgrader runs whole inside a sandbox of its own, again for each case: no network, a course in memory that is
thrown away, an unprivileged user, limits.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/grader"), str(ROOT / "tools")]

from attacks import ATTACKS  # noqa: E402
from course import FULL, answers, hand_in, make_course, with_answers  # noqa: E402
from test_marks import STOCK  # noqa: E402

from birnn_grader.judge.limits import Limits  # noqa: E402
from birnn_grader.judge.sandbox import Bubblewrap  # noqa: E402
from birnn_grader.judge.session import descendants, memory  # noqa: E402

STORED = ROOT / "book/instructors/attacks.json"
PAGE = ROOT / "book/instructors/attacks.md"
USER = "4194304"
# Run first where time is short.
TELLING = [
    "arguments_made_zero",
    "patched_numpy",
    "array_subclass",
    "displayhook_when_defined",
    "edited_tests",
    "retagged_tests",
    "deleted_tests",
    "ast_transformer",
    "patched_run_code",
    "reads_the_solutions",
    "imports_the_reference",
    "writes_the_gradebook",
    "os_exit_when_called",
    "kills_everyone",
    "schema_too_old",
    "no_json",
    "warns_when_called",
    "equal_to_everything",
    "foreign_files",
    "repeated_answers",
    "patched_showtraceback",
    "loop_ignoring_signals",
    "wrong_name",
    "not_utf8",
    "segfault_when_called",
]
INSIDE = """
import json, os, shutil, sqlite3, subprocess, sys
shutil.copytree("/seed", "/course/c", symlinks=True)
os.chdir("/course/c")
words = [sys.executable, "-m", "nbgrader", "autograde", "ps1"]
code = subprocess.call(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
query = '''SELECT s.student_id, SUM(g.auto_score) FROM grade g JOIN submitted_notebook n ON n.id = g.notebook_id
  JOIN submitted_assignment s ON s.id = n.assignment_id GROUP BY 1'''
scores = dict(sqlite3.connect("gradebook.db").execute(query).fetchall())
scores = {student: score for student, score in scores.items() if os.path.exists(f"autograded/{student}/ps1/ps1.ipynb")}
print("RESULT" + json.dumps({"exit": code, "scores": scores}), flush=True)
"""


def stock(seed: Path) -> dict:
    """Grade one attack and its victim by stock nbgrader, inside a sandbox; return the scores it gave."""
    sandbox = Bubblewrap()
    words = [shutil.which("bwrap"), "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--unshare-ipc", "--unshare-pid", "--unshare-net"]
    words += ["--unshare-uts", "--clearenv", "--setenv", "HOME", "/tmp", "--setenv", "OMP_NUM_THREADS", "1"]
    words += ["--setenv", "PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin", *sandbox._libraries()]
    for name in ("birnn_ref", "birnn_grader"):
        words += ["--perms", "0755", "--dir", str(ROOT), "--ro-bind", str(ROOT / name), str(ROOT / name)]
    words += ["--proc", "/proc", "--dev", "/dev", "--ro-bind", str(seed), "/seed"]
    for folder in ("/tmp", "/course", "/dev/shm"):
        words += ["--perms", "1777", "--size", "200000000", "--tmpfs", folder]
    words += [
        "--remount-ro",
        "/",
        "--chdir",
        "/tmp",
        "--",
        "setpriv",
        "--reuid",
        USER,
        "--regid",
        USER,
        "--clear-groups",
    ]
    words += [
        "prlimit",
        "--nproc=150",
        "--data=1500000000",
        "--fsize=50000000",
        "--nofile=1000",
        "--core=0",
        "--cpu=600",
    ]
    words += [sys.executable, "-c", INSIDE]
    began = time.monotonic()
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}
    )
    why = ""
    while process.poll() is None:
        time.sleep(0.1)
        if time.monotonic() - began > 600:
            why = "did not end in 600 s"
        elif memory(descendants(process.pid)) > 3_000_000_000:
            why = "took more than 3 GB"
        if why:
            process.kill()
    lines = process.stdout.read().decode(errors="replace").splitlines()
    found = [json.loads(line[6:]) for line in lines if line.startswith("RESULT")]
    return found[-1] if found else {"exit": None, "scores": {}, "why": why or "all was killed"}


def ours(folder: Path, cases) -> dict[str, dict]:
    """Grade the corpus by this grader, each case with its victim."""
    from course import open_course

    from birnn_grader.pool import Run

    run = Run(open_course(folder), "ps1", Bubblewrap(), Limits(cell=3, total=20, data=700_000_000, memory=900_000_000))
    found = {result["student"]: result for result in run.grade(workers=2)}
    total = {name: sum(s for s in r["scores"].values() if s is not None) for name, r in found.items()}
    return {case.name: {"got": total[case.name], "victim": total[f"{case.name}-victim"]} for case in cases}


def _hand_in(course, cases, places):
    for case in cases:
        folder = course / "submitted" / case.name / "ps1"
        folder.mkdir(parents=True)
        case.make(folder, places)
        hand_in(course, f"{case.name}-victim", with_answers(answers()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--stock", type=float, default=0, help="seconds to spend on stock nbgrader, most telling cases first"
    )
    seconds = parser.parse_args().stock
    stored = json.loads(STORED.read_text()) if STORED.is_file() else {"cases": {}}
    known = stored["cases"]
    cases = {case.name: known.get(case.name, {}) | {"deserved": case.deserved} for case in ATTACKS}
    with tempfile.TemporaryDirectory() as name:
        course = make_course(Path(name, "course"))
        places = dict.fromkeys(("SECRET", "CANARY"), "/nonexistent") | {"COURSE": course, "ROOT": ROOT}
        places |= {"HOME": "/tmp", "PORT": 9, "HOSTNAME": "localhost", "HOST": 2, "MARKER": "birnn-survivor"}
        if seconds:
            deadline = time.monotonic() + seconds
            os.chmod(name, 0o755)
            for case in sorted(ATTACKS, key=lambda case: case.name not in TELLING):
                if "stock" in cases[case.name] or time.monotonic() > deadline:
                    continue
                seed = Path(name, "seed")
                shutil.copytree(course, seed)
                (seed / "nbgrader_config.py").write_text(STOCK)
                _hand_in(seed, [case], {**places, "COURSE": "/course/c"})
                for path in [seed, *seed.rglob("*")]:
                    if not path.is_symlink():
                        path.chmod(0o777 if path.is_dir() else 0o666)
                done = stock(seed)
                got = [done["scores"].get(student) for student in (case.name, f"{case.name}-victim")]
                cases[case.name]["stock"] = {"got": got[0], "victim": got[1], "why": done.get("why", "")}
                shutil.rmtree(seed)
                print(case.name, cases[case.name]["deserved"], cases[case.name]["stock"], flush=True)
                _save({"cases": cases})
        else:
            missing = [case for case in ATTACKS if "ours" not in cases[case.name]]
            _hand_in(course, missing, places)
            for case, found in ours(course, missing).items():
                cases[case]["ours"] = found
    _save({"cases": cases})


def _save(stored):
    STORED.parent.mkdir(exist_ok=True)
    STORED.write_text(json.dumps(stored, indent=1) + "\n")
    PAGE.write_text(page(stored))


def verdict(case: dict, found: dict | None) -> str:
    """Return in words what a grader made of a case."""
    if found is None:
        return "not run"
    deserved, got = case["deserved"], found["got"]
    limit = 8.0 if deserved is None else deserved
    words = []
    if got is None:
        words.append("not graded")
    elif got > limit:
        words.append(f"**undeserved: {got:g}**")
    elif deserved is not None and got < deserved:
        words.append(f"**lost: {got:g}**")
    else:
        words.append(f"{got:g}")
    if found["victim"] is None:
        words.append("**the innocent one not graded**")
    elif found["victim"] != FULL:
        words.append(f"**the innocent one got {found['victim']:g}**")
    return ", ".join(words)


def _row(*columns) -> str:
    return "| " + " | ".join(columns) + " |"


def _limit(case):
    return 8.0 if case["deserved"] is None else case["deserved"]


SUMS = {
    "undeserved marks": lambda case, found: found["got"] is not None and found["got"] > _limit(case),
    "deserved marks lost, or not graded": lambda case, found: (found["got"] or 0.0) < (case["deserved"] or 0.0),
    "an innocent submission lost marks": lambda case, found: found["victim"] != FULL,
}


def _summary(cases, graders):
    """Return the table of sums: one row per kind of harm, one column per grader."""
    done = {key: [case for case in cases.values() if case.get(key)] for key in graders}
    yield _row("", *(f"{name}, {len(done[key])} cases" for key, name in graders.items()))
    yield _row("---", *["--:"] * len(graders))
    for words, test in SUMS.items():
        yield _row(words, *(str(sum(test(case, case[key]) for case in done[key])) for key in graders))


def page(stored: dict) -> str:
    """Write the table as a page for instructors."""
    cases = stored["cases"]
    run = [case for case in cases.values() if case.get("stock")]
    graders = {"ours": "this grader"} | ({"stock": "nbgrader as it is"} if run else {})
    lines = [
        "# The attack corpus",
        "",
        f"{len(cases)} submissions to problem set 1, hostile or merely unlucky, each graded together with an",
        f"innocent one that deserves {FULL:g} points. Most put their code in place of the first answer (3 points) and",
        "answer the rest rightly (8 points). [What the grader prevents](threat_model.md) says what stands behind the",
        "table; the test run grades the corpus again, and fails where a case gets anything else.",
        "",
        *_summary(cases, graders),
    ]
    if "stock" not in graders:
        lines += [
            "",
            "nbgrader as it is has not been run on the corpus yet; `make attacks STOCK=600` does that.",
        ]
    elif len(run) < len(cases):
        lines += ["", "nbgrader as it is ran on the cases that have a result in the last column."]
    lines += ["", _row("case", "deserved", *graders.values()), _row("---", "--:", *["---"] * len(graders))]
    for name, case in cases.items():
        deserved = "at most 8" if case["deserved"] is None else f"{case['deserved']:g}"
        lines.append(_row(name.replace("_", " "), deserved, *(verdict(case, case.get(key)) for key in graders)))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
