"""Tasks whose first call kills its own worker, or its judge; a module of its own, so that a worker can import it."""

import contextlib
import os
import signal
import threading
import time

from birnn_grader.judge import client
from birnn_grader.judge.session import descendants
from birnn_grader.tasks import task


def dies_once(flag, package, data, reason, backend, limits, checked):
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task(package, data, reason, backend, limits, checked)


def kills_its_judge_once(flag, which, package, data, reason, backend, limits, checked):
    """The first job that the judge takes is cut off: its process (``which`` 0), or the fork for the job (1)."""

    def kill(judge):
        while True:
            if len(below := descendants(judge)) > 1:
                with contextlib.suppress(ProcessLookupError):  # the job was done: the next one's turn
                    return os.kill(below[which], signal.SIGKILL)
            time.sleep(0.01)

    if not flag.exists():
        flag.touch()
        threading.Thread(target=kill, args=(client.of_this_thread().process.pid,), daemon=True).start()
    return task(package, data, reason, backend, limits, checked)
