"""The picture in the head of the site, out of a file of somebody's own."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

LARGEST = 200 * 1024

_KINDS = (
    (".png", "image/png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    (".jpg", "image/jpeg", re.compile(rb"\xff\xd8\xff")),
    (".webp", "image/webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
    # What may stand before its root; and without its namespace browsers show nothing.
    (
        ".svg",
        "image/svg+xml",
        re.compile(
            rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>)*"
            rb"<svg\s[^>]*xmlns=[\"']http://www\.w3\.org/2000/svg[\"']",
            re.DOTALL,
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture, with a name that no other picture has."""

    name: str
    media_type: str
    body: bytes


def read_logo(path: Path) -> Logo:
    """The picture in this file.

    Raises `ValueError`, in words for whoever named it, if it is none that browsers show.
    """
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
    except OSError as error:
        message = f"it cannot be read: {error.strerror}"
        raise ValueError(message) from error
    if len(body) > LARGEST:
        message = f"it is larger than {LARGEST // 1024} KB"
        raise ValueError(message)
    for suffix, media_type, beginning in _KINDS:
        if beginning.match(body):
            return Logo(f"logo.{hashlib.sha256(body).hexdigest()[:12]}{suffix}", media_type, body)
    message = "it is no SVG (with its xmlns), PNG, JPEG or WebP"
    raise ValueError(message)
