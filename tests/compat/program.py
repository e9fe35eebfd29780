"""Runs the program with a limit on time and memory, and says how it ended."""

import dataclasses
import json
import os
import resource
import signal
import subprocess
import threading
import time


@dataclasses.dataclass
class Run:
    code: int  # the exit code; negative: the signal that ended it
    output: bytes
    errors: bytes
    hung: bool
    cpu_s: float
    peak_bytes: int | None  # nothing where it stayed below this process' own, which the system counts in

    def json(self):
        """The one object it printed; nothing where it printed none."""
        try:
            value = json.loads(self.output)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


class _Killer:
    """Ends a group of processes after a while, unless they were done before."""

    def __init__(self, process, seconds):
        self._lock, self._process, self._done, self.fired = threading.Lock(), process, False, False
        self._timer = threading.Timer(max(seconds, 0), self._fire)
        self._timer.daemon = True
        self._timer.start()

    def _fire(self):
        with self._lock:
            if not self._done:
                self.fired = True
                os.killpg(self._process.pid, signal.SIGKILL)

    def wait(self):
        # First see that it is over, then forget its number: in between nobody else can get it.
        os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            self._done = True
        self._timer.cancel()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return usage


def _own_peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _limit_memory(process, memory_bytes):
    try:
        resource.prlimit(process.pid, resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    except ProcessLookupError:
        pass  # it is over already


def run_program(words, folder, seconds, memory_bytes):
    """`folder` takes what it prints."""
    output, errors = folder / "stdout", folder / "stderr"
    with open(output, "wb") as out, open(errors, "wb") as err:
        process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                   cwd=folder, start_new_session=True)
    _limit_memory(process, memory_bytes)
    killer = _Killer(process, seconds)
    usage = killer.wait()
    peak = usage.ru_maxrss * 1024 if usage.ru_maxrss > _own_peak() else None
    return Run(process.returncode, output.read_bytes(), errors.read_bytes(), killer.fired,
               usage.ru_utime + usage.ru_stime, peak)


class Clock:
    """What is left of a limit."""

    def __init__(self, seconds):
        self._begin, self._seconds = time.monotonic(), seconds

    def spent(self):
        return time.monotonic() - self._begin

    def left(self):
        return self._seconds - self.spent()
