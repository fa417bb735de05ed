"""The two lanes of a server process, and the way between them and its event loop."""

import asyncio
import threading
import time
from collections.abc import Sequence

import structlog
from django.db import Error, OperationalError

from pagecast.counting.errors import OutcomeUnknown, is_waiting_too_long
from pagecast.counting.expected import Counted, count_expected
from pagecast.counting.lane import Full, Lane

from .accesses import Access, Outcome
from .careful import Careful, HandOn, hang_up
from .figures import Figures
from .memory import Memory

log = structlog.get_logger(__name__)

# How many requests may wait, in each lane. Past that, readers are asked to come back later.
BOUND = 4096
# Seconds in which nobody is waited for, after somebody has been waited for in vain.
HURRY = 1.0
# Seconds after which a batch is given up, and between two looks whether one is that late.
LATEST, WATCH = 10.0, 1.0
# How many are counted at once.
BATCH, CAREFUL_BATCH = 512, 64


class Delivery:
    """Counts accesses and hands each its counters, once they are on disk.

    What is ready in memory goes through the fast lane, where nothing waits for an editor or for rendering;
    the rest, and what turns out to have changed, goes through the careful one.
    """

    def __init__(self, memory: Memory, url: str) -> None:
        self._loop: asyncio.AbstractEventLoop
        self._answered = threading.Event()
        self.figures = Figures()
        self._careful_work = Careful(memory, url, self._hand_back, self.figures.careful)
        self._in_a_hurry_until = 0.0
        self._fast: Lane[Access] = Lane("fast lane", self._count_ready, bound=BOUND, batch=BATCH)
        self._careful: Lane[Access] = Lane(
            "careful lane", self._careful_work.work, bound=BOUND, batch=CAREFUL_BATCH
        )

    def start(self) -> None:
        """Begin to work, for the event loop that runs."""
        self._loop = asyncio.get_running_loop()
        self._fast.start()
        self._careful.start()
        self._loop.call_later(WATCH, self._watch)

    async def stop(self) -> None:
        """Answer whoever waits, and end."""
        # One after the other: what the fast lane leaves out goes on to the careful one, through this loop.
        for lane in (self._fast, self._careful):
            lane.close()
            await asyncio.to_thread(lane.join)

    def waiting(self) -> dict[str, int]:
        """How many wait in each lane."""
        return {"fast": len(self._fast), "careful": len(self._careful)}

    async def count(self, access: Access, *, ready: bool) -> Outcome:
        """Count the access, and give back what it shows once that is on disk.

        Or the reason why it is not counted: `Full` when too many wait, `HandOn` when Django is to answer, or
        what the database raised.
        """
        access.answer = self._loop.create_future()
        try:
            if ready:
                self._fast.put(access)
            else:
                self.figures.misses += 1
                self._careful.put(access)
        except Full as full:
            self.figures.refused["fast" if ready else "careful"] += 1
            return full
        return await access.answer

    def _count_ready(self, batch: list[Access]) -> Sequence[Access]:
        begun = time.monotonic()
        outcome: Outcome
        try:
            outcome = self._count(batch)
        except Error as error:
            hang_up()
            outcome = error
        except Exception:
            # Nobody foresaw it, and the lane must go on. Nothing was counted: Django tries it in its own way.
            log.exception("fast_lane_stumbled")
            outcome = HandOn()
        self.figures.fast.batch(len(batch), time.monotonic() - begun)
        if isinstance(outcome, Counted):
            left = outcome.left_out
            self.figures.fast.counted_ready([each for each in batch if each not in left] if left else batch)
        # The next batch is those who come until these are answered: that makes fewer and larger ones.
        self._answered.clear()
        self._loop.call_soon_threadsafe(self._answer_and_tell, batch, outcome)
        self._answered.wait()
        return ()

    def _count(self, batch: list[Access]) -> Counted:
        """Wait for whoever else counts the same pages, but not for an editor who holds one."""
        patient = not self._careful_work.stuck and time.monotonic() > self._in_a_hurry_until
        for waits in (True, False) if patient else (False,):
            try:
                return count_expected(batch, patient=waits)
            except OperationalError as error:
                if not is_waiting_too_long(error):
                    raise
                self._in_a_hurry_until = time.monotonic() + HURRY
        # Somebody holds not only rows, but the table.
        return Counted({}, left_out=frozenset(batch))

    def _answer_and_tell(self, accesses: Sequence[Access], outcome: Outcome) -> None:
        try:
            self._answer(accesses, outcome)
        finally:
            # Behind those who have just been given their answers.
            self._loop.call_soon(self._answered.set)

    def _watch(self) -> None:
        """A database that hangs for good, and never says so, must not keep its readers for good."""
        for lane in (self._fast, self._careful):
            in_hand, waiting = lane.give_up_after(LATEST)
            self._answer(in_hand, OutcomeUnknown("the database has not answered for too long"))
            self._answer(waiting, OperationalError("the database has not answered for too long"))
        self._loop.call_later(WATCH, self._watch)

    def _hand_back(self, accesses: Sequence[Access], outcome: Outcome) -> None:
        self._loop.call_soon_threadsafe(self._answer, accesses, outcome)

    def _answer(self, accesses: Sequence[Access], outcome: Outcome) -> None:
        left_out = outcome.left_out if isinstance(outcome, Counted) else ()
        for access in accesses:
            answer = access.answer
            # Those who hung up wait for nothing any more.
            if not answer.done():
                if left_out and access in left_out:
                    self._try_carefully(access)
                else:
                    answer.set_result(outcome)

    def _try_carefully(self, access: Access) -> None:
        try:
            self._careful.put(access)
        except Full as full:
            self.figures.refused["careful"] += 1
            access.answer.set_result(full)
