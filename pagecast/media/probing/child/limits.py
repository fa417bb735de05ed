"""What the process may take from the machine, whatever a file makes of it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from typing import Final

# A frame of 8192 x 4320 pixels and ten bits is 106 MB; its decoder holds up to seven of them.
MEMORY: Final = 1536 * 2**20
WRITTEN: Final = 8 * 2**20
FILES: Final = 32
NICENESS: Final = 10
# For the answer to be told after a question's own time; then the process ends itself.
GRACE: Final = 5

_PR_SET_PDEATHSIG = 1
# They are sent to whole groups of processes; the parent decides when this one has to end.
_NOT_FOR_US = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def settle() -> None:
    """Take the limits that hold for good. The process ends when the thread that started it does."""
    for number in _NOT_FOR_US:
        signal.signal(number, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, MEMORY)
    _limit(resource.RLIMIT_FSIZE, WRITTEN)
    _limit(resource.RLIMIT_NOFILE, FILES)
    # A sandbox may forbid it.
    with contextlib.suppress(OSError):
        os.nice(NICENESS)


def begin(seconds: int) -> None:
    """Give the next file its time: of the processor and, should the parent be gone, by the clock."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + seconds + GRACE, for_good=False)
    # Nobody handles SIGALRM, so that it ends the process even in the middle of foreign code.
    signal.alarm(seconds + GRACE)


def end() -> None:
    """The file was answered for."""
    signal.alarm(0)


def _limit(what: int, most: int, *, for_good: bool = True) -> None:
    hard = resource.getrlimit(what)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    # macOS knows some limits by name only.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most if for_good else hard))
