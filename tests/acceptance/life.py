"""Readers and an editor who go on while something else happens to their server."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from typing import Self

from tests.acceptance.server import Server, wait_for
from tests.acceptance.torture.connection import Answer, Connection

READERS = 16


class Life:
    """Readers and an editor, each asking again and again in a thread of their own until it is over."""

    def __init__(self, server: Server, pages: list[str]) -> None:
        self.answers: list[Answer] = []
        self._server, self._pages = server, pages
        self._over = threading.Event()
        token = server.editor().headers["Authorization"].removeprefix("Bearer ")
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live(token)))

    def __enter__(self) -> Self:
        self._thread.start()
        self.goes_on()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def goes_on(self) -> None:
        """Wait until there are new answers, to questions that are asked from now on."""
        begun = time.monotonic()

        def new() -> set[str]:
            return {each.asked.split()[0] for each in self.answers[-500:] if each.begun > begun}

        wait_for("readers and the editor", lambda: new() == {"GET", "PATCH"})

    async def _live(self, token: str) -> None:
        await asyncio.gather(self._edit(token), *(self._read(number) for number in range(READERS)))

    async def _read(self, number: int) -> None:
        connection = Connection(self._server.port)
        while not self._over.is_set():
            self.answers.append(await connection.ask("GET", self._pages[number % len(self._pages)]))
        connection.close()

    async def _edit(self, token: str) -> None:
        connection, number = Connection(self._server.port, token), 0
        while not self._over.is_set():
            number += 1
            page = self._pages[number % len(self._pages)]
            self.answers.append(await connection.ask("PATCH", page, {"title": f"Page, edited {number}"}))
            await asyncio.sleep(0.02)
        connection.close()

    def check_counters(self) -> None:
        """Each view is counted that was answered, once, in each content of its page."""
        views = Counter(each.asked.removeprefix("GET ") for each in self.answers if each.status == 200)
        for page in self._pages:
            contents = self._server.get(f"{page}counters/").json()["contents"]
            assert {content["counter"] for content in contents} == {views[page]}, page
