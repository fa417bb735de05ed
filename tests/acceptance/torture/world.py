"""The pages and contents of one torture, who may speak now, and what went wrong."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from types import TracebackType
from typing import Any

from tests.acceptance.server import PATIENCE

from .accounts import Accounts
from .compositions import Content, Page, names
from .connection import CUT, Answer, Connection

# Of what goes wrong, the first few tell the story.
MOST_FAILURES = 5
# Seconds for which a server that found its database again may still come upon a connection to the old one.
GRACE = 2.0
# Seconds after which a transaction whose server was killed has come to its end in the database, too.
LINGER = 0.5
# Figures: what those are told who are asked to come back.
AWAY, BUSY = "answers that the database is away", "answers that it is busy"


# The pages that an answer may have shown.
PagesOf = Callable[[Answer], Sequence[Page]]


class Gate:
    """Requests go through it; shut, it holds the next ones back and waits for those on their way."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._inside = 0

    async def __aenter__(self) -> None:
        await self._open.wait()
        self._inside += 1
        self._empty.clear()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside -= 1
        if not self._inside:
            self._empty.set()

    def open(self) -> None:
        """Let requests through."""
        self._open.set()

    async def shut(self) -> None:
        """Let no more through, and wait until the last one is answered or cut off."""
        self._open.clear()
        try:
            await asyncio.wait_for(self._empty.wait(), PATIENCE)
        except TimeoutError:
            message = f"{self._inside} requests have waited {PATIENCE:g} s for an answer"
            raise AssertionError(message) from None


@dataclass
class Outage:
    """A time without a database: killed between the first two moments, back for sure at the last."""

    killing: float
    killed: float = math.inf
    back: float = math.inf

    def excuses(self, answer: Answer) -> bool:
        """Whether the answer may say that the database does not answer."""
        return answer.ended >= self.killing and answer.begun <= self.back + GRACE

    def met(self, answer: Answer) -> bool:
        """Whether the request was on its way at the moment of the kill.

        Its transaction may have been committed, and the word of it lost; nobody can tell. A request that
        began later has found no database to count in.
        """
        return answer.ended >= self.killing and answer.begun <= self.killed


class World:
    """What all who take part share."""

    def __init__(self, port: int, token: str, seed: int) -> None:
        self.port = port
        self.token = token
        self.seed = seed
        self.chance = random.Random(seed)
        self.gate = Gate()
        self.accounts = Accounts()
        self.contents: list[Content] = []
        self.pages: list[Page] = []
        self.by_slug: dict[str, Page] = {}
        self.outages: list[Outage] = []
        self.figures: Counter[str] = Counter()
        self.failures: list[str] = []
        self.over = asyncio.Event()
        # The first ones are for the furniture.
        self.numbers = count(1000)
        self._connections: list[Connection] = []
        self._left_open: list[tuple[Answer, PagesOf]] = []

    def fail(self, message: str) -> None:
        """Something is wrong: remember the first few, and let everybody stop."""
        if len(self.failures) < MOST_FAILURES:
            self.failures.append(message)
        self.over.set()

    def excuse(self, answer: Answer) -> str:
        """Why an answer may ask its reader to come back later; nothing, if it may not."""
        polite = answer.status == 503 and "retry-after" in answer.headers
        if "/api/" in answer.asked:
            polite &= answer.headers.get("content-type", "").startswith("application/problem+json")
        if polite and any(outage.excuses(answer) for outage in self.outages):
            return AWAY
        # Nothing is known to be wrong with the database, so the server has to know what it did.
        return BUSY if polite and not self.is_open(answer) else ""

    def is_open(self, answer: Answer) -> bool:
        """Whether what was asked for may have happened, although nobody said that it did."""
        if answer.status != 503:
            return answer.status == CUT
        if answer.is_view:
            # The API says which: "about:blank" is the one with which nothing was counted.
            return bool(answer.json()["type"] != "about:blank")
        return any(outage.met(answer) for outage in self.outages)

    def latest(self, answer: Answer) -> float:
        """Until when what was asked for may have happened, if nobody said that it did."""
        return answer.ended

    def leave_open(self, answer: Answer, pages: PagesOf) -> None:
        """What was asked for may have been counted, or may yet be: what of is known when nobody speaks."""
        self._left_open.append((answer, pages))
        self.figures["requests without an answer"] += 1

    def connection(self, *, editor: bool = False) -> Connection:
        """A connection of a reader, or of an editor."""
        self._connections.append(Connection(self.port, self.token if editor else ""))
        return self._connections[-1]

    async def hang_up(self) -> None:
        """Close all connections."""
        for connection in self._connections:
            connection.close()
        # The loop has to hear of it before it ends.
        await asyncio.sleep(0)

    async def audit(self) -> None:
        """Read all counters as an editor, which counts nothing, and compare. The gate is to be shut."""
        if self.failures:
            # Whoever was stopped by one has left requests behind that nobody wrote down.
            return
        self._open_accounts()
        assistant = self.connection(editor=True)
        found: dict[str, int] = {}
        try:
            number, path = 0, "/api/content/?page_size=100"
            while path:
                answer = await assistant.ask("GET", f"{path}&page={(number := number + 1)}")
                if answer.status != 200:
                    self.fail(f"the counters cannot be read: {answer}")
                    return
                data: dict[str, Any] = answer.json()
                found.update(
                    (content["title"].partition(" edition ")[0], content["counter"])
                    for content in data["results"]
                )
                path = path if data["next"] else ""
        finally:
            assistant.close()
        for wrong in self.accounts.settle(found):
            self.fail(wrong)
        for content in self.contents:
            if content.there and not content.busy and content.name not in found:
                self.fail(f"{content.name} is gone, and nobody deleted it")
        self.forget()
        self.figures["audits"] += 1

    def _open_accounts(self) -> None:
        """Whatever a page may have shown meanwhile may have been counted, once for each page."""
        for answer, pages in self._left_open:
            late = replace(answer, ended=self.latest(answer))
            views: Counter[str] = Counter()
            for page in pages(late):
                versions = page.history.within(late.begun, late.ended)
                views.update({name for version in versions for name in names(version.shown)})
            self.accounts.leave_open(views)
        self._left_open.clear()

    async def take_stock(self) -> None:
        """Between two answers: compare all counters, and go on."""
        await self.gate.shut()
        await self.audit()
        self.gate.open()

    def forget(self) -> None:
        """What is deleted is no longer of interest, but that no answer may show it."""
        self.contents = [content for content in self.contents if content.there or content.busy]
        self.pages = [page for page in self.pages if page.there or page.busy]

    async def pause(self, seconds: float) -> bool:
        """Wait; answers whether to go on after it."""
        if seconds:
            try:
                await asyncio.wait_for(self.over.wait(), seconds)
            except TimeoutError:
                """Time to go on."""
        return not self.over.is_set()

    async def linger(self) -> None:
        """Wait until what got no answer has happened, or will not happen any more."""
        await asyncio.sleep(LINGER)

    def now(self) -> float:
        """The one clock."""
        return time.monotonic()
