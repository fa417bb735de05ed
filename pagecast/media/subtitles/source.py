"""The text of a subtitle file, and how its faults are told."""

from dataclasses import dataclass
from functools import cached_property

from pagecast.media.errors import Refused

# So much of a line is shown to its editor.
SHOWN = 80


@dataclass(frozen=True)
class Source:
    """The decoded text of a file; its lines end with LF."""

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines, the first at index 0."""
        return self.text.split("\n")

    def refusal(self, text: str, number: int) -> Refused:
        """The refusal for a fault in a line; numbers start at 1. The parts are name, line and found."""
        found = self.lines[number - 1].strip()[: SHOWN + 1] if number <= len(self.lines) else ""
        return Refused(text, name=self.name, line=number, found=shortened(found))


def shortened(found: str) -> str:
    """What stands there, cut to what an editor wants to read."""
    return found if len(found) <= SHOWN else f"{found[:SHOWN]}…"
