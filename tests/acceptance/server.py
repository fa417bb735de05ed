"""Real processes for tests: a Pagecast with a data folder, a database and a broker of its own.

    with Server(tmp_path) as server:
        server.get("/healthz")

Nothing is shared with the tests' own database: what these processes do, they do as in production. Linux only.
"""

from __future__ import annotations

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from tests.services import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
# Generous, for machines that do much else: a test fails by what is wrong, not by what is slow.
PATIENCE = 60.0

Found = TypeVar("Found")


def wait_for(what: str, look: Callable[[], Found], seconds: float = PATIENCE) -> Found:
    """Look again and again until there is something to see, and answer with it."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            message = f"waited {seconds:g} s in vain for {what}"
            raise TimeoutError(message)
        time.sleep(0.05)
    return found


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
    return port


def processes_of_session(session: int) -> list[int]:
    """The processes that descend from the leader of a session, wherever they were handed to since."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in parentheses may hold anything, so the fields are counted from its end.
            state, _parent, _group, of_session = entry.read_text().rpartition(")")[2].split()[:4]
        except OSError:  # it ended while we looked
            continue
        if int(of_session) == session and state != "Z":
            found.append(int(entry.parent.name))
    return sorted(found)


@contextmanager
def own_database() -> Iterator[dict[str, str]]:
    """The settings of an empty database and broker: PostgreSQL and Redis where the tests have them."""
    url, broker = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    settings = {}
    if broker:
        # A number of its own, so that workers of two servers do not take each other's messages.
        settings["REDIS_URL"] = urlsplit(broker)._replace(path=f"/{secrets.randbelow(15) + 1}").geturl()
    if not url.startswith("postgres"):
        yield settings
        return
    import psycopg  # noqa: PLC0415 - only there with the extra `postgres`

    name = f"served_{secrets.token_hex(8)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type,unused-ignore]
        try:
            yield settings | {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type,unused-ignore]


class Installation:
    """A data folder and a database, and what may run on them: `pagecast` commands, each a real process."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.data = folder / "installation"
        self._settings = settings
        self._own: dict[str, str] = {}
        self._exit = ExitStack()

    @property
    def environment(self) -> dict[str, str]:
        """What its processes run with; nothing of the tests' own settings leaks in."""
        foreign = re.compile(r"PAGECAST_.*|DATABASE_URL.*|REDIS_URL.*|DJANGO_.*")
        kept = {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}
        return kept | {"PAGECAST_DATA": str(self.data), "PYTHONUNBUFFERED": "1"} | self._own | self._settings

    @property
    def has_broker(self) -> bool:
        """Whether background work goes through Celery here."""
        return "REDIS_URL" in self.environment

    def __enter__(self) -> Self:
        self._own = self._exit.enter_context(own_database())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def start(self, *words: str, output: int | None = None) -> subprocess.Popen[str]:
        """Start a command in a session of its own. It ends at the latest with the tests."""
        return subprocess.Popen(
            [sys.executable, "-m", "pagecast", *words],
            cwd=ROOT,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
        )

    def run(self, *words: str, seconds: float = PATIENCE) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, whatever its exit code."""
        with self.start(*words, output=subprocess.PIPE) as process:
            try:
                printed, said = process.communicate(timeout=seconds)
            except BaseException:
                kill(process)
                raise
        return subprocess.CompletedProcess(words, process.returncode, printed, said)

    def python(self, program: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a few lines of Python with Django set up, on this database."""
        command = [sys.executable, "-c", f"import django; django.setup()\n{program}", *words]
        environment = self.environment | {"DJANGO_SETTINGS_MODULE": "pagecast.conf.settings"}
        return subprocess.run(
            command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False, timeout=PATIENCE
        )


def kill(process: subprocess.Popen[Any]) -> None:
    """SIGKILL for everything in the process's session: as if the machine's power was cut."""
    for member in processes_of_session(process.pid):
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            """It was quicker."""
    process.wait()


class Server(Installation):
    """A real `pagecast serve`, with the `pagecast work` beside it that it needs when there is a broker.

    Gives the address as `url`, what it said as `printed()` and `log()`, and an editor's client.
    """

    def __init__(self, folder: Path, *arguments: str, work: bool = True, **settings: str) -> None:
        super().__init__(folder, **settings)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None
        self._arguments: Sequence[str] = arguments
        self._work = work
        self._folder = folder
        self._anyone = httpx.Client(base_url=self.url, timeout=PATIENCE)
        self._editor: httpx.Client | None = None

    def __enter__(self) -> Self:
        super().__enter__()
        try:
            self.serve(work=self._work)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._anyone.close()
        if self._editor is not None:
            self._editor.close()
        super().__exit__(kind, error, trace)

    def serve(self, *, work: bool = True) -> None:
        """Start, for the first time or again, and wait until it answers.

        With a broker, `work` starts a worker, too; without one the server does the work itself.
        """
        self.process = self._launch("serve", "--port", str(self.port), *self._arguments)
        wait_for(f"{self.url}/healthz", self._is_alive)
        if work and self.has_broker:
            self.worker = self._launch("work")

    def kill(self) -> None:
        """SIGKILL: the server, its children, and the worker."""
        for process in (self.process, self.worker):
            if process is not None:
                kill(process)
        self.process = self.worker = None

    def stop(self) -> int:
        """SIGTERM to the main process, as a service manager does it; answers its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        if self.worker is not None:
            self.worker.terminate()
            self.worker.wait(PATIENCE)
        return code

    def processes(self) -> list[int]:
        """The server's processes that live, the main one first."""
        assert self.process is not None
        # By number alone the main one need not be the first: numbers begin anew some day.
        main = self.process.pid
        return sorted(processes_of_session(main), key=lambda process: (process != main, process))

    def printed(self) -> str:
        """What it wrote to stdout since it was started last."""
        return (self._folder / "serve.stdout").read_text(encoding="utf-8")

    def log(self) -> str:
        """What it wrote to stderr since it was started last."""
        return (self._folder / "serve.stderr").read_text(encoding="utf-8")

    def get(self, path: str, **options: Any) -> httpx.Response:
        """What anybody gets."""
        return self._anyone.get(path, **options)

    def head(self, path: str, **options: Any) -> httpx.Response:
        """The same without its body."""
        return self._anyone.head(path, **options)

    def editor(self) -> httpx.Client:
        """The client of an editor at the API, made when first asked for."""
        if self._editor is None:
            token = self.run("token", "alice").stdout.strip()
            headers = {"Authorization": f"Bearer {token}"}
            self._editor = httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)
        return self._editor

    def _launch(self, command: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (
            (self._folder / f"{command}.stdout").open("wb") as stdout,
            (self._folder / f"{command}.stderr").open("wb") as stderr,
        ):
            return subprocess.Popen(
                [sys.executable, "-m", "pagecast", command, *arguments],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
            )

    def _is_alive(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            message = f"`pagecast serve` ended with {self.process.returncode}: {self.printed()}{self.log()}"
            raise RuntimeError(message)
        try:
            return self.get("/healthz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
