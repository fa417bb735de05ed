"""A lane takes what waits all at once, in order, and no more than it may."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from pagecast.counting.lane import Full, Lane

PATIENCE = 60


class Gate:
    """Work that waits until it is let through, and remembers its batches."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = threading.Event()
        self.entered = threading.Semaphore(0)

    def work(self, batch: list[int]) -> Sequence[int]:
        self.batches.append(batch)
        self.entered.release()
        assert self.open.wait(PATIENCE)
        return ()


def test_what_comes_while_a_batch_is_worked_on_is_the_next_batch() -> None:
    gate = Gate()
    lane: Lane[int] = Lane("lane", gate.work, bound=100, batch=3)
    lane.start()
    lane.put(0)
    assert gate.entered.acquire(timeout=PATIENCE)
    for number in range(1, 6):
        lane.put(number)
    gate.open.set()
    lane.close()
    lane.join()
    assert gate.batches == [[0], [1, 2, 3], [4, 5]]


def test_past_its_bound_it_takes_nothing_and_keeps_what_it_has() -> None:
    gate = Gate()
    lane: Lane[int] = Lane("lane", gate.work, bound=2, batch=9)
    lane.start()
    lane.put(0)
    assert gate.entered.acquire(timeout=PATIENCE)
    lane.put(1)
    lane.put(2)
    with pytest.raises(Full):
        lane.put(3)
    gate.open.set()
    lane.close()
    lane.join()
    assert gate.batches == [[0], [1, 2]]


def test_what_is_sent_back_is_tried_again_also_when_nothing_else_comes() -> None:
    tries: list[list[int]] = []
    done = threading.Event()

    def work(batch: list[int]) -> Sequence[int]:
        tries.append(batch)
        if len(tries) < 3:
            return [number for number in batch if number == 7]
        done.set()
        return ()

    lane: Lane[int] = Lane("lane", work, bound=100, batch=9)
    lane.start()
    lane.put(7)
    assert done.wait(PATIENCE)
    lane.close()
    lane.join()
    assert tries == [[7], [7], [7]]


def test_closed_it_works_through_what_waits_and_takes_no_more() -> None:
    seen: list[int] = []

    def work(batch: list[int]) -> Sequence[int]:
        seen.extend(batch)
        return ()

    lane: Lane[int] = Lane("lane", work, bound=1000, batch=7)
    for number in range(500):
        lane.put(number)
    lane.start()
    lane.close()
    lane.join()
    assert seen == list(range(500))
    with pytest.raises(Full):
        lane.put(500)
