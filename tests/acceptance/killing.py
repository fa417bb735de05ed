"""Killed at any point: a process that sends itself SIGKILL at a line of Pagecast's code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from django.db import connections

import pagecast

PACKAGE = Path(pagecast.__file__).parent


def killed_at_each_line(work: Callable[[], object], *files: str) -> Iterator[int]:
    """Run the work in one child process after another, each killed one line of these files later.

    Yields after each death, with the number of the line; ends with the child that lived to the end of its
    work. `work` starts from what the test left after the last death. Call it in tests that commit.
    """
    for line in count(1):
        if not _dies_at(line, work, {str(PACKAGE / file) for file in files}):
            return
        yield line


def _dies_at(line: int, work: Callable[[], object], files: set[str]) -> bool:
    # Parent and child must not talk to the database over one connection.
    connections.close_all()
    sys.stdout.flush()
    with warnings.catch_warnings():
        # Newer Pythons warn of threads; whatever thread is there holds no lock that the child needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _live(line, work, files)
    _child, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        message = f"the child failed before line {line}: see stderr"
        raise AssertionError(message)
    return os.WIFSIGNALED(status)


def _live(line: int, work: Callable[[], object], files: set[str]) -> None:
    lines = count(1)

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename not in files:
            return None
        if event == "line" and next(lines) == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    try:
        sys.settrace(trace)
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child must never go on with its parent's tests
        traceback.print_exc()
    finally:
        os._exit(1)
