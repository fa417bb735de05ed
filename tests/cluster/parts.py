"""One part of a cluster: a process, or a few, with a log of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.acceptance.server import PATIENCE, ROOT, kill, processes_of_session, wait_for
from tests.services import die_with_parent


class Part:
    """A command that runs until it is stopped, and may be started again.

    It ends at the latest with the tests.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        is_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self.name, self.log = name, log
        self._command, self._environment, self._is_ready = list(command), dict(environment), is_ready
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        self.launch()
        wait_for(f"{self.name} to be ready", self._has_come_up)

    def launch(self) -> None:
        """Start it, and do not wait."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
            )

    def kill(self) -> None:
        """SIGKILL for all its processes: as if its machine's power was cut."""
        if self._process is not None:
            kill(self._process)
            self._process = None

    def stop(self) -> None:
        """SIGTERM, as a service manager does it, and wait for the end."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        finally:
            self.kill()

    def freeze(self) -> None:
        """Stop all its processes where they are: to others it is as if its cable was pulled."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on as if nothing had been."""
        self._signal(signal.SIGCONT)

    def said(self) -> str:
        """Everything that it has said so far, in all its lives."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        for member in processes_of_session(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(member, number)

    def _has_come_up(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            message = f"{self.name} ended with {self._process.returncode}: {self.said()[-3000:]}"
            raise RuntimeError(message)
        return self._is_ready()


def listens(host: str, port: int) -> Callable[[], bool]:
    """Whether somebody listens there."""

    def look() -> bool:
        with socket.socket() as trial:
            return trial.connect_ex((host, port)) == 0

    return look
