"""A second chance for uploads that failed for reasons outside of their files: worn out workers, full disks.

Their staged bytes are kept for a while, in which they can be filed anew. `expires_at` of a failed upload says
until when; one that was refused for what it is has none.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from .models import Upload

#: For so long a failed upload can be tried again.
KEPT = dt.timedelta(days=7)


def can_retry(upload: Upload) -> bool:
    """Whether it failed for a reason outside of the file, and its bytes are still kept."""
    is_kept = upload.expires_at is not None and upload.expires_at > timezone.now()
    return upload.state == Upload.State.FAILED and is_kept


def retryable(uploads: QuerySet[Upload]) -> QuerySet[Upload]:
    """Those of them that can be tried again."""
    return uploads.filter(state=Upload.State.FAILED, expires_at__gt=timezone.now())


def forsaken() -> QuerySet[Upload]:
    """The failed uploads that nobody tried again in time: their bytes may go."""
    return Upload.objects.filter(state=Upload.State.FAILED, expires_at__lte=timezone.now())


def retry(upload_id: UUID) -> bool:
    """Have it wait for a worker again, as if it had just come in; False if it can not be tried again.

    Of two who ask at once, one gets True: the row is looked at again once it is held.
    """
    waits_again = retryable(Upload.objects.filter(pk=upload_id)).update(
        state=Upload.State.PENDING,
        reason=None,
        attempts=0,
        expires_at=None,
        waiting_since=None,
        lease_until=None,
        holder=None,
        path=None,
    )
    return bool(waits_again)
