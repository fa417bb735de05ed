"""From bytes to text: Unicode where it is, else the encoding that the file tells, or that it looks like."""

import codecs
import re
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from pagecast.media.errors import Refused

from .guessing import candidates
from .source import shortened

NO_TEXT = _(
    "“%(name)s”: this is no text, and so no subtitles. Choose a file of subtitles: "
    "WebVTT, SubRip (.srt), SBV, ASS, SSA or TTML."
)
_ZERO = _(
    "“%(name)s”, line %(line)s: there is a zero byte: “%(found)s”. Export the subtitles again, best as UTF-8."
)
_BAD_BYTES = _(
    "“%(name)s”, line %(line)s: there are bytes that are no text in %(encoding)s: “%(found)s”. "
    "Export the subtitles again, best as UTF-8."
)
_UNKNOWN = _("The encoding of “%(name)s” cannot be told. Save the subtitles as UTF-8, then send them again.")

# Each as people know it. For Chinese see _known_as.
NAMES = {
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-32": "UTF-32",
    "cp1250": "windows-1250",
    "cp1251": "windows-1251",
    "cp1252": "windows-1252",
    "cp1253": "windows-1253",
    "cp1254": "windows-1254",
    "cp1255": "windows-1255",
    "cp1256": "windows-1256",
    "koi8_r": "KOI8-R",
    "koi8_u": "KOI8-U",
    "cp866": "IBM866",
    "mac_cyrillic": "x-mac-cyrillic",
    "cp932": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "cp949": "EUC-KR",
    "cp950": "Big5",
    "gb18030": "GB18030",
}
# The longer mark first: that of UTF-32 begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF8: ("utf-8", "utf-8"),
    codecs.BOM_UTF32_LE: ("utf-32-le", "utf-32"),
    codecs.BOM_UTF32_BE: ("utf-32-be", "utf-32"),
    codecs.BOM_UTF16_LE: ("utf-16-le", "utf-16"),
    codecs.BOM_UTF16_BE: ("utf-16-be", "utf-16"),
}
# How films, sounds, pictures, documents and archives begin.
_NO_TEXT = re.compile(
    rb"%PDF-|GIF8|\x89PNG|\xff\xd8\xff|RIFF|OggS|fLaC|ID3|\x1aE\xdf\xa3|PK\x03\x04|\x1f\x8b|Rar!|7z\xbc\xaf|.{4}ftyp",
    re.DOTALL,
)
_CONTROLS = bytes({*range(1, 9), *range(14, 32), 127})
# They show nothing; a few come from old editors, such as the end of a file in DOS.
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]+")
_DECLARED = re.compile(rb"""\s*<\?xml[^<>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_.:-]{1,40})["']""")
_BEGINNING = 4096


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text with LF for every line end, without a byte order mark and control characters."""

    text: str
    encoding: str
    guessed: bool


def decoded(data: bytes, name: str) -> Decoded:
    """The text of the bytes. Raises `Refused` when they are none, with the line where they cease to be."""
    if _NO_TEXT.match(data):
        raise Refused(NO_TEXT, name=name)
    for mark, (codec, encoding) in _MARKS.items():
        if data.startswith(mark):
            return _strictly(data.removeprefix(mark), codec, encoding, name)
    if codec := _sixteen_bits(data):
        return _strictly(data, codec, "utf-16", name, guessed=True)
    _refuse_controls(data, name)
    try:
        return _result(data.decode("utf-8"), "utf-8", name)
    except UnicodeDecodeError as error:
        if _is_damaged_unicode(data):
            raise _bad_bytes(data, error, "utf-8", name) from None
    return _legacy(data, name)


def _legacy(data: bytes, name: str) -> Decoded:
    if declared := _declared(data):
        return _strictly(data, declared, declared, name)
    for candidate in candidates(data):
        try:
            return _result(data.decode(candidate), candidate, name, guessed=True)
        except UnicodeDecodeError:
            continue
    raise Refused(_UNKNOWN, name=name)


def _declared(data: bytes) -> str:
    """The encoding that the first line of XML tells, if it is one of ours."""
    found = _DECLARED.match(data)
    if found is None:
        return ""
    told = {name.lower(): codec for codec, name in NAMES.items() if not codec.startswith("utf")}
    told |= {"gb2312": "gb18030", "gbk": "gb18030", "cp866": "cp866", "iso-8859-1": "cp1252"}
    return told.get(found[1].decode("ascii").lower(), "")


def _strictly(data: bytes, codec: str, encoding: str, name: str, *, guessed: bool = False) -> Decoded:
    try:
        return _result(data.decode(codec), encoding, name, guessed=guessed)
    except UnicodeDecodeError as error:
        raise _bad_bytes(data, error, codec, name, encoding) from None


def _result(text: str, encoding: str, name: str, *, guessed: bool = False) -> Decoded:
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if (zero := text.find("\0")) >= 0:
        raise Refused(_ZERO, name=name, line=text.count("\n", 0, zero) + 1, found=_line_at(text, zero))
    return Decoded(_CONTROL.sub("", text), _known_as(encoding, text), guessed)


def _known_as(encoding: str, text: str) -> str:
    if encoding == "gb18030":
        try:
            text.encode("gb2312")
        except UnicodeEncodeError:
            return "GB18030"
        return "GB2312"
    return NAMES[encoding]


def _sixteen_bits(data: bytes) -> str:
    """The codec of UTF-16 without its mark: every other byte of what subtitles have in ASCII is zero."""
    beginning = data[:_BEGINNING]
    high, low = beginning[::2].count(0), beginning[1::2].count(0)
    pairs = max(1, len(beginning) // 2)
    if len(data) % 2 == 0 and max(high, low) > pairs / 5 and min(high, low) < max(high, low) / 4:
        return "utf-16-be" if high > low else "utf-16-le"
    return ""


def _refuse_controls(data: bytes, name: str) -> None:
    controls = len(data) - len(data.translate(None, _CONTROLS))
    zeros = data.count(0)
    if controls * 50 > len(data) or zeros * 10 > len(data):
        raise Refused(NO_TEXT, name=name)
    if zeros:
        text = data[: data.index(0) + 1].decode("utf-8", "replace")
        _result(text, "utf-8", name)


def _is_damaged_unicode(data: bytes) -> bool:
    """Whether it is UTF-8 but for a few bytes; then no other encoding may have it."""
    text = data.decode("utf-8", "replace")
    damaged = text.count("\ufffd")
    return sum(not sign.isascii() for sign in text) - damaged > 3 * damaged


def _bad_bytes(
    data: bytes, error: UnicodeDecodeError, codec: str, name: str, encoding: str | None = None
) -> Refused:
    before = data[: error.start].decode(codec, "replace")
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    broken = data[error.start : error.start + 40].decode(
        "ascii" if codec == "utf-8" else codec, "backslashreplace"
    )
    found = shortened(lines[-1] + broken.splitlines()[0] if broken.strip() else lines[-1])
    return Refused(_BAD_BYTES, name=name, line=len(lines), found=found, encoding=NAMES[encoding or codec])


def _line_at(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return shortened(text[start : end if end >= 0 else len(text)][:200].replace("\0", "�").strip())
