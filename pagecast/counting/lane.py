"""A lane: what waits in it is taken all at once, again and again, by one thread."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

Item = TypeVar("Item")

# Seconds without work after which a connection may have been closed unnoticed.
IDLE = 1.0
# Seconds until what was sent back is tried again, when nothing else comes.
PAUSE = 0.02
# Seconds to wait for whoever holds a whole database, as on SQLite: then those in the lane are told so. And
# for whoever holds single rows: then the others go on without those.
PATIENCE, PATIENCE_FOR_ROWS = 3.0, 0.02


class Full(Exception):  # noqa: N818 - it is an answer, not a fault
    """The lane is as long as it may get, or closed: come back later."""


class Lane(Generic[Item]):
    """Hands whatever waits to `work`, in batches that form by themselves while the last one is worked on.

    No timer: a lone item goes at once. At most `bound` items wait, beside the batch in hand. `work` answers
    for its items in every case, but for those that it sends back to be tried again; it must not raise, or
    the thread would end and leave everybody waiting.
    """

    def __init__(
        self, name: str, work: Callable[[list[Item]], Sequence[Item]], *, bound: int, batch: int
    ) -> None:
        self._work, self._bound, self._batch = work, bound, batch
        self._waiting: deque[Item] = deque()
        self._sent_back: Sequence[Item] = ()
        self._something = threading.Event()
        self._in_hand: tuple[float, Sequence[Item]] = 0.0, ()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __len__(self) -> int:
        """How many wait, beside the batch in hand."""
        return len(self._waiting) + len(self._sent_back)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def close(self) -> None:
        """Take nothing more, and end when what waits is worked through. In the thread that puts."""
        self._closed = True
        self._something.set()

    def join(self) -> None:
        """Wait for the end, after `close`."""
        self._thread.join()

    def give_up_after(self, seconds: float) -> tuple[Sequence[Item], Sequence[Item]]:
        """What has been worked on for longer than that, and what waits behind it; else nothing.

        The latter is no longer in the lane. The former may still come to its end.
        """
        since, in_hand = self._in_hand
        if not in_hand or time.monotonic() - since < seconds:
            return (), ()
        return in_hand, [self._waiting.popleft() for _ in range(len(self._waiting))]

    def put(self, item: Item) -> None:
        """Have the item worked on. Raises `Full`, and then it is not. Always in the same thread."""
        if self._closed or len(self) >= self._bound:
            raise Full
        self._waiting.append(item)
        self._something.set()

    def _hurry(self, connection: BaseDatabaseWrapper, **_kwargs: object) -> None:
        if threading.current_thread() is self._thread:
            if connection.vendor == "sqlite":
                with connection.cursor() as cursor:
                    cursor.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
            else:
                ours: Any = connection
                ours.tell(lock_timeout=f"{PATIENCE_FOR_ROWS * 1000:.0f}ms")

    def _run(self) -> None:
        connection_created.connect(self._hurry)
        try:
            while self._waiting or self._sent_back or not self._closed:
                begun = time.monotonic()
                self._something.wait(PAUSE if self._sent_back else None)
                self._something.clear()
                if time.monotonic() - begun > IDLE:
                    _look_after_connections()
                if self._waiting or self._sent_back:
                    self._work_through()
        finally:
            connections.close_all()

    def _work_through(self) -> None:
        while True:
            new = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._batch))]
            batch = [*self._sent_back, *new]
            self._in_hand = time.monotonic(), batch
            self._sent_back = self._work(batch)
            self._in_hand = time.monotonic(), ()
            if not self._waiting:
                return


def _look_after_connections() -> None:
    for connection in connections.all(initialized_only=True):
        if connection.connection is not None and not connection.is_usable():
            connection.close()
