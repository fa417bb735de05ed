"""What is measured, as real processes: installations of Pagecast, each with its data, and their servers."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.acceptance.server import free_port
from tests.services import die_with_parent

from .stock import Stock

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Installation:
    """A data folder, a database with its stock, and the settings by which they are served."""

    data: Path
    stock: Stock
    settings: str = "benchmarks.settings"
    database_url: str = ""
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What its processes run with; nothing of our own settings leaks in."""
        foreign = re.compile(r"PAGECAST_.*|DATABASE_URL.*|REDIS_URL.*|DJANGO_.*")
        kept = {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}
        database = {"DATABASE_URL": self.database_url} if self.database_url else {}
        own = {"PAGECAST_DATA": str(self.data), "DJANGO_SETTINGS_MODULE": self.settings}
        return kept | own | database | dict(self.more)

    def fill(self) -> None:
        """Put the stock into its empty database."""
        self.run("fill", str(self.stock.pages))

    def counters(self, *, settle: bool = False) -> dict[str, Any]:
        """The counters of its rich pages' contents, and how long settling took before."""
        answer = self.run("counters", str(self.stock.pages), *(["--settle"] if settle else []))
        found: dict[str, Any] = json.loads(answer)
        found["counters"] = {int(key): value for key, value in found["counters"].items()}
        return found

    def run(self, *words: str) -> str:
        """What a command of Pagecast prints. Raises `RuntimeError` if it fails."""
        command = [sys.executable, "-m", "pagecast", *words]
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"`pagecast {' '.join(words)}` failed:\n{done.stdout}{done.stderr}")  # noqa: EM102
        return done.stdout


@dataclass(frozen=True)
class Server:
    """A server that answers on its port."""

    port: int
    pid: int
    log: Path

    def memory(self) -> int:
        """The bytes of memory of its largest worker process."""
        sizes = [
            int((entry / "statm").read_text().split()[1]) * PAGE_SIZE
            for entry in Path("/proc").glob("[0-9]*")
            if parent_of(entry) == self.pid
        ]
        return max(sizes, default=0)


@contextmanager
def pagecast(installation: Installation, cores: set[int], workers: int = 1) -> Iterator[Server]:
    """`pagecast serve` on these cores."""
    words = ["pagecast", "serve", "--workers", str(workers), "--port"]
    with _served(words, installation.environment, cores, installation.data / "log") as server:
        yield server


@contextmanager
def bare(folder: Path, cores: set[int]) -> Iterator[Server]:
    """The same server with nothing behind it."""
    with _served(["benchmarks.bare"], dict(os.environ), cores, folder / "bare.log") as server:
        yield server


@contextmanager
def _served(
    words: Sequence[str], environment: dict[str, str], cores: set[int], log: Path
) -> Iterator[Server]:
    port = free_port()
    end_with_us = die_with_parent(signal.SIGTERM)

    def before() -> None:
        end_with_us()
        os.sched_setaffinity(0, cores)

    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", *words, str(port)],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=before,  # noqa: PLW1509 - does two system calls
        )
    try:
        _wait(process, port, log)
        yield Server(port, process.pid, log)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE / 4)
    except subprocess.TimeoutExpired:
        pass
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            """It has ended, and its workers with it."""
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server does not answer:\n{log.read_text(errors='replace')}")  # noqa: EM102
        time.sleep(0.05)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200  # noqa: PLR2004
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def parent_of(entry: Path) -> int:
    """The parent of a process, by its folder in /proc; 0 if it has ended."""
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it ended while we looked
        return 0
