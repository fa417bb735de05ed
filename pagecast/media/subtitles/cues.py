"""Cues, and how they are written as WebVTT. Format: https://www.w3.org/TR/webvtt1/."""

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

ARROW = "-->"


@dataclass(frozen=True, slots=True)
class Cue:
    """One subtitle. Times in milliseconds; text and settings as they stand in WebVTT, without blank lines."""

    start: int
    end: int
    text: str
    settings: str = ""


def written(cues: Iterable[Cue]) -> str:
    """The WebVTT of these cues, sorted by their starts, as WebVTT wants it; equal ones stay in order."""
    blocks = ["WEBVTT\n"]
    for cue in sorted(cues, key=attrgetter("start")):
        timing = " ".join(filter(None, [clock(cue.start), ARROW, clock(cue.end), cue.settings]))
        blocks.append(f"{timing}\n{cue.text}\n" if cue.text else f"{timing}\n")
    return "\n".join(blocks)


def clock(milliseconds: int) -> str:
    """The time as WebVTT writes it.

    >>> clock(3_723_004)
    '01:02:03.004'
    """
    seconds, milliseconds = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def milliseconds_of(hours: str | None, minutes: str, seconds: str, fraction: str) -> int:
    """The time of these digits. The fraction is decimal: 5 is half a second."""
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int(fraction[:3].ljust(3, "0"))
