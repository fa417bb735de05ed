"""A real nginx with the configuration that `deploy/nginx` ships, for nodes of a test's own; Linux only."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.acceptance.server import ROOT, kill, wait_for
from tests.nginx import _answers, binary
from tests.services import die_with_parent

SHIPPED = ROOT / "deploy" / "nginx"
#: What whoever installs it writes himself.
OWN = {"listen.conf", "nodes.conf", "one-node.conf", "tls"}


class Front:
    """nginx before these nodes, each an address with its port. It ends at the latest with the tests.

    What it logs of requests is in `access`, what it complains of in `errors`.
    """

    def __init__(self, folder: Path, host: str, port: int, nodes: Sequence[str]) -> None:
        self.host, self.port, self.nodes = host, port, list(nodes)
        self.url = f"http://{host}:{port}"
        self._configuration, self._prefix = folder / "nginx", folder / "nginx-run"
        self.access, self.errors = folder / "access.log", folder / "error.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        shutil.copytree(SHIPPED, self._configuration, ignore=shutil.ignore_patterns(*OWN))
        self._prefix.mkdir()
        listen = f"listen {self.host}:{self.port} reuseport backlog=4096;\n"
        # Whom it believes is said in the one that is shipped.
        shipped = (SHIPPED / "listen.conf").read_text(encoding="utf-8")
        self._write("listen.conf", listen + next(re.finditer(r"^set .*\n", shipped, re.MULTILINE))[0])
        self._write_nodes(self.nodes)
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._exit.close()

    def start(self) -> None:
        """Start it, for the first time or again, and wait until it listens."""
        access, errors = (self._exit.enter_context(path.open("ab")) for path in (self.access, self.errors))
        self._process = process = subprocess.Popen(
            [*self._command(), "-g", "daemon off;"],
            stdin=subprocess.DEVNULL,
            stdout=access,
            stderr=errors,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
        )
        wait_for("nginx", lambda: _answers(process, self.port, self.host))

    def kill(self) -> None:
        """SIGKILL for all its processes."""
        if self._process is not None:
            kill(self._process)
            self._process = None

    def use(self, nodes: Sequence[str]) -> None:
        """From now on send what comes to these nodes only; what is on its way stays where it is.

        Those left out are known to be down, as `deploy/restart-web` writes it.
        """
        self._write_nodes(nodes)
        workers = self._workers()
        subprocess.run([*self._command(), "-s", "reload"], check=True, capture_output=True)
        # From here on the old ones take nothing new.
        wait_for("nginx to use other nodes", lambda: not workers & self._workers(accepting=True))

    def _workers(self, *, accepting: bool = False) -> set[int]:
        """Its working processes; `accepting`: those that are not about to end."""
        assert self._process is not None
        found = set()
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(entry.read_text().rpartition(")")[2].split()[1])
                title = entry.with_name("cmdline").read_bytes()
            except OSError:  # it ended while we looked
                continue
            if parent == self._process.pid and not (accepting and b"shutting down" in title):
                found.add(int(entry.parent.name))
        return found

    def _command(self) -> list[str]:
        return [
            binary(),
            "-p",
            str(self._prefix),
            "-c",
            str(self._configuration / "nginx.conf"),
            "-e",
            "stderr",
        ]

    def _write_nodes(self, nodes: Sequence[str]) -> None:
        lines = (SHIPPED / "nodes.conf").read_text(encoding="utf-8").splitlines()
        # Each has the options of the first one that is shipped.
        options = next(line for line in lines if line.startswith("server ")).partition(" max")[2].rstrip(";")
        known = dict.fromkeys([*self.nodes, *nodes])
        self._write(
            "nodes.conf",
            "".join(f"server {node} max{options}{'' if node in nodes else ' down'};\n" for node in known),
        )

    def _write(self, name: str, text: str) -> None:
        (self._configuration / name).write_text(text, encoding="utf-8")
