"""Whatever subtitles came: what they are is told from their text, and they become WebVTT."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from pagecast.media.errors import Empty, Refused
from pagecast.media.words import Bytes

from . import subrip, substation, ttml, webvtt
from .cues import ARROW, written
from .decoding import decoded
from .source import Source
from .timings import LONGEST, NO_CUE, UNKNOWN, looks_like_timing

# Bytes of a file, and lines in it. A long film has a hundredth of either.
LIMIT = 10 * 1024 * 1024
MOST_LINES = 500_000

_TOO_LARGE = _(
    "“%(name)s” is too large for subtitles: they may have up to %(limit)s. Check that it is the right file."
)
_TOO_MANY_LINES = _(
    "“%(name)s” has more than %(limit)s lines, which no subtitles have. Check that it is the right file."
)
_SCRIPT = re.compile(r"\[(?:Script Info|V4\+? Styles|Events|Aegisub Project Garbage)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Converted:
    """Subtitles that a browser plays.

    `vtt` is WebVTT in UTF-8 without a byte order mark, its lines end with LF. `format` is what came: WebVTT,
    SubRip, SBV, ASS, SSA or TTML. `encoding` is its encoding as people know it; `guessed` tells that neither
    a mark nor the file itself told it. `language` is the BCP 47 tag that the file tells, or "".
    """

    vtt: bytes
    format: str
    encoding: str
    guessed: bool
    language: str


def convert(data: bytes, name: str) -> Converted:
    """The subtitles in these bytes as WebVTT; the name serves only to tell of faults.

    Well-formed WebVTT keeps its text as it is. Raises `Refused`, with the line where there is one, for what
    is no subtitles, is broken, or has more than `LIMIT` bytes.
    """
    if not data:
        raise Empty(name)
    if len(data) > LIMIT:
        raise Refused(_TOO_LARGE, name=name, limit=Bytes(LIMIT))
    read = decoded(data, name)
    if read.text.count("\n") >= MOST_LINES:
        raise Refused(_TOO_MANY_LINES, name=name, limit=MOST_LINES)
    source = Source(name, read.text)
    kind, vtt, language = _converted(source)
    return Converted(vtt.encode(), kind, read.encoding, read.guessed, language)


def _converted(source: Source) -> tuple[str, str, str]:
    """The format, the WebVTT and the language."""
    first = next((line.strip() for line in source.lines if line.strip() and not line.startswith(";")), "")
    if not first:
        raise source.refusal(NO_CUE, 1)
    if webvtt.SIGNATURE.fullmatch(first):
        return "WebVTT", *webvtt.normalised(source)
    if first.startswith("<"):
        cues, language = ttml.ttml(source)
        return "TTML", written(cues), language
    if _SCRIPT.fullmatch(first):
        kind = substation.kind_of(source)
        return kind, written(substation.substation(source, kind)), ""
    for line in source.lines:
        if len(line) <= LONGEST and subrip.SBV.fullmatch(line):
            return "SBV", written(subrip.sbv(source)), ""
        if looks_like_timing(line):
            # What was meant for SBV has a comma where SubRip has an arrow.
            is_sbv = ARROW not in line and re.search(r"[0-9]\s*,\s*[0-9]+:", line) is not None
            return (
                ("SBV", written(subrip.sbv(source)), "")
                if is_sbv
                else ("SubRip", written(subrip.subrip(source)), "")
            )
    raise source.refusal(UNKNOWN, 1)
