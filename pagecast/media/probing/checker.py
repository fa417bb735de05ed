"""The process that looks into files, seen from the one that asks it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shlex
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

# It gets no environment that a hostile file could read a secret from.
_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "LC_CTYPE")
_START_SECONDS: Final = 60
# What leaks in it, leaks for as long as this.
_FILES: Final = 1000
_ANSWER: Final = 1 << 20
# One that dies over a file may have been killed by somebody else: it gets a second one.
_ATTEMPTS: Final = 2

START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from child.serving import serve; serve()"
COMMAND: list[str] = [sys.executable, "-P", "-c", START, str(Path(__file__).resolve().parent)]


class Late(Exception):  # noqa: N818 - what became of it, not an error of ours
    """It did not answer in time."""


class Gone(Exception):  # noqa: N818 - what became of it, not an error of ours
    """It ended before it answered."""


class CheckerError(OSError):
    """It does not even start: this installation is broken, not the file."""


class Checker:
    """One such process. It belongs to the thread that started it, and ends with it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self.is_ready = False
        self.asked = 0
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own code
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            # An interrupt at the terminal is for the parent alone.
            start_new_session=True,
        )
        self.end = weakref.finalize(self, _end, self.process, self.owner)

    def is_usable(self) -> bool:
        """Whether it is this process's own, as it is not after a fork, and neither ended nor worn out."""
        ours = self.owner == os.getpid() and self.end.alive
        # It ends itself when nobody asks for a while.
        return ours and self.asked < _FILES and self.process.poll() is None

    def ask(self, question: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Its answer. Raises `Late`, `Gone` and `CheckerError`; then, as with anything else, it has ended."""
        try:
            if not self.is_ready:
                self._wait_until_ready()
            self.asked += 1
            return self._ask(question, seconds)
        except BaseException:
            # An answer that comes too late must not be taken for that to the next question.
            self.end()
            raise

    def _wait_until_ready(self) -> None:
        try:
            self._read(time.monotonic() + _START_SECONDS)
        except (Gone, Late) as trouble:
            self.end()
            command = shlex.join(COMMAND)
            message = f"The process that checks files did not start. To see why, run: {command} </dev/null"
            raise CheckerError(message) from trouble
        self.is_ready = True

    def _ask(self, question: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        assert self.process.stdin is not None  # noqa: S101 - for the type checker
        line = json.dumps({**question, "seconds": int(seconds)}).encode() + b"\n"
        try:
            self.process.stdin.write(line)
        except OSError as trouble:
            raise Gone from trouble
        answer: dict[str, Any] = json.loads(self._read(time.monotonic() + seconds))
        return answer

    def _read(self, end: float) -> bytes:
        """A line that comes before this moment of the monotonic clock."""
        assert self.process.stdout is not None  # noqa: S101 - for the type checker
        descriptor, line = self.process.stdout.fileno(), b""
        # Not select(), which knows no descriptors beyond 1023.
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not line.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                raise Late
            read = os.read(descriptor, _ANSWER)
            if not read or len(line) > _ANSWER:
                raise Gone
            line += read
        return line


_mine = threading.local()


def ask(question: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    """The answer of this thread's process, which is started when there is none.

    Raises `Late` when it takes more than these seconds, `Gone` when it crashes over it, and again in a fresh
    one, and `CheckerError`.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer = _checker().ask(question, seconds)
        except Gone:
            if attempt == _ATTEMPTS:
                raise
            continue
        # What an old one has no memory for, a fresh one may have.
        if answer.get("refused") != "memory" or attempt == _ATTEMPTS:
            return answer
        forget()
    raise Gone


def forget() -> None:
    """End this thread's process, if there is one."""
    checker: Checker | None = getattr(_mine, "checker", None)
    _mine.checker = None
    if checker is not None:
        checker.end()


def current() -> int | None:
    """The number of this thread's process; None while there is none."""
    checker: Checker | None = getattr(_mine, "checker", None)
    return checker.process.pid if checker is not None and checker.end.alive else None


def _checker() -> Checker:
    checker: Checker | None = getattr(_mine, "checker", None)
    if checker is None or not checker.is_usable():
        forget()
        checker = _mine.checker = Checker()
    return checker


def _end(process: subprocess.Popen[bytes], owner: int) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    if os.getpid() == owner:
        process.kill()
        process.wait()
    else:
        # It is no child of this process, which must not wait for it, nor complain that it did not.
        process.returncode = 0
