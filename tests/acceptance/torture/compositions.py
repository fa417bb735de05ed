"""What a page may show at a moment, while edits are on their way."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

# What readers see of a page: its title and the titles of its contents in order; None: there is no such page.
Shown = tuple[str, ...] | None


@dataclass(eq=False)
class Version:
    """What a page shows from some moment between `sent` and `acknowledged`, until the next one."""

    shown: Shown
    edit: str = "nothing"
    sent: float = -math.inf
    acknowledged: float = math.inf

    def __str__(self) -> str:
        times = f"sent at {self.sent:.4f}, acknowledged at {self.acknowledged:.4f}"
        return f"{self.shown} by {self.edit}, {times}"


class History:
    """The versions of one page. Its edits come one after the other, so they are in order."""

    def __init__(self) -> None:
        self._versions = [Version(None, acknowledged=-math.inf)]
        # For those who look for what went wrong.
        self.taken_back: deque[Version] = deque(maxlen=3)

    def add(self, shown: Shown, edit: str, sent: float) -> Version:
        """An edit that makes the page show this is sent."""
        self._versions.append(Version(shown, edit, sent))
        return self._versions[-1]

    def take_back(self, version: Version) -> None:
        """The edit did not happen."""
        assert self._versions[-1] is version
        self.taken_back.append(self._versions.pop())

    def within(self, begun: float, ended: float) -> list[Version]:
        """What it may have shown to a request of this time: nothing older than what was certain before."""
        found = []
        for version in reversed(self._versions):
            if version.sent <= ended:
                found.append(version)
            if version.acknowledged < begun:
                break
        return found

    def may_be_there(self, begun: float, ended: float) -> bool:
        """Whether readers could find the page at some moment of this time."""
        return any(version.shown is not None for version in self.within(begun, ended))

    def is_there(self, begun: float, ended: float) -> bool:
        """Whether readers could find the page all the time."""
        return all(version.shown is not None for version in self.within(begun, ended))


@dataclass(eq=False)
class Content:
    """A content, as the last edit left it."""

    number: int
    # Never switched off nor deleted.
    steady: bool = False
    id: int = 0
    edition: int = 1
    is_active: bool = True
    there: bool = False
    # An edit that touches it is on its way.
    busy: bool = False

    @property
    def name(self) -> str:
        """What its title begins with, in all editions."""
        return f"content {self.number}"

    @property
    def title(self) -> str:
        """Its title, which tells its edition."""
        return f"{self.name} edition {self.edition}"


@dataclass(eq=False)
class Page:
    """A page, as the last edit left it, and its history."""

    number: int
    # Never edited, so that its POST …/views/ are certain.
    steady: bool = False
    id: int = 0
    edition: int = 1
    is_active: bool = True
    there: bool = False
    busy: bool = False
    contents: list[Content] = field(default_factory=list)
    history: History = field(default_factory=History)

    @property
    def slug(self) -> str:
        """The end of its address."""
        return f"page-{self.number}"

    @property
    def title(self) -> str:
        """Its title, which tells its edition."""
        return f"page {self.number} edition {self.edition}"

    def shown(self) -> Shown:
        """What readers see of it."""
        if not self.there or not self.is_active:
            return None
        return (self.title, *(content.title for content in self.contents if content.is_active))


def names(shown: Shown) -> list[str]:
    """The names of the contents that are shown."""
    return [title.partition(" edition ")[0] for title in (shown or ())[1:]]
