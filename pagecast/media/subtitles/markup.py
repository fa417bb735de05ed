"""The markup inside of a cue: WebVTT's own is kept; what a browser might run or a viewer misread is not."""

import re
from functools import lru_cache

STYLES = ("b", "i", "u")
# Tags of WebVTT; an annotation belongs only to the last two.
_PLAIN = r"(?:c|i|b|u|ruby|rt)"
_CLASSES = r"(?:\.[^\s.<>&]+)*"
_KNOWN = re.compile(
    rf"{_PLAIN}{_CLASSES}|/(?:{_PLAIN}|v|lang)|v{_CLASSES}(?:\s[^<>]*)?|lang{_CLASSES}(?:\s+[\w-]*)?"
    r"|(?:[0-9]{2,6}:)?[0-5][0-9]:[0-5][0-9]\.[0-9]{3}",
    re.ASCII,
)
_ANNOTATED = re.compile(rf"({_PLAIN}{_CLASSES})\s[^<>]*")
# Never text: whoever wrote these thought of HTML.
_HTML_NAMES = (
    "a abbr address area article aside audio base big blink body br button canvas center code del details "
    "dialog div em embed font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hr html iframe "
    "image img input ins label li link main map mark marquee math meta nav nobr noscript object ol option "
    "p param plaintext pre q s samp script section select small source span strike strong style sub sup "
    "svg table tbody td template textarea tfoot th thead title tr track tt ul var video xmp"
)
_HTML = frozenset(_HTML_NAMES.split())
_TAG = re.compile(r"<([^<>]*)>|<")
_NAME = re.compile(r"(/?)\s*([a-z][a-z0-9]*)(?=[\s/.]|$)", re.IGNORECASE)
_OUTSIDE = re.compile(rf"<(?=/?\s{{0,3}}(?:{'|'.join(sorted(_HTML))})\b)", re.IGNORECASE)
_BEGINNING = re.compile(r"<(?=[/a-z])", re.IGNORECASE)
_REFERENCE = re.compile(r"&(?!(?:[a-z][a-z0-9]{1,31}|#[0-9]{1,7}|#x[0-9a-f]{1,6});)", re.IGNORECASE)
# In SubRip; c is what is left there of WebVTT.
_TAKEN = _HTML | {*STYLES, "c"}
_SAME = {"strong": "b", "em": "i"}


class Writer:
    """Writes the text of one cue: escapes it, keeps tags in balance, leaves out blank lines."""

    def __init__(self) -> None:
        self.styles: set[str] = set()
        self._parts: list[str] = []
        self._open: list[str] = []
        self._shown: set[str] = set()
        self._break = False

    def write(self, text: str, *, references: bool = False) -> None:
        """Add text in the styles that are set. With `references`, &amp; and the like stay."""
        for number, line in enumerate(text.split("\n")):
            # A line break is written together with what follows it.
            self._break = self._break or number > 0
            if line.strip() or (line and self._parts and not self._break):
                self._turn()
                line = _REFERENCE.sub("&amp;", line) if references else line.replace("&", "&amp;")
                self._parts.append(line.replace("<", "&lt;"))

    def mark(self, milliseconds: str) -> None:
        """Add a time inside of the cue, as WebVTT writes it."""
        self._turn()
        self._parts.append(f"<{milliseconds}>")

    def text(self) -> str:
        """The whole text; the writer is done."""
        self.styles = set()
        self._break = False
        self._turn()
        lines = "".join(self._parts).split("\n")
        return without_arrows("\n".join(line.strip() for line in lines))

    def _turn(self) -> None:
        if self.styles == self._shown and not self._break:
            return
        while set(self._open) - self.styles:
            self._parts.append(f"</{self._open.pop()}>")
        if self._break and self._parts:
            self._parts.append("\n")
        self._break = False
        for style in sorted(self.styles - set(self._open)):
            self._open.append(style)
            self._parts.append(f"<{style}>")
        self._shown = set(self.styles)


def from_html(text: str) -> str:
    """The markup of SubRip, which is a little HTML: b, i and u stay, other tags go, the rest is text."""
    writer, done = Writer(), 0
    for tag in _TAG.finditer(text):
        word, closes = _tag(tag[1] or "")
        if word not in _TAKEN:
            continue
        writer.write(text[done : tag.start()], references=True)
        done = tag.end()
        if word in STYLES:
            writer.styles = writer.styles - {word} if closes else writer.styles | {word}
        elif word == "br":
            writer.write("\n")
    writer.write(text[done:], references=True)
    return writer.text()


@lru_cache(maxsize=1024)
def _tag(inside: str) -> tuple[str, bool]:
    """The name of a tag, and whether it is a closing one."""
    name = _NAME.match(inside)
    word = name[2].lower() if name else ""
    return _SAME.get(word, word), bool(name and name[1])


def cleaned(text: str) -> str:
    """The text of a WebVTT cue as it came, without tags that WebVTT does not know.

    HTML goes, anything else in angle brackets is shown: a browser would hide it, and with an open bracket
    all that follows. No line becomes blank, which would end the cue.
    """
    if "<" not in text:
        return text
    clean = without_arrows(_TAG.sub(_kept, text))
    return "\n".join(line for line in clean.split("\n") if line)


def outside(line: str) -> str:
    """A line that no cue shows, such as a comment. HTML in it is disarmed, should it be shown after all."""
    if "<" not in line:
        return line
    # What has an equals sign behind it may be a tag of any name with an attribute.
    equals = line.rfind("=") + 1
    return _OUTSIDE.sub("&lt;", _BEGINNING.sub("&lt;", line[:equals]) + line[equals:])


def without_arrows(text: str) -> str:
    """The text without what would be read as a timing."""
    return text.replace("-->", "--&gt;")


def _kept(tag: re.Match[str]) -> str:
    inside: str | None = tag[1]
    if inside is None:
        return "&lt;"
    if _KNOWN.fullmatch(inside):
        # A voice is a name, and never an attribute, whoever takes it for HTML.
        return tag[0].replace("=", " ")
    if annotated := _ANNOTATED.fullmatch(inside):
        return f"<{annotated[1]}>"
    name = _NAME.match(inside)
    return "" if name and name[2].lower() in _HTML else f"&lt;{inside}>"
