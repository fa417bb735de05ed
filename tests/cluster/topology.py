"""All parts of a cluster, with the commands and settings that `deploy/compose.cluster.yaml` gives them."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import yaml

from tests import objects, services
from tests.acceptance.server import PATIENCE, ROOT
from tests.acceptance.torture.mortal import mortal_postgres
from tests.deploy.front import Front

from .parts import Part, listens

COMPOSE = ROOT / "deploy" / "compose.cluster.yaml"
WEB, WORKERS, BEAT = ("web-1", "web-2"), ("work-1", "work-2"), "beat"
#: Every part, in the order in which they are started.
PARTS = ("postgres", "redis", "s3", *WEB, *WORKERS, BEAT, "nginx")


class Cluster:
    """A cluster in a folder, from the first empty database on. What it keeps goes with the folder.

    `url` is where readers come; `parts` are the processes by the names that the compose file gives them, but
    for nginx, which is `front`, and PostgreSQL, which is `postgres`.
    """

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.folder = folder
        self._services: Mapping[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
        # An address for each node on this machine, of a network that nobody else here has chosen.
        self._network = f"127.{secrets.randbelow(250) + 2}.{secrets.randbelow(256)}"
        self._public = host, port or services._free_port()
        self.url = f"http://{host}:{self._public[1]}"
        self.parts: dict[str, Part] = {}
        # What is started again is started here: a process ends with the thread that started it.
        self.hands = ThreadPoolExecutor(1)
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as exits:
            self._exit = exits
            self.postgres = exits.enter_context(mortal_postgres(fsync="on", synchronous_commit="on"))
            self._add_redis()
            self._add_store()
            self._make_bucket()
            for number, name in enumerate((*WEB, *WORKERS, BEAT), start=11):
                self._add_ours(name, f"{self._network}.{number}")
            nodes = [f"{self._network}.{number}:8000" for number, _name in enumerate(WEB, start=11)]
            self.node_of = dict(zip(WEB, nodes, strict=True))
            self.front = exits.enter_context(Front(self.folder, *self._public, nodes))
            self._exit = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    @property
    def settings(self) -> dict[str, str]:
        """What our processes run with, as the compose file has it; nothing of the tests' own leaks in."""
        foreign = re.compile(r"PAGECAST_.*|DATABASE_URL.*|REDIS_URL.*|DJANGO_.*|AWS_.*")
        kept = {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}
        kept["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        told = dict(self._services["web-1"]["environment"])
        told["PAGECAST_ORIGIN"] = self.url
        told["AWS_ENDPOINT_URL"] = self._store
        told |= {
            name: str(self._secret(Path(told[name]).name)) for name in told if "/run/secrets/" in told[name]
        }
        return kept | told | {"PYTHONUNBUFFERED": "1"}

    def run(self, *words: str) -> str:
        """What a `pagecast` command prints that is run on a machine of its own."""
        return self._output([sys.executable, "-m", "pagecast", *words])

    def restart_unnoticed(self, name: str) -> None:
        """A web node, as `deploy/restart-web` does it: first nothing more is sent to it."""
        self.front.use([node for other, node in self.node_of.items() if other != name])
        self.parts[name].stop()
        self.parts[name].start()
        self.front.use(list(self.node_of.values()))

    def _output(self, command: Sequence[str]) -> str:
        environment = self.settings | {"PAGECAST_DATA": str(self.folder / "desk")}
        done = subprocess.run(
            command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _secret(self, name: str) -> Path:
        """The file with a secret, as the compose file mounts it; addresses are those of today."""
        folder = self.folder / "secrets"
        folder.mkdir(exist_ok=True, mode=0o700)
        values = {
            "secret_key": f"{self.folder} is nobody's secret, and long enough for what it signs here",
            "database_url": self.postgres.url,
            "redis_url": self._redis,
            "s3_credentials": f"[default]\naws_access_key_id = {objects.ACCESS_KEY}\n"
            f"aws_secret_access_key = {objects.SECRET_KEY}\n",
        }
        path = folder / name
        path.write_text(values[name], encoding="utf-8")
        return path

    def _add_redis(self) -> None:
        port, folder = services._free_port(), self.folder / "redis"
        folder.mkdir()
        self._redis = f"redis://127.0.0.1:{port}/0"
        command = services.redis_command(folder, port)
        self._add(Part("redis", command, {"LC_ALL": "C.UTF-8"}, folder / "log", listens("127.0.0.1", port)))

    def _add_store(self) -> None:
        port, folder = services._free_port(), self.folder / "s3"
        folder.mkdir()
        self._store = f"http://127.0.0.1:{port}"
        command = objects.command(folder, port)
        self._add(Part("s3", command, objects.ENVIRONMENT, folder / "log", listens("127.0.0.1", port)))

    def _make_bucket(self) -> None:
        bucket = self._services["bucket"]
        _python, *option = bucket["entrypoint"]
        self._output([sys.executable, *option, *bucket["command"]])

    def _add_ours(self, name: str, address: str) -> None:
        words = [word.replace("0.0.0.0", address) for word in self._services[name]["command"]]  # noqa: S104 - in a container
        folder = self.folder / name
        folder.mkdir()
        serves = words[0] == "serve"
        part = Part(
            name,
            [sys.executable, "-m", "pagecast", *words],
            # Each node has a disk of its own, and nothing on it that another one would miss.
            self.settings | {"PAGECAST_DATA": str(folder / "data")},
            folder / "log",
            _answers(f"http://{address}:8000/healthz") if serves else lambda: True,
        )
        self._add(part)

    def _add(self, part: Part) -> None:
        self.parts[part.name] = part
        self._exit.callback(part.kill)
        part.start()


def _answers(url: str) -> Callable[[], bool]:
    def look() -> bool:
        try:
            return httpx.get(url, timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    return look
