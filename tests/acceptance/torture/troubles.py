"""SIGKILL: for the server, for one of its processes, for the database."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

from tests.acceptance.server import PATIENCE, ROOT, Server, kill
from tests.services import die_with_parent

from .mortal import MortalPostgres
from .world import AWAY, Outage, World

# How many serve together.
PROCESSES = 2
# How many answers in a row say that all server processes have found their database again.
ENOUGH = 20

# What `pagecast work` does once a minute, all the time.
SETTLES = """
import time
from django.db import DatabaseError, InterfaceError, close_old_connections
from pagecast.counting import ledger

while True:
    time.sleep(0.2)
    close_old_connections()
    try:
        ledger.settle_all()
    except (DatabaseError, InterfaceError):
        time.sleep(0.5)
"""


class Troubles:
    """Kills, each at a random moment, and what is to be seen after it.

    Processes are started and killed by one thread of its own: they end with the thread that started them.
    """

    def __init__(
        self, world: World, server: Server, postgres: MortalPostgres | None, hands: Executor
    ) -> None:
        self._world = world
        self._server = server
        self._postgres = postgres
        self.hands = hands
        self._settler: subprocess.Popen[bytes] | None = None

    async def rounds(self, number: int) -> None:
        """Each round kills the server three times and everything else once, in any order."""
        for _ in range(number):
            kills = [self.kill_server] * 3 + [self.kill_process, self.kill_settler]
            if self._postgres is not None:
                kills.append(self.kill_postgres)
            self._world.chance.shuffle(kills)
            for each in kills:
                await self._world.pause(self._world.chance.uniform(0.1, 1))
                # Up to here the numbers are exact; what the kill leaves open covers a short time only.
                await self._world.take_stock()
                if not await self._world.pause(self._world.chance.uniform(0.2, 1)):
                    return
                await each()

    async def kill_server(self) -> None:
        """All of it at once, and then start it again."""
        await self._by_hand(self._server.kill)
        self._world.figures["kills of the server"] += 1
        await self._world.gate.shut()
        await self._by_hand(partial(self._server.serve, work=False))
        await self._world.audit()
        self._world.gate.open()

    async def kill_process(self) -> None:
        """One of the two; the other goes on, and it gets a new companion."""
        before = self._serving()
        victim = self._world.chance.choice(before)
        os.kill(victim, signal.SIGKILL)
        self._world.figures["kills of one server process"] += 1
        deadline = time.monotonic() + PATIENCE
        while victim in (now := self._serving()) or len(now) < PROCESSES:
            assert time.monotonic() < deadline, f"of the server processes {before} only {now} are left"
            await asyncio.sleep(0.05)

    async def kill_postgres(self) -> None:
        """The database with all its processes; the server stays, and finds it again by itself."""
        assert self._postgres is not None
        world, outage = self._world, Outage(self._world.now())
        world.outages.append(outage)
        found = world.accounts.found
        await self._by_hand(self._postgres.kill)
        outage.killed = world.now()
        world.figures["kills of PostgreSQL"] += 1
        asked = world.figures[AWAY]
        await asyncio.sleep(world.chance.uniform(0.3, 1.5))
        if world.figures[AWAY] == asked:
            world.fail("nobody was told that the database is away")
        await self._by_hand(self._postgres.start)
        await self._found_again()
        outage.back = world.now()
        await world.take_stock()
        # The stock was taken just before, too: nothing else was left open since.
        world.figures["views counted behind a 503"] += world.accounts.found - found

    async def kill_settler(self) -> None:
        """Whoever settles in the background, at whatever it is doing; another one takes over."""
        assert self.settles(), "settling in the background has broken off by itself"
        await self._by_hand(self.end)
        await self._by_hand(self.begin)

    def begin(self) -> None:
        """Start settling in the background, by a process of its own."""
        environment = self._server.environment | {"DJANGO_SETTINGS_MODULE": "pagecast.conf.settings"}
        self._settler = subprocess.Popen(
            [sys.executable, "-c", f"import django; django.setup()\n{SETTLES}"],
            cwd=ROOT,
            env=environment,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - does one system call
        )

    def settles(self) -> bool:
        """Whether it still does."""
        return self._settler is not None and self._settler.poll() is None

    def end(self) -> None:
        """Kill it."""
        if self._settler is not None:
            kill(self._settler)
            self._settler = None

    async def _found_again(self) -> None:
        """Wait until the server says by itself, again and again, that its database is there."""
        deadline, row = time.monotonic() + PATIENCE, 0
        while row < ENOUGH:
            assert time.monotonic() < deadline, "the database is back, and the server does not find it"
            # Each time anew, so that one server process is asked as well as the other.
            connection = self._world.connection()
            answer = await connection.ask("GET", "/readyz")
            connection.close()
            row = row + 1 if answer.status == 200 else 0
            if not row:
                await asyncio.sleep(0.05)

    async def _by_hand(self, work: Callable[[], Any]) -> None:
        await asyncio.get_running_loop().run_in_executor(self.hands, work)

    def _serving(self) -> list[int]:
        """The processes that answer, without the one that started them and the one that files uploads."""
        found = []
        for process in self._server.processes()[1:]:
            with contextlib.suppress(OSError):
                words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
                if b"work" not in words and words != [b""]:
                    found.append(process)
        return found
