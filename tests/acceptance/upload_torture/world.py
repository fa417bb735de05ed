"""What all who take part share: the parcels that wait, the register, the figures, and what went wrong."""

from __future__ import annotations

import queue
import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Collection, Iterable

from .parcels import Parcel, Parcels
from .register import Register

# Of what goes wrong, the first few tell the story.
MOST_FAILURES = 5


class World:
    """One torture."""

    def __init__(self, url: str, token: str, seed: int, away: Collection[int] = ()) -> None:
        """`away` are the statuses by which a server in front says that there is nobody behind it."""
        self.url, self.token, self.seed, self.away = url, token, seed, away
        self.chance = random.Random(seed)
        self.parcels = Parcels(self.chance)
        self.register = Register()
        self.figures: Counter[str] = Counter()
        self.failures: list[str] = []
        self._waiting: queue.SimpleQueue[Parcel | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def release(self, parcels: Iterable[Parcel]) -> None:
        """Let the senders have these."""
        for parcel in parcels:
            self.count("uploads")
            self._waiting.put(parcel)

    def next(self) -> Parcel | None:
        """The next one to send; None when there are no more."""
        return None if self.failures else self._waiting.get()

    def count(self, what: str, times: int = 1) -> None:
        """Another one of these happened."""
        with self._lock:
            self.figures[what] += times

    def fail(self, message: str) -> None:
        """Something is wrong: remember it, and let nobody begin anything."""
        with self._lock:
            if len(self.failures) < MOST_FAILURES:
                self.failures.append(message)
        self._waiting.put(None)

    def begin(self, work: Callable[[], object]) -> None:
        """Do this in a thread of its own."""

        def guarded() -> None:
            try:
                work()
            except Exception:  # noqa: BLE001 - whatever it is, the test fails with it
                self.fail(traceback.format_exc())

        self._threads.append(threading.Thread(target=guarded, daemon=True))
        self._threads[-1].start()

    def pause(self, least: float, most: float) -> None:
        """Wait for a random time."""
        time.sleep(self.chance.uniform(least, most))

    def end(self, seconds: float) -> None:
        """No more parcels: wait until all threads are through."""
        deadline = time.monotonic() + seconds
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
            if thread.is_alive():
                self.fail(f"somebody is still not through after {seconds:g} s")
                return
