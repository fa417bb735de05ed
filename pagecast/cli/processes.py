"""Processes that belong together: a child never outlives the one that started it."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

log = structlog.get_logger(__name__)

# Set for children, so that they know whom to follow.
PARENT = "PAGECAST_PARENT"
_PR_SET_PDEATHSIG = 1
# Seconds until the first worker starts, so that the server has the machine to itself until it answers; until
# a child is started again when it ended; and between two looks at the children.
DELAY, PAUSE, LOOK = 2.0, 1.0, 0.2
# Seconds for a worker to finish what it has in hand; and for the kernel to end one that did not.
PATIENCE, GRACE = 20, 5.0


def follow_parent() -> None:
    """Called by a child: get SIGTERM when the parent is gone, whatever ended it. Linux only.

    Raises `SystemExit` if it is gone already.
    """
    parent = os.environ.get(PARENT)
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # Asked after the kernel was told, so that it can not go in between unseen.
    if str(os.getppid()) != parent:
        message = (
            f"pagecast: {PARENT}={parent} names the process that started this one, and that one is gone, so "
            f"this one ends, too. If you started it yourself, unset {PARENT} and start it again."
        )
        raise SystemExit(message)


def end_in_time() -> None:
    """Called by a child that was asked to stop: if it is not done in `PATIENCE` seconds, the kernel ends it.

    Nobody else would if its parent was killed. What it has in hand is left to the next one.
    """
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)


class Keeper:
    """Commands that are kept running: each is started again, and said so, when it ends before it should."""

    def __init__(self, commands: Mapping[str, Sequence[str]]) -> None:
        """Commands of Python by name, such as {"worker": ["-m", "pagecast", "work"]}."""
        self._commands = commands
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._due = dict.fromkeys(commands, 0.0)

    def keep(self, wait: Callable[[float], bool]) -> None:
        """Keep them running until `wait`, which waits so many seconds, answers that it is time to stop.

        Then they finish what they have in hand. Their lives hang on the thread that calls this, too.
        """
        try:
            while not wait(LOOK):
                for name in self._commands:
                    self._look_after(name)
        finally:
            self._end()

    def _look_after(self, name: str) -> None:
        process = self._running.get(name)
        if process is None:
            if time.monotonic() >= self._due[name]:
                self._running[name] = self._start(name)
        elif process.poll() is not None:
            log.error("process_ended", process=name, code=process.returncode, next_start_seconds=PAUSE)
            del self._running[name]
            self._due[name] = time.monotonic() + PAUSE

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, *self._commands[name]],
            env=os.environ | {PARENT: str(os.getpid())},
            # A Ctrl-C is for the keeper, which passes it on once; a second one would break off the work.
            process_group=0,
        )

    def _end(self) -> None:
        for process in self._running.values():
            process.terminate()
        deadline = time.monotonic() + PATIENCE + GRACE
        for process in self._running.values():
            try:
                process.wait(max(deadline - time.monotonic(), 0))
            except subprocess.TimeoutExpired:
                # It hangs, stopped say.
                process.kill()
                process.wait()
        self._running.clear()


class EmbeddedWorker:
    """`pagecast work` beside the server, kept by a thread of it."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper of the worker")

    def start(self) -> None:
        """Start the worker soon, and keep it running."""
        self._thread.start()

    def stop(self) -> None:
        """Let the worker finish what it has in hand, and end it."""
        self._stopping.set()
        self._thread.join()

    def _keep(self) -> None:
        self._stopping.wait(DELAY)
        Keeper({"worker": ["-m", "pagecast", "work"]}).keep(self._stopping.wait)
