"""Whether bytes are a text, and which kind of text."""

from __future__ import annotations

import codecs
import re
from typing import Final

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# https://mimesniff.spec.whatwg.org/#binary-data-byte, and DEL.
_BINARY: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
# What may stand before the first element. Atomic, because backtracking into comments takes for ever.
_PROLOGUE: Final = re.compile(
    r"(?>(?>\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?!\s+html)[^>\[]*(?>\[.*?\]\s*)?>)*)",
    re.IGNORECASE | re.DOTALL,
)
_ELEMENTS: Final = (
    (re.compile(r"<(?:\w+:)?svg[\s/>]"), "svg"),
    (re.compile(r"<(?:\w+:)?tt[\s>]"), "ttml"),
    (re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE), "html"),
)
_BEGINNINGS: Final = (
    (re.compile(r"<\?xml\s"), "xml"),
    (re.compile(r"WEBVTT(?:[ \t\r\n]|$)"), "vtt"),
    (re.compile(r"#EXTM3U"), "m3u8"),
    (re.compile(r"\[Script Info\]", re.IGNORECASE), "ass"),
    (re.compile(r"\d+[ \t]*\r?\n\d+:\d\d:\d\d[,.]\d+ *--> *\d"), "srt"),
)
# The share of control characters by which a valid text is one still.
_STRAY: Final = 0.05
# Prefixes of markup are looked for no further than here.
_SNIFFED: Final = 4096


def kind_of(head: bytes) -> str | None:
    """Which kind of text these first bytes of a file are; None where they are none.

    UTF-8, and UTF-16 and UTF-32 with a byte order mark, are texts, a stray control character or two included;
    and, as the tables of all old character sets put letters there, so is anything without control characters.
    """
    text, allowed = _text(head)
    if text is None or "\0" in text or len(_BINARY.findall(text)) > allowed * len(text):
        return None
    beginning = text[:_SNIFFED].lstrip("\ufeff \t\r\n")
    prologue = _PROLOGUE.match(beginning)
    first = prologue.end() if prologue else 0
    found = [kind for pattern, kind in _ELEMENTS if pattern.match(beginning, first)]
    found += [kind for pattern, kind in _BEGINNINGS if pattern.match(beginning)]
    return found[0] if found else "text"


def _text(head: bytes) -> tuple[str | None, float]:
    """The text, and how much of it may be control characters."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return _decoded(head.removeprefix(mark), encoding), _STRAY
    text = _decoded(head, "utf-8")
    # One byte is one character in the eyes of this: only the control characters matter.
    return (text, _STRAY) if text is not None else (head.decode("latin-1"), 0)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        # The last character may be cut in two.
        return codecs.getincrementaldecoder(encoding)("strict").decode(data)
    except UnicodeDecodeError:
        return None
