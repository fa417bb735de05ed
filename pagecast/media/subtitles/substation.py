"""ASS and SSA, the SubStation Alpha scripts. Format: https://aegisub.org/docs/latest/ass_tags/ and libass.

Only what is said comes through: fonts, colours, drawings, comments and embedded files are left behind.
"""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext_noop as _

from .cues import Cue, milliseconds_of
from .markup import STYLES, Writer
from .overrides import BRACES, codes
from .placing import settings_of
from .source import Source
from .timings import BACKWARDS, CUT_OFF, NO_CUE

_NO_TEXT = _(
    "“%(name)s”, line %(line)s: the Format line of [Events] lacks Start, End, or Text at its end: "
    "“%(found)s”. Export the subtitles again."
)
_UNREADABLE = _(
    "“%(name)s”, line %(line)s: the times of “%(found)s” cannot be read. "
    "They look like 0:01:02.50. Correct the line, then send the file again."
)
_TIME = re.compile(r"\s*([0-9]{1,6}):([0-5]?[0-9]):([0-5]?[0-9])[.,]([0-9]{1,3})\s*")
# Lower case tells a heading from the data of an embedded font, which has none.
_HEADING = re.compile(r"\[[^\]]*[a-z][^\]]*\]|\[EVENTS\]")
# The order where no Format line tells it.
_EVENT_FIELDS = "Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text"
_STYLE_FIELDS = {
    "ASS": "Name, Font, Size, Primary, Secondary, Outline, Back, Bold, Italic, Underline",
    "SSA": "Name, Font, Size, Primary, Secondary, Tertiary, Back, Bold, Italic",
}
_FLAGS = {"b": "bold", "i": "italic", "u": "underline"}


@dataclass
class _Script:
    source: Source
    section: str = ""
    style_fields: list[str] = field(default_factory=list)
    event_fields: list[str] = field(default_factory=list)
    styles: dict[str, set[str]] = field(default_factory=dict)
    events: list[tuple[int, str]] = field(default_factory=list)


def kind_of(source: Source) -> str:
    """SSA or ASS, as the script says; ASS where it does not."""
    told = re.search(
        r"^(?:\[V4 Styles\]|ScriptType:\s*v4\.00\s*$)", source.text, re.IGNORECASE | re.MULTILINE
    )
    return "SSA" if told else "ASS"


def substation(source: Source, kind: str) -> list[Cue]:
    """The cues of a script of this kind. Raises `Refused` with the line of a fault."""
    script = _Script(source, style_fields=_fields(_STYLE_FIELDS[kind]), event_fields=_fields(_EVENT_FIELDS))
    for number, line in enumerate(source.lines, 1):
        line = line.strip()
        if line.startswith("[") and _HEADING.fullmatch(line):
            script.section = line.casefold()
        elif "styles]" in script.section:
            _read_style(script, line)
        elif script.section == "[events]":
            _read_event(script, number, line)
    # What the default style looks like is no emphasis.
    default = set(script.styles.get("default", ()))
    for flags in script.styles.values():
        flags -= default
    cues = [cue for number, text in script.events if (cue := _cue(script, number, text)) is not None]
    if not cues:
        raise source.refusal(NO_CUE, 1)
    return cues


def _fields(text: str) -> list[str]:
    return [name.strip().casefold() for name in text.split(",")]


def _style_name(name: str) -> str:
    return name.strip().lstrip("*").casefold()


def _read_style(script: _Script, line: str) -> None:
    keyword, _colon, rest = line.partition(":")
    if keyword == "Format":
        script.style_fields = _fields(rest)
    elif keyword == "Style":
        values = dict(zip(script.style_fields, rest.split(","), strict=False))
        flags = {tag for tag, name in _FLAGS.items() if values.get(name, "0").strip() not in {"0", ""}}
        script.styles[_style_name(values.get("name", ""))] = flags


def _read_event(script: _Script, number: int, line: str) -> None:
    keyword, colon, rest = line.partition(":")
    if keyword == "Format":
        script.event_fields = _fields(rest)
        if script.event_fields[-1] != "text" or not {"start", "end"} <= set(script.event_fields):
            raise script.source.refusal(_NO_TEXT, number)
    elif keyword == "Dialogue":
        script.events.append((number, rest))
    elif line and not colon and "Dialogue:".startswith(line):
        raise script.source.refusal(CUT_OFF, number)


def _cue(script: _Script, number: int, text: str) -> Cue | None:
    """The cue of an event, or None if it only draws."""
    source = script.source
    values = text.split(",", len(script.event_fields) - 1)
    if len(values) < len(script.event_fields):
        raise source.refusal(CUT_OFF, number)
    event = dict(zip(script.event_fields, values, strict=True))
    start, end = _TIME.fullmatch(event["start"]), _TIME.fullmatch(event["end"])
    if start is None or end is None:
        raise source.refusal(_UNREADABLE, number)
    begins, ends = milliseconds_of(*start.groups()), milliseconds_of(*end.groups())
    if ends < begins:
        raise source.refusal(BACKWARDS, number)
    written, place, drew = _text(event["text"], script.styles, _style_name(event.get("style", "")))
    return None if drew and not written else Cue(begins, ends, written, settings_of(place) if place else "")


def _text(text: str, styles: dict[str, set[str]], style: str) -> tuple[str, int, bool]:
    """The text in WebVTT, its place from 1 to 9 or 0, and whether there was a drawing."""
    writer, place, drawing, drew = Writer(), 0, False, False
    writer.styles = set(styles.get(style, ()))
    for number, piece in enumerate(BRACES.split(text)):
        if number % 2 == 0:
            if not drawing:
                writer.write(piece.replace("\\N", "\n").replace("\\n", " ").replace("\\h", "\u00a0"))
            continue
        for code in codes(piece):
            if code.kind in STYLES:
                writer.styles = writer.styles | {code.kind} if code.is_on else writer.styles - {code.kind}
            elif code.kind == "r":
                writer.styles = set(styles.get(_style_name(code.name), styles.get(style, ())))
            elif code.kind == "p":
                drawing = code.is_on
                drew = drew or drawing
            else:
                place = place or code.value
    return writer.text(), place, drew
