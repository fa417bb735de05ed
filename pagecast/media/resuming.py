"""Uploads that come in pieces, on one connection after another, and go on where they broke off.

How many bytes are here is told by the place where they are staged: after a kill or a power cut it is what is
really there. The row says what was announced, who sends it, and until when it is waited for.
"""

import datetime as dt
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from .appending import Checked, Gone, sums
from .errors import Empty, NotComplete, Refused, TooLarge
from .models import NAME_LENGTH, Upload
from .staging.chosen import place
from .staging.place import Writer

# So long an upload is waited for after it was last heard of.
EXPIRY = dt.timedelta(days=3)


class Busy(Refused):
    """A worker has it in hand."""

    def __init__(self, name: str) -> None:
        super().__init__(_("“%(name)s” is being filed just now. Try again in a minute."), name=name)


class Taken(Refused):
    """It is part of another upload."""

    def __init__(self, name: str) -> None:
        text = _("“%(name)s” is part of another upload already. Send the part again, or use that upload.")
        super().__init__(text, name=name)


class NotParts(Refused):
    """What was named is not there, is no part, is named twice, or is somebody else's."""

    def __init__(self, name: str) -> None:
        text = _(
            "“%(name)s” cannot be put together: name each of its parts once, in their order, "
            "and only parts that you have sent."
        )
        super().__init__(text, name=name)


def begin(name: str, size: int, *, sender: str, metadata: str = "", is_part: bool = False) -> Upload:
    """An upload of so many bytes, none of which are here yet.

    Raises `Empty`, `TooLarge`, or `NoRoom` if the disk has less room.
    """
    name, limit = name[-NAME_LENGTH:], settings.PAGECAST_MAX_UPLOAD_BYTES
    if not size:
        raise Empty(name)
    if size > limit:
        raise TooLarge(name, limit)
    upload = Upload(
        name=name,
        size=size,
        state=Upload.State.RECEIVING,
        sender=sender,
        metadata=metadata,
        is_part=is_part,
        expires_at=timezone.now() + EXPIRY,
    )
    with place().beginning(upload):
        upload.save(force_insert=True)
    return upload


def arrived(upload: Upload) -> int:
    """How many bytes of it are here. Raises `Gone` if it is not kept any more."""
    if upload.state != Upload.State.RECEIVING:
        return upload.size
    if upload.expires_at is not None and upload.expires_at <= timezone.now():
        raise Gone(upload.name)
    return place().arrived(upload)


def append(upload: Upload, offset: int, checksum: tuple[str, bytes] | None = None) -> Writer:
    """Takes its next bytes; with a checksum, the name of its algorithm and its digest, all of them or none.

    Raises `Moved` if the offset is not where it ends, and `Gone`.
    """
    writer = place().writer(upload, offset)
    return writer if checksum is None else Checked(writer, *checksum)


def prolong(upload: Upload) -> None:
    """It was heard of: wait for the rest of it from now on."""
    upload.expires_at = timezone.now() + EXPIRY
    coming = Upload.objects.filter(pk=upload.pk, state=Upload.State.RECEIVING)
    coming.update(expires_at=upload.expires_at)


def finish(upload: Upload) -> bool:
    """Hand it on if all its bytes are here, and answer whether they are. Safe to do twice.

    They are safe before the row says so. Raises `Gone`, or `Upload.DoesNotExist` if it was abandoned.
    Slow: never inside of a transaction.
    """
    if upload.state != Upload.State.RECEIVING:
        return True
    if arrived(upload) < upload.size:
        return False
    place().settle(upload)
    coming = Upload.objects.filter(pk=upload.pk, state=Upload.State.RECEIVING)
    coming.update(
        state=Upload.State.PENDING,
        sha256=sums.of(upload.pk, upload.size),
        expires_at=timezone.now() + EXPIRY,
    )
    upload.refresh_from_db()
    return True


def join(parts: Sequence[UUID], name: str, *, sender: str, metadata: str = "") -> Upload:
    """An upload whose bytes are those of the parts, in this order; a worker puts them together.

    Asked again for the same parts, it answers with the same upload. Raises `NotParts`, `NotComplete`,
    `Taken` or `TooLarge`.
    """
    name, limit = name[-NAME_LENGTH:], settings.PAGECAST_MAX_UPLOAD_BYTES
    with transaction.atomic():
        rows = Upload.objects.select_for_update().filter(pk__in=parts, sender=sender, is_part=True)
        found = {row.pk: row for row in rows.order_by("pk")}
        if not parts or not len(parts) == len(set(parts)) == len(found):
            raise NotParts(name)
        chosen = [found[key] for key in parts]
        if any(part.part_of_id for part in chosen):
            return _joined(chosen)
        if any(part.state != Upload.State.PENDING for part in chosen):
            raise NotComplete(name)
        size = sum(part.size for part in chosen)
        if size > limit:
            raise TooLarge(name, limit)
        whole = Upload.objects.create(
            name=name, size=size, sender=sender, metadata=metadata, expires_at=timezone.now() + EXPIRY
        )
        for number, part in enumerate(chosen):
            part.part_of, part.part_number = whole, number
        Upload.objects.bulk_update(chosen, ["part_of", "part_number"])
    return whole


def _joined(parts: Sequence[Upload]) -> Upload:
    """The upload that consists of exactly these parts: its sender did not hear of it and asks again."""
    whole = parts[0].part_of
    if whole is None or list(whole.parts.order_by("part_number")) != list(parts):
        raise Taken(next(part.name for part in parts if part.part_of_id))
    return whole


def abandon(upload: Upload) -> None:
    """Remove it and its bytes.

    Raises `Busy` or `Taken`, Django's `ProtectedError` if something refers to it, and
    `Upload.DoesNotExist` if it is removed already.
    """
    with transaction.atomic():
        row = Upload.objects.select_for_update().get(pk=upload.pk)
        is_held = row.lease_until is None or row.lease_until > timezone.now()
        if row.state == Upload.State.PROCESSING and is_held:
            raise Busy(row.name)
        if row.part_of_id:
            raise Taken(row.name)
        remove_bytes = place().let_go([row, *row.parts.all()])
        row.delete()
    remove_bytes()
