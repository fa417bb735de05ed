"""TTML, also known as DFXP. Standard: https://www.w3.org/TR/ttml1/; IMSC and EBU-TT-D are profiles of it.

Kept are times, line breaks, italics, bold and underline. Regions, colours and animation are left behind.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from django.utils.translation import gettext_noop as _

from .clocks import Clock
from .cues import Cue, clock
from .markup import Writer
from .source import Source
from .timings import BACKWARDS, CUT_OFF, NO_CUE, UNKNOWN

_BAD_XML = _(
    "“%(name)s”, line %(line)s: the XML is not well formed: “%(found)s”. Export the subtitles again."
)
_ENTITIES = _(
    "“%(name)s”, line %(line)s: “%(found)s” defines an entity, which subtitles do not need. "
    "Write its text where it is used, then send the file again."
)
_BAD_TIME = _(
    "“%(name)s”, line %(line)s: a time in “%(found)s” cannot be read. Correct it, then send the file again."
)
_NO_END = _(
    "“%(name)s”, line %(line)s: this subtitle has no end: “%(found)s”. Give it one, then send the file again."
)
_TOO_COMPLEX = _(
    "“%(name)s”, line %(line)s: there are more elements, or they are nested deeper, than in any subtitles. "
    "Export the subtitles again."
)
_MOST_ELEMENTS = 200_000
_DEEPEST = 60
# What may stand in what; anything else is passed over with all that is in it.
_CHILDREN: Mapping[str, frozenset[str]] = {
    "tt": frozenset({"head", "body"}),
    "head": frozenset({"styling", "layout"}),
    "styling": frozenset({"style"}),
    "layout": frozenset({"region"}),
    "region": frozenset({"style"}),
    "body": frozenset({"div"}),
    "div": frozenset({"div", "p"}),
    "p": frozenset({"span", "br"}),
    "span": frozenset({"span", "br"}),
}
_LOOKS = ("fontStyle", "fontWeight", "textDecoration")
_CUT = frozenset(
    expat.errors.codes[code]
    for code in (expat.errors.XML_ERROR_NO_ELEMENTS, expat.errors.XML_ERROR_UNCLOSED_TOKEN)
)


def ttml(source: Source) -> tuple[list[Cue], str]:
    """The cues of a document, and its language or "". Raises `Refused` with the line of a fault.

    Entities are not expanded, and nothing is fetched: a document that defines any is refused.
    """
    reader = _Reader(source)
    try:
        reader.parser.Parse(source.text.encode(), True)
    except expat.ExpatError as error:
        number = error.lineno
        if not reader.has_root and "<tt" not in source.text:
            raise source.refusal(UNKNOWN, number) from None
        if error.code not in _CUT:
            raise source.refusal(_BAD_XML, number) from None
        while number > 1 and not source.lines[number - 1].strip():
            number -= 1
        raise source.refusal(CUT_OFF, number) from None
    if not reader.cues:
        raise source.refusal(NO_CUE, 1)
    return reader.cues, reader.language


@dataclass(slots=True)
class _Growing:
    """A cue whose text is being read."""

    writer: Writer = field(default_factory=Writer)
    after_space: bool = True
    last_mark: int = 0


@dataclass(slots=True)
class _Element:
    """An element that is open. Times in milliseconds; `next_begin` is for children in sequence."""

    name: str
    line: int
    begin: int = 0
    end: int | None = None
    next_begin: int = 0
    in_sequence: bool = False
    is_timed: bool = False
    keeps_spaces: bool = False
    styles: frozenset[str] = frozenset()
    cue: _Growing | None = None
    owns_cue: bool = False
    id: str = ""


class _Reader:
    """What expat calls."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.cues: list[Cue] = []
        self.language = ""
        self._clock = Clock()
        self._named: dict[str, dict[str, str]] = {}
        self._open: list[_Element] = []
        self._passed_over = 0
        self._seen = 0
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._entity

    @property
    def has_root(self) -> bool:
        """Whether it began as TTML does."""
        return self._seen > 0

    def _entity(self, *_declaration: object) -> None:
        raise self.source.refusal(_ENTITIES, self.parser.CurrentLineNumber)

    def _start(self, qualified: str, qualified_attributes: dict[str, str]) -> None:
        line = self.parser.CurrentLineNumber
        # Namespaces changed from draft to draft; the names did not.
        name = qualified.rpartition(" ")[2]
        self._seen += 1
        if self._seen > _MOST_ELEMENTS or len(self._open) + self._passed_over > _DEEPEST:
            raise self.source.refusal(_TOO_COMPLEX, line)
        if self._passed_over or (self._open and name not in _CHILDREN.get(self._open[-1].name, ())):
            self._passed_over += 1
            return
        attributes = {key.rpartition(" ")[2]: value for key, value in qualified_attributes.items()}
        if not self._open:
            self._root(name, attributes)
        element = _Element(name, line)
        if name in {"style", "region"}:
            self._name_style(element, attributes)
        elif name == "br":
            self._break()
        elif self._open and name in {"body", "div", "p", "span"}:
            self._enter(element, attributes)
        self._open.append(element)

    def _root(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != "tt":
            raise self.source.refusal(UNKNOWN, self.parser.CurrentLineNumber)
        self._clock = Clock.of(attributes)
        told = attributes.get("lang", "").strip()
        self.language = told if re.fullmatch(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", told) else ""

    def _name_style(self, element: _Element, attributes: Mapping[str, str]) -> None:
        parent = self._open[-1]
        # A style inside of a region is the region's.
        element.id = attributes.get("id", "") or parent.id
        self._named[element.id] = self._named.get(element.id, {}) | self._looks(attributes)

    def _looks(self, attributes: Mapping[str, str]) -> dict[str, str]:
        looks: dict[str, str] = {}
        for reference in (attributes.get("region", ""), *attributes.get("style", "").split()):
            looks |= self._named.get(reference, {})
        return looks | {name: attributes[name] for name in _LOOKS if name in attributes}

    def _break(self) -> None:
        cue = self._open[-1].cue
        if cue is not None:
            cue.writer.write("\n")
            cue.after_space = True

    def _enter(self, element: _Element, attributes: Mapping[str, str]) -> None:
        parent = self._open[-1]
        element.styles = _styled(parent.styles, self._looks(attributes))
        space = attributes.get("space")
        element.keeps_spaces = space == "preserve" if space else parent.keeps_spaces
        has_times = not attributes.keys().isdisjoint({"begin", "end", "dur"})
        self._time(element, attributes)
        element.cue, element.is_timed = parent.cue, parent.is_timed
        if element.name == "p":
            element.cue, element.owns_cue, element.is_timed = _Growing(), True, has_times
        elif element.name == "span" and has_times:
            # In a paragraph with times they tell when a word is sung; in one without they are the cue's.
            if parent.is_timed:
                _mark(element, parent)
            else:
                element.cue, element.owns_cue, element.is_timed = _Growing(), True, True

    def _time(self, element: _Element, attributes: Mapping[str, str]) -> None:
        parent = self._open[-1]
        origin = parent.next_begin if parent.in_sequence else parent.begin
        times: dict[str, int] = {}
        for name in ("begin", "end", "dur"):
            if name in attributes:
                time = self._clock.milliseconds(attributes[name])
                if time is None:
                    raise self.source.refusal(_BAD_TIME, element.line)
                times[name] = time
        element.begin = element.next_begin = origin + times.get("begin", 0)
        ends = [] if parent.end is None else [parent.end]
        if "end" in times:
            if times["end"] < times.get("begin", 0):
                raise self.source.refusal(BACKWARDS, element.line)
            ends.append(origin + times["end"])
        if "dur" in times:
            ends.append(element.begin + times["dur"])
        element.end = min(ends, default=None)
        element.in_sequence = attributes.get("timeContainer") == "seq"

    def _characters(self, text: str) -> None:
        element = self._open[-1]
        cue = element.cue
        if self._passed_over or cue is None:
            return
        if not element.keeps_spaces:
            text = re.sub(r"\s+", " ", text)
            text = text.removeprefix(" ") if cue.after_space else text
            cue.after_space = text.endswith(" ") if text else cue.after_space
        cue.writer.styles = set(element.styles)
        cue.writer.write(text)

    def _end(self, _qualified: str) -> None:
        if self._passed_over:
            self._passed_over -= 1
            return
        element = self._open.pop()
        if self._open and self._open[-1].in_sequence:
            self._open[-1].next_begin = element.begin if element.end is None else element.end
        if not element.owns_cue or element.cue is None:
            return
        text = element.cue.writer.text()
        if element.end is None:
            if text:
                raise self.source.refusal(_NO_END, element.line)
        elif (text or element.is_timed) and element.begin <= element.end:
            self.cues.append(Cue(element.begin, element.end, text))


def _mark(element: _Element, parent: _Element) -> None:
    """WebVTT wants times inside of a cue to increase."""
    cue = element.cue
    if cue is not None and max(parent.begin, cue.last_mark) < element.begin < (parent.end or element.begin):
        cue.writer.mark(clock(element.begin))
        cue.last_mark = element.begin


def _styled(styles: frozenset[str], looks: Mapping[str, str]) -> frozenset[str]:
    if not looks:
        return styles
    decoration = looks.get("textDecoration", "").split()
    asked = {
        "i": _asked(looks.get("fontStyle"), {"italic", "oblique"}),
        "b": _asked(looks.get("fontWeight"), {"bold"}),
        "u": True
        if "underline" in decoration
        else False
        if {"none", "noUnderline"} & set(decoration)
        else None,
    }
    kept = {style for style in styles if asked[style] is not False}
    return frozenset(kept | {style for style, on in asked.items() if on})


def _asked(value: str | None, on: set[str]) -> bool | None:
    return None if value is None else value in on
