"""Counters that are not known while a page is drawn, and filling them in.

A page is drawn once for all readers of a language, with a mark wherever a counter will stand; to answer is to
fill in numbers.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.utils import translation
from django.utils.translation import ngettext

# Stands for the server's own address, which differs from reader to reader. Nobody can guess it, and so
# nobody can write it into a title.
ORIGIN = f"http://{secrets.token_hex(16)}.invalid"
_SECRET = secrets.token_hex(16)
# The beginning of a mark, by which it is known where a template has cut it short.
_BEGINNING = _SECRET[:12].encode()

#: What HTML has no place for, even escaped: https://infra.spec.whatwg.org/#noncharacter and controls.
NOT_IN_HTML = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr((plane << 16) + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)

#: How a counter is said: digits alone, or in words.
NUMBER, WORDS = "number", "words"
_MARK = re.compile(rf"{_SECRET}:(\d+):({NUMBER}|{WORDS});".encode())


@dataclass(frozen=True, slots=True)
class Mark:
    """A counter by its place among those of the page. In a template it shows as a number."""

    place: int

    def __str__(self) -> str:
        return self.said(NUMBER)

    def said(self, form: str) -> str:
        """The mark for this counter said in this form."""
        return f"{_SECRET}:{self.place}:{form};"


@dataclass(frozen=True, slots=True)
class Cut:
    """Some HTML, cut at its counters and at the server's own address."""

    language: str
    #: Templates for `%`, to be joined by the server's address. Each `%b` is a counter.
    pieces: tuple[bytes, ...]
    #: For each `%b`: which of the counters, and how it is said.
    slots: tuple[tuple[int, str], ...]

    def fill(self, origin: bytes, numbers: Sequence[int]) -> bytes:
        """The HTML for readers of the server at this address, with these counters."""
        say = _forms(self.language)
        return origin.join(self.pieces) % tuple([say[form](numbers[place]) for place, form in self.slots])


def cut(html: str, language: str) -> Cut:
    """Cut what was drawn in this language. What HTML has no place for is shown as such (�).

    Raises `ValueError` if a template has made something else of a mark.
    """
    raw = NOT_IN_HTML.sub("\N{REPLACEMENT CHARACTER}", html).encode()
    marks = _MARK.findall(raw)
    if raw.lower().count(_BEGINNING) != len(marks):
        message = (
            "a template changes a counter, which is not known yet; write {{ counter }} or {% views counter %}"
        )
        raise ValueError(message)
    template = _MARK.sub(b"%b", raw.replace(b"%", b"%%"))
    slots = tuple((int(place), form.decode()) for place, form in marks)
    return Cut(language, tuple(template.split(ORIGIN.encode())), slots)


def words(number: int) -> str:
    """How often something was seen, in words of the language of the moment: 1,234 views."""
    return ngettext("%(counter)s view", "%(counter)s views", number) % {"counter": grouped(number)}


def grouped(number: int) -> str:
    """The number as it is written in the language of the moment: 1,234 or 1 234."""
    separator = "," if translation.get_language() == "en" else "\N{NO-BREAK SPACE}"
    return f"{number:,}".replace(",", separator)


@cache
def _forms(language: str) -> Mapping[str, Callable[[int], bytes]]:
    return {NUMBER: lambda number: b"%d" % number, WORDS: _words_in(language)}


def _words_in(language: str) -> Callable[[int], bytes]:
    """`words` in this language, without asking its catalogue each time.

    Plural forms depend on nothing but the last two digits, for numbers of three and more.
    """
    with translation.override(language):
        said = [words(number).encode() for number in range(200)]
        separator = grouped(1000)[1:-3].encode()
    templates = [form.replace(b"%d" % number, b"%b", 1) for number, form in enumerate(said)]

    def say(number: int) -> bytes:
        if number < len(said):
            return said[number]
        return templates[100 + number % 100] % f"{number:,}".encode().replace(b",", separator)

    return say
