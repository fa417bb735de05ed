"""Processes that belong together: a child never outlives the server that started it."""

import ctypes
import os
import signal
import subprocess
import sys
import threading

import structlog

log = structlog.get_logger(__name__)

# Set for children, so that they know whom to follow.
PARENT = "PAGECAST_PARENT"
_PR_SET_PDEATHSIG = 1
# Seconds until the first worker starts, so that the server has the machine to itself until it answers; until
# the next one starts when a worker ended; and for a worker to finish what it has in hand.
DELAY, PAUSE, PATIENCE = 2.0, 1.0, 20.0


def follow_parent() -> None:
    """Called by a child: get SIGTERM when the parent is gone, whatever ended it. Linux only."""
    parent = os.environ.get(PARENT)
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # It was gone before the kernel was asked.
    if str(os.getppid()) != parent:
        os.kill(os.getpid(), signal.SIGTERM)


class EmbeddedWorker:
    """`pagecast work` beside the server, started again whenever it ends before it should."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, name="keeper of the worker")

    def start(self) -> None:
        """Start the worker, and a thread that keeps it running."""
        self._keeper.start()

    def stop(self) -> None:
        """Let the worker finish what it has in hand, and end it."""
        self._stopping.set()
        self._keeper.join()

    def _keep(self) -> None:
        command = [sys.executable, "-m", "pagecast", "work"]
        self._stopping.wait(DELAY)
        while not self._stopping.is_set():
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                command, env=os.environ | {PARENT: str(os.getpid())}
            )
            while self._process.poll() is None and not self._stopping.wait(0.2):
                pass
            if self._stopping.is_set():
                _end(self._process)
            else:
                log.error("worker_ended", code=self._process.returncode, next_start_seconds=PAUSE)
                self._stopping.wait(PAUSE)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
