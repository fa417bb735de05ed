"""The row is the job: an upload is filed by whoever holds its lease, and a lease that runs out is free again.

A worker takes leases, renews them from a thread while it works, and writes only to rows that it still
holds. Killed at any point, it leaves rows whose leases run out, and the next worker takes them from there.
"""

import contextlib
import datetime as dt
import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext_noop

from .models import Blob, Upload
from .preparing import Prepared
from .retrying import KEPT
from .words import Words

LEASE = dt.timedelta(seconds=6)
# After so many attempts that broke off, an upload is refused: something about it kills the worker.
ATTEMPTS = 5
# What stands in the way from outside, a full disk say, is waited for so long.
PATIENCE = dt.timedelta(days=1)

# Nobody holds what is decided, and its path is the blob's from now on, or nobody's.
DECIDED: dict[str, Any] = {"holder": None, "path": None, "waiting_since": None}
WAITS = gettext_noop("It waits, and is tried again by itself. %(reason)s")
UNFINISHED = Q(state__in=[Upload.State.PENDING, Upload.State.PROCESSING], is_part=False)


def due() -> QuerySet[Upload]:
    """The uploads that wait for a worker: new ones, and those whose worker is gone. The oldest first.

    One whose bytes are being filed at this moment, from another upload, waits: it will find them there.
    """
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    twin = (
        Upload.objects.filter(state=Upload.State.PROCESSING, lease_until__gte=now, holder__isnull=False)
        .filter(sha256=OuterRef("sha256"))
        .exclude(sha256="")
    )
    return Upload.objects.filter(UNFINISHED & free).exclude(Exists(twin)).order_by("created_at", "pk")


@contextlib.contextmanager
def lease(upload_ids: Collection[UUID]) -> Iterator[list[Upload]]:
    """Hold the uploads while they are filed: those of them that are not done and that nobody else holds."""
    uploads = _take(upload_ids)
    if not uploads:
        yield []
        return
    done = threading.Event()
    keeper = threading.Thread(target=_renew, args=(uploads[0].holder, done), name="keeper of leases")
    keeper.start()
    try:
        yield uploads
    finally:
        done.set()
        keeper.join()


def held(uploads: Sequence[Upload]) -> list[Upload]:
    """Those that are still ours, held until the transaction ends: a lease may have run out meanwhile."""
    mine = (
        Upload.objects.select_for_update()
        .filter(pk__in=[upload.pk for upload in uploads], state=Upload.State.PROCESSING)
        .order_by("pk")
        .values_list("pk", "holder")
    )
    holders = dict(mine)
    return [upload for upload in uploads if holders.get(upload.pk) == upload.holder]


def is_hopeless(upload: Upload) -> bool:
    """It was tried too often."""
    return upload.attempts > ATTEMPTS


def complete(blobs: Mapping[Prepared, Blob]) -> None:
    """The uploads are filed: they are these blobs now. In the transaction that tells the contents."""
    same = Blob.objects.filter(sha256=OuterRef("sha256")).values("pk")
    groups: defaultdict[tuple[bool, str, Blob | None], list[UUID]] = defaultdict(list)
    for file, blob in blobs.items():
        # A later twin in the same batch is as much a duplicate as one that comes next week.
        is_duplicate = file.blob is not None or blob.path != file.upload.path
        # Subtitles are kept as something else than they were sent as.
        converted = blob if file.sha256 != file.upload.sha256 else None
        groups[is_duplicate, file.encoding, converted].append(file.upload.pk)
    for (is_duplicate, encoding, converted), keys in groups.items():
        Upload.objects.filter(pk__in=keys).update(
            blob=converted or Subquery(same),
            is_duplicate=is_duplicate,
            encoding=encoding,
            reason=None,
            **DECIDED | {"state": Upload.State.COMPLETED},
        )


def refuse(reasons: Mapping[Upload, Words], passing: Collection[Upload] = ()) -> None:
    """The uploads are not kept, for reasons that their editors can act on.

    Those of `passing` can be tried again for a while: `storing.set_aside` keeps their bytes.
    """
    until = timezone.now() + KEPT
    for upload, words in reasons.items():
        Upload.objects.filter(pk=upload.pk).update(
            reason=words.to_json(),
            expires_at=until if upload in passing else None,
            **DECIDED | {"state": Upload.State.FAILED},
        )


def release(upload: Upload) -> None:
    """Let go of it: nothing is done, no place is taken, and anyone may take it."""
    Upload.objects.filter(UNFINISHED, pk=upload.pk, holder=upload.holder).update(
        state=Upload.State.PENDING, lease_until=None, holder=None, path=None, attempts=F("attempts") - 1
    )


def postpone(upload: Upload, reason: Words) -> bool:
    """This attempt did not work out for a reason outside: try again later, a little later each time.

    False if that has been going on for too long.
    """
    now = timezone.now()
    since = upload.waiting_since or now
    if now - since > PATIENCE:
        return False
    wait = min(max((now - since) / 4, dt.timedelta(seconds=1)), dt.timedelta(minutes=1))
    Upload.objects.filter(UNFINISHED, pk=upload.pk, holder=upload.holder).update(
        lease_until=now + wait,
        holder=None,
        waiting_since=since,
        reason=Words(WAITS, {"reason": reason}).to_json(),
        # It was not the file's fault: the attempt does not count.
        attempts=F("attempts") - 1,
    )
    return True


@transaction.atomic
def _take(upload_ids: Collection[UUID]) -> list[Upload]:
    """Of several workers that saw a row free, one wins."""
    holder = uuid4()
    free = due().filter(pk__in=list(upload_ids)).order_by("pk")
    # Two batches that overlap must not wait for one another.
    locked = free.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
    keys = list(locked.values_list("pk", flat=True))
    Upload.objects.filter(pk__in=keys).update(
        state=Upload.State.PROCESSING,
        lease_until=timezone.now() + LEASE,
        holder=holder,
        attempts=F("attempts") + 1,
    )
    return list(Upload.objects.filter(pk__in=keys).order_by("created_at", "pk"))


def _renew(holder: UUID | None, done: threading.Event) -> None:
    try:
        while not done.wait(LEASE.total_seconds() / 3):
            try:
                Upload.objects.filter(UNFINISHED, holder=holder).update(lease_until=timezone.now() + LEASE)
            except (DatabaseError, InterfaceError):
                # It may be back before the lease runs out.
                connection.close()
    finally:
        connection.close()
