"""Many at once: exact sums, and nobody waits for ever."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from pagecast.counting import ledger
from pagecast.counting.models import Member, Tally
from pagecast.counting.recorder import record
from tests.counting.groups import check_the_history, seen, show, view
from tests.counting.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

READERS, VIEWS = 8, 200
GROUPS = range(1, 7)
MEMBERS = range(101, 113)


class Readers:
    """They view overlapping sets of groups, and remember which members were shown in what they got."""

    def __init__(self) -> None:
        self.shown: Counter[int] = Counter()
        self.reading = READERS
        self._lock = threading.Lock()

    def go_on(self) -> bool:
        """Whether anyone still reads; takes a breath, so that they get on with it."""
        time.sleep(0.01)
        return self.reading > 0

    def reader(self, seed: int) -> Callable[[], None]:
        """One of them."""

        def read() -> None:
            chance = random.Random(seed)
            mine: Counter[int] = Counter()
            try:
                for _ in range(VIEWS):
                    mine.update(record(chance.sample(GROUPS, chance.randint(1, 4)), _members))
            finally:
                with self._lock:
                    self.shown += mine
                    self.reading -= 1

        return read


def _members(tallies: Mapping[int, Tally]) -> list[int]:
    """A member once for every group in the answer that shows it."""
    return list(Member.objects.filter(tally__in=list(tallies)).values_list("member_id", flat=True))


def _some(chance: random.Random) -> list[int]:
    return chance.sample(MEMBERS, chance.randint(0, 5))


def test_sums_are_exact_while_others_view_settle_and_recompose() -> None:
    chance = random.Random(4)
    for group in GROUPS:
        show(group, *_some(chance))
    readers = Readers()

    def recompose() -> None:
        while readers.go_on():
            ledger.recompose({group: _some(chance) for group in chance.sample(GROUPS, 3)})

    def settle() -> None:
        while readers.go_on():
            ledger.settle_all()

    def drop_and_make_again() -> None:
        while readers.go_on():
            ledger.drop([6, 2])
            ledger.recompose({2: [101, 102], 6: [102, 112]})

    together(*map(readers.reader, range(READERS)), recompose, settle, settle, drop_and_make_again)
    assert sum(readers.shown.values()) > READERS * VIEWS
    assert ledger.counters(MEMBERS) == {member: readers.shown[member] for member in MEMBERS}
    ledger.settle_all()
    assert {member: views for member, views in seen().items() if views} == readers.shown
    check_the_history()


def test_settling_at_once_is_settling_once() -> None:
    show(1, *MEMBERS)
    show(2, *reversed(MEMBERS))
    view(1, 2, times=5)
    together(*[lambda: ledger.settle(1), lambda: ledger.settle(2), ledger.settle_all] * 3)
    assert seen() == dict.fromkeys(MEMBERS, 10)
    check_the_history()
