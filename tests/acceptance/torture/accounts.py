"""How many views each content must have, and how many it may have."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Account:
    """The views of one content since its counter was read last, with nobody speaking."""

    counter: int = 0
    # When each answer that showed it had been read.
    acknowledged: array[float] = field(default_factory=lambda: array("d"))
    # Requests that got no answer and may have been counted.
    unanswered: int = 0

    def before(self, moment: float) -> int:
        """The views that were certain before this moment."""
        return self.counter + bisect_left(self.acknowledged, moment)

    def check(self, name: str, counter: int) -> str:
        """What is wrong with this counter; nothing, if it may be so."""
        least = self.counter + len(self.acknowledged)
        if least <= counter <= least + self.unanswered:
            return ""
        return (
            f"{name}: its counter is {counter}; it was {self.counter} at the last check, since then "
            f"{len(self.acknowledged)} views were acknowledged and {self.unanswered} requests that may "
            f"have shown it got no answer: {least} to {least + self.unanswered} would be right"
        )


class Accounts:
    """The accounts of all contents, by name."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        # Since the beginning, for the summary.
        self.acknowledged = self.unanswered = self.found = 0

    def of(self, name: str) -> Account:
        """The account of one content."""
        return self._accounts.setdefault(name, Account())

    def acknowledge(self, names: Iterable[str], moment: float) -> None:
        """An answer that showed these was read; a list may show one of them several times."""
        for name in names:
            self.of(name).acknowledged.append(moment)
            self.acknowledged += 1

    def leave_open(self, views: Counter[str]) -> None:
        """A request that may have counted so many views of these got no answer."""
        for name, number in views.items():
            self.of(name).unanswered += number
            self.unanswered += number

    def settle(self, counters: dict[str, int]) -> list[str]:
        """Compare with the counters of all contents that there are, and begin anew from these."""
        wrong = [self.of(name).check(name, counter) for name, counter in counters.items()]
        for name, counter in counters.items():
            account = self.of(name)
            self.found += counter - account.counter - len(account.acknowledged)
        self._accounts = {name: Account(counter) for name, counter in counters.items()}
        return [each for each in wrong if each]
