"""Which objects hold the bytes of an upload. The rows are the truth: each is made after its object."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, Q, Sum

from pagecast.media.appending import Gone, Moved
from pagecast.media.models import Piece, Upload


def new_name(upload_id: UUID, start: int) -> str:
    """A name for an object that nobody else ever has: two servers may be at the same place at once."""
    return f"{upload_id}/{start:020}.{uuid4().hex}"


def end_of(upload: Upload) -> int:
    """How many bytes of it are safe."""
    return int(upload.pieces.aggregate(size=Sum("size", default=0))["size"])


@transaction.atomic
def append(upload: Upload, piece: Piece) -> None:
    """Write down that the piece is there, behind all others.

    Raises `Moved` if another one came first, and `Gone` if nobody waits for it any more; its object is
    nobody's then.
    """
    # Held: of two servers that append at once, the second sees what the first has written.
    waiting = Upload.objects.select_for_update().filter(pk=upload.pk, state=Upload.State.RECEIVING)
    if waiting.values_list("pk").first() is None:
        raise Gone(upload.name)
    end = end_of(upload)
    if end != piece.start:
        raise Moved(upload.name, piece.start, end)
    piece.save(force_insert=True)


@transaction.atomic
def join(whole: Upload) -> None:
    """The pieces of its parts become its own, in their order. Safe to do twice, and at once."""
    Upload.objects.select_for_update().filter(pk=whole.pk).values_list("pk").first()
    start = end_of(whole)
    for part in whole.parts.order_by("part_number"):
        # Out of an archive may come a whole, and its parts as well: it was made just as they were exported.
        if start < whole.size:
            part.pieces.update(upload=whole, start=F("start") + start)
            start += part.size
        part.delete()


@transaction.atomic
def forget(uploads: Sequence[Upload]) -> list[str]:
    """Give up the pieces of these; answers with the names of their objects, which are nobody's then."""
    pieces = Piece.objects.filter(upload__in=[upload.pk for upload in uploads])
    names = list(pieces.values_list("name", flat=True))
    pieces.delete()
    return names


def needed(names: Collection[str]) -> set[str]:
    """Which of them some upload still has to be filed from, or can be tried again with."""
    done = Q(upload__state=Upload.State.COMPLETED)
    done |= Q(upload__state=Upload.State.FAILED, upload__expires_at=None)
    return set(Piece.objects.filter(name__in=names).exclude(done).values_list("name", flat=True))
