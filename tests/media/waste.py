"""Things that nobody needs, and the sweep that takes them away."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pagecast.media.housekeeping import sweep
from pagecast.media.models import Blob
from pagecast.pages import filing
from tests.films import film
from tests.uploading import (
    add,
    file,
    fresh,
    make_older,
)

NOW = dt.timedelta(0)
DAY = dt.timedelta(days=1)


def swept(age: dt.timedelta = NOW, *, dry: bool = False) -> list[tuple[str, str]]:
    """What is removed, or would be: its sort and its name."""
    return [(each.waste.name, each.name) for each in sweep(age, dry=dry)]


def keep(data: bytes) -> Blob:
    """A file that was filed and drawn, and whose content is gone."""
    content = add(data)
    file(content)
    blob = fresh(content).blob
    assert blob is not None
    filing.study(blob.pk)
    content.delete()
    blob.refresh_from_db()
    return blob


def unused_film() -> Blob:
    """A film and its picture, and a day later nothing that refers to it."""
    blob = keep(film("unused"))
    make_older(DAY)
    return blob


def stray(folders: Path) -> Path:
    """A file in the media tree that no row knows."""
    path = folders / "media" / "2026" / "11" / "23" / "video" / "Stray.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"stray")
    return path
