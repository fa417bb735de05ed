"""What a file is by its first bytes, where these say it."""

from __future__ import annotations

from typing import Final

import filetype

from . import kinds, texts

# What the library filetype calls it, and what it is called here.
_BY_EXTENSION: Final = {
    **dict.fromkeys(
        ("rar", "gz", "bz2", "7z", "cab", "xz", "Z", "lz", "lzo", "lz4", "zst", "tar", "ar"), "archive"
    ),
    **dict.fromkeys(("deb", "rpm", "crx"), "archive"),
    **dict.fromkeys(("exe", "elf", "wasm", "nes"), "program"),
    **dict.fromkeys(("woff", "woff2", "ttf", "otf", "eot"), "font"),
    **dict.fromkeys(("doc", "xls", "ppt"), "office"),
    **{
        name: name
        for name in ("pdf", "rtf", "ps", "zip", "epub", "docx", "xlsx", "pptx", "odt", "ods", "odp")
    },
    **{name: name for name in ("png", "gif", "webp", "avif", "heic", "bmp", "ico", "psd")},
    **dict.fromkeys(("tif", "cr2"), "tiff"),
    "jpg": "jpeg",
    "apng": "png",
    "jpx": "jp2",
    "mid": "midi",
    "swf": "flash",
    "sqlite": "database",
}
# What filetype takes for certain after two or three bytes, and what else they may be the beginning of.
_ALSO: Final[dict[str, bytes]] = {"bmp": b"\0\0\0\0", "ico": b"\0"}
_MORE: Final = (
    (b"\xff\x0a", "jxl"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (b"MThd", "midi"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "office"),
)
# By these bytes a film or sound calls itself one: when it can not be read, it is damaged.
_MEDIA: Final = (
    (4, b"ftyp", "mp4"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (0, b"\x1aE\xdf\xa3", "mkv"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (0, b"ID3", "mp3"),
    (8, b"AVI ", "avi"),
    (8, b"WAVE", "wav"),
    (8, b"AIFF", "aiff"),
    (8, b"AIFC", "aiff"),
    (0, b"FLV\x01", "flv"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "wmv"),
    (0, b"\0\0\x01\xba", "mpg"),
    (0, b"\0\0\x01\xb3", "mpg"),
    (0, b"#!AMR", "amr"),
)
_PICTURE_BRANDS: Final = {
    b"avif": "avif",
    b"avis": "avif",
    **dict.fromkeys((b"heic", b"heix", b"mif1"), "heic"),
}


def kind_of(head: bytes) -> str | None:
    """The kind of a file that is no film and no sound; None where it may be one, or anything."""
    if brand := _PICTURE_BRANDS.get(head[8:12] if head[4:8] == b"ftyp" else b""):
        return brand
    if media_by(head) is not None:
        return None
    for signature, more in _MORE:
        if head.startswith(signature):
            return more
    found = filetype.guess(head)
    kind = _BY_EXTENSION.get(found.extension) if found is not None else None
    if kind in {"pdf", "rtf", "ps"}:
        return kind
    if written := texts.kind_of(head):
        return written
    return kind if kind is None or _ALSO.get(kind, b"") in head[:16] else None


def media_by(head: bytes) -> str | None:
    """The kind of film or sound that the first bytes announce, be it so or not."""
    for offset, signature, kind in _MEDIA:
        if head.startswith(signature, offset):
            return kind
    return None


def is_picture(kind: str) -> bool:
    return kinds.KINDS[kind].medium == kinds.IMAGE
