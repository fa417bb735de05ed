"""Background work: uploads become the files of contents, or are refused with the reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.module_loading import import_string

from pagecast.media import leases, preparing, retrying, storing, studying
from pagecast.media.errors import GaveUp, Refused, WaitedInVain, obstacle
from pagecast.media.models import Blob, Upload
from pagecast.media.preparing import Prepared
from pagecast.media.probing import Facts, Medium

from .books import editing, touch_contents
from .kinds import kinds
from .models import Content, SubtitleTrack
from .signals import content_filed
from .telling import Telling, named

SUBTITLES = "subtitles"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of an upload: the folder for it, and what it has to be."""

    folder: str
    medium: Medium | None


def ask(upload_id: UUID) -> None:
    """Have the upload filed soon after the transaction is committed.

    Only the id is sent, and only to be quick about it: a worker finds what nobody sent in `due`.
    """
    if settings.PAGECAST_QUEUE:
        send = import_string(settings.PAGECAST_QUEUE)
        transaction.on_commit(partial(send, str(upload_id)), robust=True)


def due() -> QuerySet[Upload]:
    """The uploads that somebody waits for and no living worker has in hand. The oldest first.

    And those whose worker was killed and that nobody waits for any more: somebody has to let go of them.
    """
    return leases.due().filter(_is_wanted() | Q(state=Upload.State.PROCESSING))


def retry(upload_id: UUID) -> bool:
    """Have a failed upload filed anew; False if it can not be tried, or somebody has just asked for it."""
    with transaction.atomic():
        if not retrying.retry(upload_id):
            return False
        ask(upload_id)
    return True


def wanted() -> QuerySet[Upload]:
    """The uploads that are the file of something, or are to become it."""
    return Upload.objects.filter(_is_wanted())


def _is_wanted() -> Q:
    contents = Content.objects.non_polymorphic().filter(upload=OuterRef("pk")).order_by()
    tracks = SubtitleTrack.objects.filter(upload=OuterRef("pk")).order_by()
    return Q(Exists(contents) | Exists(tracks))


def file(*upload_ids: UUID, facts: Mapping[UUID, Facts] | None = None) -> list[Blob]:
    """File the uploads: safe to run twice, at once, and again after a kill at any point.

    Does nothing about those that are done or that another worker has. `facts` are known of those whose bytes
    were probed before. Answers with the blobs.
    """
    with leases.lease(upload_ids) as uploads, named(uploads), storing.fetching(uploads):
        wishes, known = _wishes(uploads), storing.known(uploads)
        telling = Telling({key: wished[0].folder for key, wished in wishes.items()})
        ready: dict[Prepared, str] = {}
        refused: dict[Upload, Refused] = {}
        for upload in uploads:
            try:
                if prepared := _prepare(
                    upload, wishes.get(upload.pk, []), known.get(upload.sha256), (facts or {}).get(upload.pk)
                ):
                    ready[prepared] = wishes[upload.pk][0].folder
            except Refused as reason:
                refused[upload] = reason
            except OSError as error:
                _postpone(upload, error, refused, telling)
        new = [(file, folder) for file, folder in ready.items() if file.blob is None]
        for file, obstacle in storing.place(new).items():
            del ready[file]
            _postpone(file.upload, obstacle, refused, telling)
        return _decide(list(ready), refused, telling)


def work() -> bool:
    """File the upload that has waited longest or, when none waits, look at one that is kept.

    False if there is nothing to do.
    """
    if upload_id := due().values_list("pk", flat=True).first():
        for blob in file(upload_id):
            study(blob.pk)
        return True
    if blob_id := studying.due().values_list("pk", flat=True).first():
        study(blob_id)
        return True
    return False


def study(blob_id: int) -> None:
    """Look at a file that is kept, and draw its picture. Safe to run twice, at once, and after a kill."""
    blob = studying.take(blob_id)
    if blob is None:
        return
    try:
        findings = studying.study(blob)
    except OSError:
        # Its turn comes again.
        return
    with editing():
        if studying.keep(blob, findings):
            touch_contents(Content.objects.non_polymorphic().filter(blob=blob).values_list("pk", flat=True))


def _wishes(uploads: Sequence[Upload]) -> dict[UUID, list[Wish]]:
    found: defaultdict[UUID, list[Wish]] = defaultdict(list)
    for track in SubtitleTrack.objects.filter(upload__in=uploads):
        found[_key(track)].append(Wish(SUBTITLES, None))
    waiting = Content.objects.non_polymorphic().filter(upload__in=uploads).order_by("pk")
    for content in waiting.select_related("polymorphic_ctype"):
        name = content.polymorphic_ctype.model
        # The kind of an app that is not installed any more takes what comes.
        found[_key(content)].append(Wish(name, kinds()[name].medium if name in kinds() else None))
    return dict(found)


def _key(waiting: Content | SubtitleTrack) -> UUID:
    """The upload that it waits for."""
    assert waiting.upload_id is not None  # noqa: S101 - only those that wait for one are asked
    return waiting.upload_id


def _prepare(
    upload: Upload, wishes: Sequence[Wish], known: Blob | None, facts: Facts | None
) -> Prepared | None:
    if leases.is_hopeless(upload):
        raise GaveUp(upload.name, leases.ATTEMPTS)
    if not wishes:
        # Whoever wanted it is gone; somebody may want it again until it is swept.
        storing.vacate(upload)
        leases.release(upload)
        return None
    media = [wish.medium for wish in wishes if wish.medium]
    if wishes[0].folder == SUBTITLES:
        prepared = preparing.prepare_subtitles(upload, media)
    else:
        prepared = preparing.prepare(upload, media, known, facts)
    if prepared.blob is not None:
        storing.put_back(prepared.blob, prepared)
    return prepared


def _postpone(upload: Upload, error: OSError, refused: dict[Upload, Refused], telling: Telling) -> None:
    """What stands in the way is none of the file's fault: try again later, but not for ever."""
    reason = obstacle(error)
    if leases.postpone(upload, reason):
        telling.tell(upload, "postponed", reason=str(reason))
    else:
        refused[upload] = WaitedInVain(upload.name, reason)


def _decide(ready: Sequence[Prepared], refused: Mapping[Upload, Refused], telling: Telling) -> list[Blob]:
    """Write down what becomes of each, all in one edit; one by one if something is wrong with one."""
    if not ready and not refused:
        return []
    try:
        blobs, dropped = _commit(ready, refused)
    except DatabaseError:
        if len(ready) + len(refused) == 1:
            raise
        each = [blob for file in ready for blob in _decide([file], {}, telling)]
        alone = [{upload: reason} for upload, reason in refused.items()]
        return each + [blob for one in alone for blob in _decide([], one, telling)]
    for file, blob in blobs.items():
        storing.clear(file, blob)
        is_known = file.blob is not None or blob.path != file.upload.path
        telling.tell(file.upload, "known" if is_known else "kept", path=blob.path)
    for upload in dropped:
        telling.tell(upload, "refused", reason=str(refused[upload].words))
        if refused[upload].is_passing:
            storing.set_aside(upload)
        else:
            storing.drop(upload)
    return list(blobs.values())


def _commit(
    ready: Sequence[Prepared], refused: Mapping[Upload, Refused]
) -> tuple[dict[Prepared, Blob], list[Upload]]:
    """Decide on those that are still ours: whoever was too slow has lost its lease, and touches nothing."""
    with editing():
        ours = set(leases.held([*(file.upload for file in ready), *refused]))
        blobs = storing.claim(file for file in ready if file.upload in ours)
        leases.complete(blobs)
        dropped = [upload for upload in refused if upload in ours]
        leases.refuse(
            {upload: refused[upload].words for upload in dropped},
            [upload for upload in dropped if refused[upload].is_passing],
        )
        _finish([file.upload.pk for file in blobs], [upload.pk for upload in dropped])
    return blobs, dropped


def _finish(filed: Collection[UUID], dropped: Collection[UUID]) -> None:
    """Tell those that wait for the uploads, at the end of the edit that decides on them."""
    blob = Upload.objects.filter(pk=OuterRef("upload")).values("blob")
    contents, tracks = Content.objects.non_polymorphic(), SubtitleTrack.objects.all()
    contents.filter(upload__in=filed).update(blob=Subquery(blob), updated_at=timezone.now())
    tracks.filter(upload__in=filed).update(blob=Subquery(blob))
    told = {*filed, *dropped}
    waiting = set(contents.filter(upload__in=told).values_list("pk", flat=True))
    waiting |= set(tracks.filter(upload__in=told).values_list("content", flat=True))
    for key in sorted(waiting):
        transaction.on_commit(partial(content_filed.send_robust, sender=Content, content_id=key))
