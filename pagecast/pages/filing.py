"""Background work: a content's upload becomes its file, or is refused with the reason."""

from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from pagecast.media import leases, probing, storing
from pagecast.media.errors import GaveUp, Refused
from pagecast.media.models import Blob, Upload

from .books import editing
from .models import Content
from .signals import content_filed


def ask(upload_id: UUID) -> None:
    """Have the upload filed soon after the transaction is committed.

    Only the id is sent, and only to be quick about it: a worker finds what nobody sent in `due`.
    """
    if settings.PAGECAST_QUEUE:
        send = import_string(settings.PAGECAST_QUEUE)
        transaction.on_commit(partial(send, str(upload_id)), robust=True)


def due() -> QuerySet[Upload]:
    """The uploads that some content waits for and no living worker has in hand. The oldest first."""
    return leases.due().filter(contents__isnull=False).distinct()


def file(upload_id: UUID) -> None:
    """File the upload: safe to run twice, at once, and again after a kill at any point.

    Does nothing if it is done or if another worker has it.
    """
    try:
        with leases.lease(upload_id) as upload:
            if upload is not None:
                _file(upload)
    except GaveUp as reason:
        _refuse(Upload.objects.get(pk=upload_id), reason)


def _file(upload: Upload) -> None:
    content = Content.objects.filter(upload=upload).first()
    if content is None:
        leases.postpone(upload, "")
        return
    placed = None
    try:
        if not storing.is_known(upload):
            probing.probe(upload)
            placed = storing.place(upload, content.kind())
    except Refused as reason:
        _refuse(upload, reason)
        return
    except OSError as error:
        leases.postpone(upload, error.strerror or str(error))
        return
    with editing():
        blob = storing.claim_blob(upload, placed)
        leases.complete(upload, blob)
        _finish(upload, blob)
    storing.clear(upload, placed, blob)


def _refuse(upload: Upload, reason: Refused) -> None:
    with editing():
        leases.refuse(upload, str(reason))
        _finish(upload, None)
    storing.clear(upload, None, None)


def _finish(upload: Upload, blob: Blob | None) -> None:
    """Tell the contents that wait for the upload, at the end of the edit that decides on it."""
    waiting = Content.objects.non_polymorphic().filter(upload=upload).order_by("pk")
    for key in list(waiting.select_for_update().values_list("pk", flat=True)):
        if blob is not None:
            content = Content.objects.get(pk=key)
            content.blob = blob
            content.save(update_fields=["blob", "updated_at"])
        transaction.on_commit(partial(content_filed.send_robust, sender=Content, content_id=key))
