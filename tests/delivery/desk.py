"""The fast path at hand, without a server: what a reader asks for, and what comes back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Self, TypeVar, cast
from unittest import mock

from django.db import connections
from django.test import Client

from pagecast.counting.lane import Lane
from pagecast.delivery import delivery
from pagecast.delivery.pages import PageDocuments

URL = "/api/page/content/"
ROOM = 64 * 2**20

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Lonely(Lane[Item]):
    """A lane without a thread: whatever is put there is worked on at once, in the transaction of the test."""

    def start(self) -> None:
        """There is nobody to start."""

    def put(self, item: Item) -> None:
        again: Sequence[Item] = [item]
        while again:
            again = self._work(list(again))


class Desk:
    """A fast path in front of Django, with Django's answers counted."""

    def __init__(self, room: int = ROOM) -> None:
        self.to_django = 0
        self.scheme = "http"
        self.pages = PageDocuments(self._django, url=URL, room=room)

    async def _django(self, scope: Any, receive: Any, send: Any) -> None:
        self.to_django += 1
        response = await self.beside(partial(_answer_of_django, scope))
        headers = [(name.encode(), value.encode()) for name, value in response.items()]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.content})

    async def beside(self, work: Callable[[], Result]) -> Result:
        """Do what must not be done in an event loop."""
        raise NotImplementedError

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something in the event loop."""
        raise NotImplementedError

    def ask(self, path: str, method: str = "GET", /, **headers: str) -> Answer:
        """Ask for something below the pages' address, such as `5/`."""
        return self.run(ask(self.pages, method, URL + path, headers, self.scheme))

    def get(self, path: str, /, **headers: str) -> Answer:
        """The same, for an answer that the fast path must give by itself."""
        before = self.to_django
        answer = self.ask(path, **headers)
        assert self.to_django == before, f"{path} went to Django"
        return answer


class _Now:
    """In the place of an event loop: everything is done at once."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.close()

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self._loop)

    def call_soon(self, work: Callable[..., object], *arguments: object) -> None:
        work(*arguments)

    call_soon_threadsafe = call_soon


class LonelyDesk(Desk):
    """All in one thread and one transaction, without an event loop, for tests that are rolled back."""

    @classmethod
    @contextmanager
    def open(cls, room: int = ROOM) -> Iterator[Self]:
        with mock.patch.object(delivery, "Lane", Lonely):
            desk = cls(room)
        cast("Any", desk.pages)._delivery._loop = _Now()
        yield desk

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        try:
            work.send(None)
        except StopIteration as end:
            result: Result = end.value
            return result
        message = "nobody is there who could be waited for"
        raise AssertionError(message)

    async def beside(self, work: Callable[[], Result]) -> Result:
        return work()


class BusyDesk(Desk):
    """With its two lanes and an event loop, each in a thread of its own, as in a server process."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.run(self._start())
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            self.run(self.pages.stop())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    async def _start(self) -> None:
        self.pages.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def beside(self, work: Callable[[], Result]) -> Result:
        def work_and_close() -> Result:
            try:
                return work()
            finally:
                connections.close_all()

        return await asyncio.to_thread(work_and_close)


def _answer_of_django(scope: Any) -> Any:
    said = {
        f"HTTP_{name.decode().upper().replace('-', '_')}": value.decode() for name, value in scope["headers"]
    }
    query = scope["query_string"].decode()
    is_secure = scope["scheme"] == "https"
    return Client().generic(scope["method"], scope["path"], secure=is_secure, QUERY_STRING=query, **said)


async def ask(
    application: Any, method: str, path: str, headers: dict[str, str], scheme: str = "http"
) -> Answer:
    """One request, as a server hands it in."""
    target, _, query = path.partition("?")
    named = {"host": "testserver"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": scheme,
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items()],
        "client": ("127.0.0.1", 4000),
        "server": ("testserver", 80),
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    await application(scope, receive, send)
    fields = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], fields, b"".join(message.get("body", b"") for message in sent[1:]))
