"""Who reads, edits and uploads through nginx while parts are lost, and what they were told."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.acceptance.server import PATIENCE, wait_for
from tests.acceptance.torture.connection import CUT, NOT_SENT, Answer, Connection
from tests.acceptance.torture.world import AWAY as DATABASE_AWAY
from tests.acceptance.torture.world import Outage, World
from tests.acceptance.upload_torture.inspection import Inspection
from tests.acceptance.upload_torture.senders import Sender
from tests.acceptance.upload_torture.world import World as Uploads

from .topology import Cluster

GATEWAY = 502
STANDING_STILL = "standing still"
SENDERS = 3
# Seconds: what nginx gives a node to answer a reader, and some for a machine that does much else.
SLOWEST = 15.0 + 5.0
# Seconds after which what was on its way at a node that is lost, or is back, has come to its end.
LINGER = 3.0
# What nginx says for a node, and what a node says for the database or the store.
AWAY = (502, 503)


@dataclass
class Loss:
    """A part that was lost, and what readers and editors were told because of it."""

    part: str
    began: float
    ended: float = float("inf")
    told: Counter[str] = field(default_factory=Counter)
    last: float = 0.0

    def __str__(self) -> str:
        if not self.told:
            return f"{self.part}: nobody noticed"
        told = ", ".join(f"{number} × {what}" for what, number in sorted(self.told.items()))
        return f"{self.part}: {told}, the last one {self.last - self.began:.1f} s after it"


class Readership(World):
    """Readers and editors behind nginx: an error is right only while the part that makes it is lost."""

    def __init__(self, cluster: Cluster, token: str, seed: int, *, like_browsers: bool = False) -> None:
        super().__init__(cluster.front.port, token, seed)
        self.losses: list[Loss] = []
        self._like_browsers = like_browsers
        self.connections: list[Connection] = []

    def connection(self, *, editor: bool = False) -> Connection:
        """A connection through nginx."""
        token = self.token if editor else ""
        self.connections.append(Connection(self.port, token, like_a_browser=self._like_browsers))
        self._connections.append(self.connections[-1])
        return self.connections[-1]

    @asynccontextmanager
    async def loses(self, part: str, lose: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
        """Lose the part; it is back at the end."""
        loss, outage = Loss(part, self.now()), Outage(self.now())
        self.losses.append(loss)
        if part == "postgres":
            self.outages.append(outage)
        await lose
        outage.killed = self.now()
        yield
        loss.ended = outage.back = self.now()

    async def linger(self) -> None:
        """Wait until what got no answer has happened: a node that stands still may do it when it goes on."""
        while self.losses and self.losses[-1].ended > self.now() - LINGER:
            if not await self.pause(0.1):
                break
        await super().linger()

    def is_open(self, answer: Answer) -> bool:
        """Whether what was asked for may have happened, although nobody said that it did."""
        return answer.status == GATEWAY or super().is_open(answer)

    def latest(self, answer: Answer) -> float:
        """A node that stands still may do it when it goes on, and others edit meanwhile."""
        stood_still = any(
            STANDING_STILL in loss.part and loss.began <= answer.ended and answer.begun <= loss.ended
            for loss in self.losses
        )
        return math.inf if stood_still else super().latest(answer)

    def excuse(self, answer: Answer) -> str:
        """Why it may be so: the last part that was lost before the answer came, if it was not long ago."""
        if answer.status not in {CUT, NOT_SENT, GATEWAY}:
            excuse = super().excuse(answer)
            # That two want the same page at once happens without any loss, too.
            if self.losses and (excuse == DATABASE_AWAY or STANDING_STILL in self.losses[-1].part):
                self._note(self.losses[-1], answer)
            return excuse
        loss = next((each for each in reversed(self.losses) if each.began <= answer.ended), None)
        if loss is None or answer.begun > loss.ended + SLOWEST or not loss.part.startswith(("web", "nginx")):
            self.fail(f"nothing is lost that could be the reason: {answer}")
            return ""
        self._note(loss, answer)
        return f"answers that met the loss of {loss.part}"

    @staticmethod
    def _note(loss: Loss, answer: Answer) -> None:
        loss.told[{CUT: "cut off", NOT_SENT: "not connected"}.get(answer.status, str(answer.status))] += 1
        loss.last = answer.ended


class Uploaders:
    """Editors who upload through nginx all the time, and want each file that was acknowledged to be filed."""

    def __init__(self, cluster: Cluster, token: str, seed: int) -> None:
        self.world = Uploads(cluster.url, token, seed, AWAY)
        self._url = cluster.url
        headers = {"Authorization": f"Bearer {token}"}
        self._editor = httpx.Client(base_url=cluster.url, headers=headers, timeout=PATIENCE)

    def begin(self) -> None:
        """Let them wait for something to send."""
        for number in range(SENDERS):
            self.world.begin(Sender(self.world, number).run)

    def send(self, number: int) -> None:
        """So many files more."""
        self.world.release(self.world.parcels.some(number))

    def end(self) -> Sequence[str]:
        """Wait until all that was acknowledged is decided; answers with what is wrong with it."""
        with self._editor:
            self.world.end(2 * PATIENCE)
            inspection = Inspection(self.world, self)  # type: ignore[arg-type]  # it asks the two things below
            if not self.world.failures:
                wait_for("every upload to be decided", inspection.is_decided)
                inspection.contents()
            return self.world.failures

    def editor(self) -> httpx.Client:
        """An editor at nginx."""
        return self._editor

    def get(self, path: str) -> httpx.Response:
        """What anybody gets."""
        return httpx.get(f"{self._url}{path}", timeout=PATIENCE)


def some_seed() -> int:
    """A number by which a run can be had again."""
    return random.randrange(1, 10**6)
