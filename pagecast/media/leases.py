"""The row is the job: an upload is filed by whoever holds its lease, and a lease that runs out is free again.

A worker takes the lease by compare-and-swap and renews it from a thread while it works. Killed at any
point, it leaves a row whose lease runs out, and the next worker takes it from there.
"""

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from .errors import GaveUp
from .models import Blob, Upload

LEASE = dt.timedelta(seconds=6)
# After so many attempts that broke off, an upload is refused: something about it kills the worker.
ATTEMPTS = 5

UNFINISHED = Q(state__in=[Upload.State.PENDING, Upload.State.PROCESSING])


def due() -> QuerySet[Upload]:
    """The uploads that wait for a worker: new ones, and those whose worker is gone. The oldest first."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    return Upload.objects.filter(UNFINISHED & free).order_by("created_at", "pk")


@contextlib.contextmanager
def lease(upload_id: UUID) -> Iterator[Upload | None]:
    """Hold the upload while it is filed; None if it is done, or if another worker has it.

    Raises `GaveUp`, and holds nothing, when it was tried too often: refuse it then.
    """
    upload = due().filter(pk=upload_id).first()
    if upload is None or not _take(upload):
        yield None
        return
    if upload.attempts > ATTEMPTS:
        raise GaveUp(upload.name, ATTEMPTS, upload.error or _("each time the worker was cut off"))
    done = threading.Event()
    keeper = threading.Thread(target=_renew, args=(upload.pk, done), name=f"lease of {upload.pk}")
    keeper.start()
    try:
        yield upload
    finally:
        done.set()
        keeper.join()


def complete(upload: Upload, blob: Blob) -> None:
    """The upload is filed: it is this blob now. Call it in the transaction that tells its contents."""
    upload.blob, upload.state, upload.error = blob, Upload.State.COMPLETED, ""
    upload.save(update_fields=["blob", "state", "error"])


def refuse(upload: Upload, reason: str) -> None:
    """The upload is not kept, for a reason that its editor can act on."""
    upload.state, upload.error = Upload.State.FAILED, reason
    upload.save(update_fields=["state", "error"])


def postpone(upload: Upload, reason: str) -> None:
    """This attempt did not work out (a full disk, say): try again, a little later each time."""
    wait = dt.timedelta(seconds=min(2**upload.attempts, 60))
    Upload.objects.filter(UNFINISHED, pk=upload.pk).update(lease_until=timezone.now() + wait, error=reason)


@transaction.atomic
def _take(upload: Upload) -> bool:
    """Compare and swap: of several workers that saw the row free, one wins."""
    taken = Upload.objects.filter(UNFINISHED, pk=upload.pk, lease_until=upload.lease_until).update(
        state=Upload.State.PROCESSING, lease_until=timezone.now() + LEASE, attempts=F("attempts") + 1
    )
    upload.refresh_from_db()
    return bool(taken)


def _renew(upload_id: UUID, done: threading.Event) -> None:
    try:
        while not done.wait(LEASE.total_seconds() / 3):
            Upload.objects.filter(UNFINISHED, pk=upload_id).update(lease_until=timezone.now() + LEASE)
    finally:
        connection.close()
