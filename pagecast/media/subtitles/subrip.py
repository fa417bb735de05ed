"""SubRip and SBV, which are alike: timings with lines of text behind them.

SubRip has no standard; this reads what players read: counters that are missing or repeat, blank lines inside
of the text, a dot for the comma, hours left out, coordinates behind the timing. SBV is YouTube's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .cues import ARROW, Cue, milliseconds_of
from .markup import STYLES, from_html
from .overrides import BRACES, Code, codes
from .placing import settings_of
from .source import Source
from .timings import (
    BACKWARDS,
    CUT_OFF,
    LONGEST,
    MISPLACED,
    NO_CUE,
    UNREADABLE,
    is_counter,
    is_torn,
    looks_like_timing,
)

_TIME = r"(?:([0-9]{1,6}):)?([0-5]?[0-9]):([0-5]?[0-9])[.,]([0-9]{1,3})"
SUBRIP = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s+[^\s:]+:\S*)*\s*")
SBV = re.compile(rf"\s*{_TIME},{_TIME}\s*")
_BREAK = re.compile(r"\[br\]", re.IGNORECASE)
# A fraction of fewer digits than this may have been cut.
_FRACTION_DIGITS = 3


def subrip(source: Source) -> list[Cue]:
    """The cues of a SubRip file. Raises `Refused` with the line of a fault."""
    return [_with_overrides(block) for block in _blocks(source, SUBRIP)]


def sbv(source: Source) -> list[Cue]:
    """The cues of an SBV file. Raises `Refused` with the line of a fault."""
    return [
        Cue(block.start, block.end, from_html(_BREAK.sub("\n", block.text))) for block in _blocks(source, SBV)
    ]


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    text: str


def _with_overrides(block: _Block) -> Cue:
    places: list[int] = []

    def tags(braces: re.Match[str]) -> str:
        # Braces without a code are text here.
        if not braces[1].startswith("\\"):
            return braces[0]
        found = codes(braces[1])
        places.extend(code.value for code in found if code.kind == "place")
        return "".join(_tag(code) for code in found if code.kind in STYLES)

    text = from_html(BRACES.sub(tags, block.text))
    return Cue(block.start, block.end, text, settings_of(places[0]) if places else "")


def _tag(code: Code) -> str:
    return f"<{code.kind}>" if code.is_on else f"</{code.kind}>"


def _blocks(source: Source, pattern: re.Pattern[str]) -> Iterator[_Block]:
    lines = source.lines
    timings = _timings(source, pattern)
    counted = _Counters(lines)
    before = counted.trim(0, timings[0][0])
    for index in range(before):
        if lines[index].strip():
            raise source.refusal(MISPLACED, index + 1)
    for (index, timing), following in zip(timings, [*timings[1:], None], strict=True):
        start, end = milliseconds_of(*timing.group(1, 2, 3, 4)), milliseconds_of(*timing.group(5, 6, 7, 8))
        if end < start:
            raise source.refusal(BACKWARDS, index + 1)
        if following is None:
            last = len(lines)
            _refuse_if_cut_off(source, index, timing, counted)
        else:
            last = counted.trim(index + 1, following[0])
        yield _Block(start, end, "\n".join(filter(str.strip, lines[index + 1 : last])))


def _timings(source: Source, pattern: re.Pattern[str]) -> list[tuple[int, re.Match[str]]]:
    found = []
    after_counter = False
    for index, line in enumerate(source.lines):
        timing = pattern.fullmatch(line) if len(line) <= LONGEST else None
        if timing is not None:
            found.append((index, timing))
        elif looks_like_timing(line) or (after_counter and ARROW in line):
            raise source.refusal(UNREADABLE, index + 1)
        after_counter = is_counter(line) and (index == 0 or not source.lines[index - 1].strip())
    if not found:
        raise source.refusal(NO_CUE, 1)
    return found


class _Counters:
    """Tells the numbers of the cues from text that is a number."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.last: int | None = None

    def trim(self, start: int, timing: int) -> int:
        """Where the text ends that begins at `start`, before the counter of the timing, if it has one."""
        end = timing
        while end > start and not self.lines[end - 1].strip():
            end -= 1
        if end == start or not is_counter(self.lines[end - 1]):
            return timing
        number = int(self.lines[end - 1])
        alone = end - 1 == 0 or not self.lines[end - 2].strip()
        # Directly before a timing it is a counter; with blank lines between, only if it is its turn.
        is_one = (
            (alone or self.last is not None) if end == timing else (alone and number == (self.last or 0) + 1)
        )
        if not is_one:
            return timing
        self.last = number
        return end - 1


def _refuse_if_cut_off(source: Source, index: int, timing: re.Match[str], counted: _Counters) -> None:
    lines = source.lines
    if index == len(lines) - 1 and len(timing[8]) < _FRACTION_DIGITS:
        raise source.refusal(CUT_OFF, index + 1)
    last = len(lines) - 1
    while last > index and not lines[last].strip():
        last -= 1
    if last - 1 <= index or (lines[last - 1].strip() and not is_counter(lines[last - 1])):
        return
    is_next = is_counter(lines[last]) and int(lines[last]) == (counted.last or 0) + 1
    if is_next or (not is_counter(lines[last]) and is_torn([lines[last]])):
        raise source.refusal(CUT_OFF, last + 1)
