"""A PostgreSQL that is killed, and started again on the data that it had."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from tests import services

# Seconds for what was killed to be gone; tries to get the port that it had.
_PATIENCE, _TRIES = 30, 5


@contextlib.contextmanager
def mortal_postgres(**settings_of_its_own: str) -> Iterator[MortalPostgres]:
    """Give a PostgreSQL that runs, to be killed and started again on the data that it had."""
    with services._cluster(settings_of_its_own) as cluster, MortalPostgres(cluster) as mortal:
        mortal.start()
        yield mortal


class MortalPostgres:
    """A PostgreSQL that tests kill. It ends with the thread that started it last."""

    def __init__(self, cluster: services._Cluster) -> None:
        """Choose a port, and keep it in all its lives."""
        self._cluster = cluster
        self._port = services._free_port()
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}/postgres"
        self._process: subprocess.Popen[bytes] | None = None
        self._life = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Nothing runs yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it, if it runs."""
        self._life.close()

    def start(self) -> None:
        """Start it, and wait until it answers. After a kill it finds by itself what was committed."""
        folder, command, environment, identity = self._cluster
        log = folder / "log"
        for _ in range(_TRIES):  # somebody's connection may have borrowed the port meanwhile
            self._process = self._life.enter_context(
                services._process(command(self._port), log, signal.SIGQUIT, environment, identity)
            )
            if services._is_ready(self._process, log):
                return
            self._life.close()
            time.sleep(1)
        raise RuntimeError(log.read_text(errors="replace"))

    def kill(self) -> None:
        """SIGKILL for all its processes at once. What was handed to the kernel stays, and nothing else."""
        if self._process is None:
            return
        # Each of its processes has a session of its own. Stopped, it can neither start nor mend any more.
        self._process.send_signal(signal.SIGSTOP)
        family = [self._process.pid, *_children(self._process.pid)]
        for member in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)
        self._life.close()
        self._process = None
        # Nothing may be left of it in the shared memory, or the next one refuses to start.
        deadline = time.monotonic() + _PATIENCE
        while any(_lives(member) for member in family):
            if time.monotonic() > deadline:
                message = f"killed processes of PostgreSQL are still there: {family}"
                raise TimeoutError(message)
            time.sleep(0.01)


def _children(parent: int) -> list[int]:
    return [
        int(entry.parent.name) for entry in Path("/proc").glob("[0-9]*/stat") if _state(entry)[1] == parent
    ]


def _lives(process: int) -> bool:
    return _state(Path("/proc", str(process), "stat"))[0] not in {"", "Z"}


def _state(entry: Path) -> tuple[str, int]:
    """The state of a process and its parent; an empty state when it is gone."""
    try:
        # The name in parentheses may hold anything, so the fields are counted from its end.
        state, parent = entry.read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return "", 0
    return state, int(parent)
