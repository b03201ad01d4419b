"""A task whose first call kills its own worker; a module of its own, so that a worker can import it."""

import os
import signal

from birnn_grader.tasks import task


def dies_once(flag, package, data, reason, backend, limits, checked):
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task(package, data, reason, backend, limits, checked)
