"""Timing lines: what is said of those that cannot be read, and how a broken one is told from text."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from .cues import ARROW

UNREADABLE = _(
    "“%(name)s”, line %(line)s: “%(found)s” cannot be read as a timing. "
    "A timing looks like 00:01:02.500 --> 00:01:04.000. Correct the line, then send the file again."
)
BACKWARDS = _(
    "“%(name)s”, line %(line)s: “%(found)s” ends before it starts. "
    "Correct the times, then send the file again."
)
CUT_OFF = _(
    "“%(name)s” breaks off in line %(line)s, in the middle of a subtitle: “%(found)s”. "
    "Send the whole file again."
)
NO_CUE = _("“%(name)s”: there is no subtitle in it. Check that it is the right file, and export it again.")
UNKNOWN = _(
    "“%(name)s” is text, but not in a format of subtitles that is known here. "
    "Send WebVTT, SubRip (.srt), SBV, ASS, SSA or TTML."
)
MISPLACED = _(
    "“%(name)s”, line %(line)s: “%(found)s” stands where the timing of a subtitle should stand. "
    "Correct or remove the line, then send the file again."
)

# No timing is longer; what is longer is not searched.
LONGEST = 500

_CLOCK = re.compile(r"[0-9]:[0-9]")
_STAMP = re.compile(r"-?[0-9]{1,6}(?::[0-9]{1,2}){1,3}[.,:;][0-9]{1,3}(?![0-9])")
_TORN = re.compile(
    r"\s*[0-9]{1,6}:[0-9:]{0,8}(?:[.,][0-9]{0,3})?\s*(?:-{1,2}>?|,)?\s*[0-9:]{0,15}[.,]?[0-9]{0,3}\s*"
)


def looks_like_timing(line: str) -> bool:
    """Whether it was meant to be a timing: a time on either side of an arrow, however that is drawn."""
    line = line[:LONGEST].strip()
    if ARROW in line:
        return _CLOCK.search(line) is not None
    first = _STAMP.match(line)
    if first is None:
        return False
    between = _STAMP.search(line, first.end())
    return between is not None and not re.search(r"\w", line[first.end() : between.start()])


def is_torn(block: Sequence[str]) -> bool:
    """Whether the last lines of a file are what is left of a cue: its number, or some of its timing."""
    return (is_counter(block[-1]) and len(block) == 1) or _TORN.fullmatch(block[-1]) is not None


def is_counter(line: str) -> bool:
    """Whether it is a bare number."""
    return re.fullmatch(r"\s*[0-9]{1,9}\s*", line) is not None
