"""Questions that may hang, asked so that whoever waits for the answer does not."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class Bounded(Generic[Answer]):
    """Asks in a thread of its own, and one at a time however many want to know.

    An answer is good for `fresh` seconds. None: there was none within `seconds`. The question goes on then,
    and those who come later wait for the same one, until it fails or is answered. It must not raise.
    """

    def __init__(self, ask: Callable[[], Answer], *, seconds: float, fresh: float) -> None:
        self._ask, self._seconds, self._fresh = ask, seconds, fresh
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="bounded")
        self._asked: asyncio.Future[Answer] | None = None
        self._since = 0.0

    async def answer(self) -> Answer | None:
        """What is true now, or was a moment ago."""
        now = time.monotonic()
        if self._asked is None or (self._asked.done() and now - self._since > self._fresh):
            self._since = now
            self._asked = asyncio.get_running_loop().run_in_executor(self._thread, self._ask)
        try:
            return await asyncio.wait_for(asyncio.shield(self._asked), self._seconds)
        except TimeoutError:
            return None

    def close(self) -> None:
        """Wait for nothing any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
