"""Files of an archive, back under their paths; whatever else lies there stays as it is."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path, PurePosixPath

from .models import Upload
from .stores.chosen import store
from .stores.store import Store

_CHUNK = 2**20


def give_back(source: Path, path: str, sha256: str) -> str:
    """Give a file of this machine, whose SHA-256 is known, its path in the store.

    Answers with the path that it has now. The same file that is there already is kept, and not written
    again. Where something else has the path, or an upload has reserved it, the file gets another one beside
    it. Its bytes and its name are on disk when this returns. Raises `OSError`, and `ValueError` for a path
    that is none. Slow: never inside of a transaction.
    """
    kept, place = store(), path
    while True:
        there = kept.find(place)
        if there is None and not Upload.objects.filter(path=place).exists():
            kept.put(source, place)
            return place
        if there is not None and there.size == source.stat().st_size and _sha256(kept, place) == sha256:
            return place
        place = _beside(path)


def keep_clear(path: str, sha256: str | None) -> str:
    """The path for a file that an archive lacks: its own, unless some other file lies there now.

    If the very file lies there, which is told by its SHA-256, it is not lacking any more.
    """
    kept = store()
    return path if kept.find(path) is None or _sha256(kept, path) == sha256 else _beside(path)


def _sha256(store: Store, path: str) -> str:
    digest = hashlib.sha256()
    with store.open(path) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _beside(path: str) -> str:
    place = PurePosixPath(path)
    return str(place.with_stem(f"{place.stem}-{secrets.token_hex(3)}"))
