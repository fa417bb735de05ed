"""WebVTT, read as browsers read it and written as it came. Format: https://www.w3.org/TR/webvtt1/#parsing."""

import re
from dataclasses import dataclass, field

from .cues import ARROW, milliseconds_of
from .markup import cleaned, outside, without_arrows
from .source import Source
from .stylesheets import harmless
from .timings import (
    BACKWARDS,
    CUT_OFF,
    NO_CUE,
    UNREADABLE,
    is_torn,
    looks_like_timing,
)

SIGNATURE = re.compile(r"WEBVTT(?:[ \t].*)?")
_TIME = r"(?:([0-9]{1,6}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})"
_TIMING = re.compile(rf"[ \t\f]*{_TIME}[ \t\f]*-->[ \t\f]*{_TIME}(?:[ \t\f].*)?")
_LANGUAGE = re.compile(r"Language\s*[:=]\s*([A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)\s*", re.IGNORECASE)


# Characters of style sheets; no file comes near it, and they take long to look through.
_MOST_CSS = 1 << 18


@dataclass
class _Walk:
    source: Source
    last: int
    at: int = 0
    cues: int = 0
    css: int = 0
    written: list[str] = field(default_factory=list)


def normalised(source: Source) -> tuple[str, str]:
    """The same WebVTT without what a browser might run, and the language that its header tells, or none.

    Well-formed WebVTT comes through unchanged. Raises `Refused` for a timing that a browser could not read.
    """
    lines = source.lines
    walk = _Walk(source, last=max(index for index, line in enumerate(lines) if line))
    while not lines[walk.at].strip():
        walk.at += 1
    language = _header(walk)
    while walk.at < len(lines):
        line = lines[walk.at]
        following = lines[walk.at + 1] if walk.at + 1 < len(lines) else ""
        if not line:
            walk.written.append(line)
            walk.at += 1
        elif re.match(r"NOTE(?:\s|$)", line):
            _comment(walk)
        elif ARROW in line or ARROW in following:
            _cue(walk)
        else:
            _block(walk)
    if not walk.cues:
        raise source.refusal(NO_CUE, 1)
    return "\n".join(walk.written), language


def _rest(walk: _Walk) -> list[str]:
    """The lines up to the end of the block."""
    start = walk.at
    lines = walk.source.lines
    while walk.at < len(lines) and lines[walk.at] and ARROW not in lines[walk.at]:
        walk.at += 1
    return lines[start : walk.at]


def _header(walk: _Walk) -> str:
    header = _rest(walk)
    walk.written += map(outside, header)
    told = next(filter(None, map(_LANGUAGE.fullmatch, header[1:])), None)
    return told[1] if told else ""


def _comment(walk: _Walk) -> None:
    """An arrow has no place in a comment; a timing ends it, since browsers show what follows."""
    lines = walk.source.lines
    while walk.at < len(lines) and lines[walk.at] and not _TIMING.fullmatch(lines[walk.at]):
        walk.written.append(without_arrows(outside(lines[walk.at])))
        walk.at += 1


def _cue(walk: _Walk) -> None:
    source = walk.source
    if ARROW not in source.lines[walk.at]:
        walk.written.append(outside(source.lines[walk.at]))
        walk.at += 1
    line, number = source.lines[walk.at], walk.at + 1
    timing = _TIMING.fullmatch(line)
    if timing is None:
        raise source.refusal(UNREADABLE, number)
    if milliseconds_of(*timing.group(5, 6, 7, 8)) < milliseconds_of(*timing.group(1, 2, 3, 4)):
        raise source.refusal(BACKWARDS, number)
    walk.written.append(outside(line))
    walk.at += 1
    text = cleaned("\n".join(_rest(walk)))
    if text:
        walk.written += text.split("\n")
    walk.cues += 1


def _block(walk: _Walk) -> None:
    """A style sheet, a region, or what browsers pass over."""
    source, number = walk.source, walk.at + 1
    block = _rest(walk)
    if re.fullmatch(r"STYLE[ \t\f]*", block[0]):
        css = "\n".join(block[1:])
        walk.css += len(css)
        css = harmless(css) if walk.css <= _MOST_CSS else ""
        walk.written += [block[0], *css.split("\n")] if css else []
        return
    if not re.match(r"REGION(?:\s|$)", block[0]):
        # A browser would leave out the cue and say nothing.
        for offset, line in enumerate(block[:2]):
            if looks_like_timing(line):
                raise source.refusal(UNREADABLE, number + offset)
        if walk.at > walk.last and is_torn(block):
            raise source.refusal(CUT_OFF, number + len(block) - 1)
    walk.written += map(outside, block)
