"""After a file is kept: a still picture of it, and what was not known when it came."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.db.models import QuerySet
from django.utils import timezone

from . import storing
from .errors import Refused
from .models import Blob
from .probing import Facts, Medium, draw, probe
from .staging.scratch import scratch
from .stores import chosen

# Longer than any study takes, so nobody else begins the same meanwhile; a killed one is begun again then.
TURN = dt.timedelta(minutes=3)
# Bytes a second, at the least, in which a file comes out of a bucket to be looked at.
SLOWEST = 2**20


@dataclass(frozen=True, slots=True)
class Findings:
    """What a study found: facts where there were none, and where the picture lies, "" for no picture."""

    facts: Facts | None
    poster_path: str


def due() -> QuerySet[Blob]:
    """The blobs that nobody has looked at yet. The oldest first."""
    return Blob.objects.filter(study_due__lt=timezone.now()).order_by("study_due", "pk")


def take(blob_id: int) -> Blob | None:
    """Take one's turn: of several workers one gets the blob, the others None."""
    blob = due().filter(pk=blob_id).first()
    if blob is None:
        return None
    until = timezone.now() + TURN + dt.timedelta(seconds=blob.size / SLOWEST)
    mine = Blob.objects.filter(pk=blob_id, study_due=blob.study_due).update(study_due=until)
    return blob if mine else None


def study(blob: Blob) -> Findings:
    """Look at the bytes and draw the picture. Slow: never inside of a transaction.

    Raises `OSError` when the store does not have them now. Done again it ends the same way.
    """
    facts = None
    with storing.at_hand(blob) as path, scratch("picture") as folder:
        if not blob.medium:
            try:
                facts = probe(path, blob.path)
            except Refused:
                # It was kept before files were looked at, and stays.
                return Findings(None, "")
        picture = folder / "poster.jpg"
        if not draw(path, facts.medium if facts else Medium(blob.medium), picture):
            return Findings(facts, "")
        with picture.open("rb") as drawn:
            os.fsync(drawn.fileno())
        poster = poster_of(blob.path)
        kept = chosen.store()
        kept.remove(poster)
        kept.put(picture, poster)
    return Findings(facts, poster)


def keep(blob: Blob, findings: Findings) -> bool:
    """Write the findings down; False if the blob is gone. In the transaction that tells the contents."""
    if findings.facts is not None:
        storing.know(blob, findings.facts)
    blob.poster_path, blob.study_due = findings.poster_path, None
    columns = ("poster_path", "study_due", "medium", "what", "media_type", "codecs", "playable")
    values = {name: getattr(blob, name) for name in (*columns, "duration", "width", "height")}
    return bool(Blob.objects.filter(pk=blob.pk).update(**values))


def poster_of(path: str) -> str:
    """Where the picture of the file at this path lies: beside it, and nothing else has that name."""
    place = PurePosixPath(path)
    return str(place.parent / "posters" / f"{place.name}.jpg")
