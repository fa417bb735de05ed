"""As what a file is handed out: what it is where that is harmless, else a nameless lump to download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import quote

from pagecast.media.types import ENDINGS

# A file never changes under its name.
CACHE = "public, max-age=31536000, immutable"
UNKNOWN = "application/octet-stream"
# Shown as what they are. Anything else, HTML, SVG, XML or PDF, might run as a page of ours.
SHOWN = (
    "video/",
    "audio/",
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
    "text/vtt",
    "text/plain",
)
# A table of our own: that of the machine may be missing, and some have other ideas of .ts.
TYPES = {".txt": "text/plain"}
for _type, _endings in ENDINGS.items():
    for _ending in _endings:
        TYPES.setdefault(_ending, _type)


@dataclass(frozen=True, slots=True)
class Shown:
    """The Content-Type and the Content-Disposition of a file; without the latter a browser shows it."""

    media_type: str
    disposition: str | None


def shown_as(path: str, media_type: str = "", *, download: bool = False) -> Shown:
    """How the file at this path is handed out, by its media type, or by its suffix if that is not known.

    A `download` is saved under the file's name, whatever it is (RFC 6266, RFC 8187).
    """
    name = PurePosixPath(path)
    known = media_type.partition(";")[0].strip().lower() or TYPES.get(name.suffix.lower(), UNKNOWN)
    harmless = known.startswith(SHOWN)
    disposition = None if harmless else "attachment"
    if download:
        disposition = f"attachment; filename*=UTF-8''{quote(name.name, safe='')}"
    if not harmless:
        known = UNKNOWN
    return Shown(f"{known}; charset=utf-8" if known.startswith("text/") else known, disposition)
