"""Readable names that are safe on every file system: Unicode kept, tricks taken out."""

import re
import unicodedata
from pathlib import PurePosixPath

from .types import right_ending

# A file name may have 255 bytes on Linux; a suffix for collisions and one for companions must fit too.
LONGEST = 180

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028\u2029\ufeff\ud800-\udfff]')
# Direction marks and other invisible signs make "gpj.exe" look like "exe.jpg".
_INVISIBLE = re.compile("[\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\u00ad]")
_RESERVED = re.compile(r"(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)")


def safe_name(name: str) -> str:
    """The last part of a path, fit to be a file's name: never empty, hidden, reserved or a way out.

    >>> safe_name("../../Эти страшные буквы?.mp4")
    'Эти_страшные_буквы.mp4'
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Without what was between them, a letter and its accent may have become one sign.
    clean = unicodedata.normalize("NFC", _INVISIBLE.sub("", _FORBIDDEN.sub(" ", last)))
    clean = re.sub(r"\s+", "_", clean.strip()).rstrip("._- ")
    stem, _dot, suffix = clean.rpartition(".")
    suffix = suffix.lower()
    if (not stem and "." not in clean) or not re.fullmatch(r"\w{1,10}", suffix):
        # A full stop in a sentence, or none.
        stem, suffix = clean.replace(".", "_"), ""
    stem = stem.strip("._- ")
    if not stem or _RESERVED.match(stem + "."):
        stem = f"file_{stem}".rstrip("_")
    room = LONGEST - len(suffix.encode()) - 1
    stem = stem.encode()[:room].decode("utf-8", "ignore").rstrip("._- ")
    return f"{stem}.{suffix}" if suffix else stem


def numbered(path: PurePosixPath, number: int) -> PurePosixPath:
    """The same path with a short suffix: Dawn.mp4, Dawn-2.mp4, Dawn-3.mp4."""
    return path if number == 1 else path.with_stem(f"{path.stem}-{number}")


def fit_suffix(name: str, media_type: str) -> str:
    """The name with an ending that goes with what the file is: what is served follows from it.

    >>> [fit_suffix(name, "video/mp4") for name in ("Dawn.avi", "Dawn.m4v", "Mr. Dawn")]
    ['Dawn.mp4', 'Dawn.m4v', 'Mr. Dawn.mp4']
    """
    stem, dot, suffix = name.rpartition(".")
    if not dot or not re.fullmatch(r"\w{1,10}", suffix):
        stem, suffix = name, ""
    return stem + right_ending(f".{suffix}" if suffix else "", media_type)
