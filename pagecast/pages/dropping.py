"""Files that come without a word about what they are: each becomes a content of the kind that it tells."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_noop as _

from pagecast.counting.batches import batches
from pagecast.media import resuming, storing
from pagecast.media.assembling import require_bytes
from pagecast.media.errors import Lost, NotComplete, Refused, Unreachable
from pagecast.media.models import Blob, Upload
from pagecast.media.preparing import facts_of
from pagecast.media.probing import Facts, Medium, probe
from pagecast.media.stores.store import StoreAway
from pagecast.media.subtitles import LIMIT, language_of
from pagecast.media.subtitles.decoding import decoded
from pagecast.media.types import SUBTITLES
from pagecast.media.words import Bytes, Words

from . import editing, filing
from .books import editing as one_edit
from .kinds import kind_of_file, kinds
from .models import Content, SubtitleTrack
from .models.titled import TITLE_LENGTH
from .subtitling import Track, set_track

_NO_KIND = _("“%(name)s”: This is %(what)s. No kind of content takes that. Nothing was kept.")
_TOO_LONG = _("“%(name)s” is too large for a text: texts are taken up to %(limit)s.")
_NO_FILM = _(
    "“%(name)s” are subtitles. Drop them when their film is on the page, under the same name, "
    "or add them in the form of the film."
)


class Foreign(Refused):
    """It is not there for this sender."""

    def __init__(self) -> None:
        super().__init__(_("This file is not here any more. Send it again."))


def take(upload_id: UUID, sender: str, beside: Sequence[int] = ()) -> Content:
    """Make a content of an upload that has come in whole. Asked again, it answers with the same content.

    Its kind follows from its bytes and its title from its name; bytes that are here already are linked at
    once. Subtitles go to the film among `beside` whose file has their name. Raises `Refused` in words,
    and then nothing is kept of the upload. Slow: never inside of a transaction.
    """
    if made := _made_of(upload_id):
        return made
    upload = Upload.objects.filter(pk=upload_id, sender=sender).select_related("blob").first()
    if upload is None:
        raise Foreign
    if upload.state == Upload.State.RECEIVING or upload.is_part:
        raise NotComplete(upload.name)
    try:
        return _take(upload, beside)
    except (Upload.DoesNotExist, FileNotFoundError, Lost) as error:
        # Of two who ask at once the other one was quicker; or it was swept.
        if made := _made_of(upload_id):
            return made
        raise Foreign from error
    except Refused:
        with suppress(Upload.DoesNotExist, FileNotFoundError):
            resuming.abandon(upload)
        raise
    except StoreAway as away:
        # It is kept, and may be asked for again.
        raise Unreachable(upload.name, away) from away


def _made_of(upload_id: UUID) -> Content | None:
    """What the upload has become already, if it was asked for before."""
    made = Content.objects.filter(Q(upload=upload_id) | Q(origin=_origin(upload_id))).first()
    if made is None and (track := SubtitleTrack.objects.filter(upload=upload_id).first()):
        made = track.content
    return made


def _origin(upload_id: UUID) -> str:
    """Where a text came from, whose upload has gone: no path begins like that."""
    return f"upload:{upload_id}"


def _take(upload: Upload, beside: Sequence[int]) -> Content:
    blob = Blob.objects.filter(sha256=upload.sha256).first() if upload.sha256 else None
    facts = facts_of(blob) if blob is not None and blob.medium else _look(upload)
    if facts.medium is Medium.TEXT and PurePosixPath(upload.name).suffix.lower() in SUBTITLES:
        return _give_to_film(upload, beside)
    kind = _kind_for(facts, upload.name)
    if kind is None:
        raise Refused(_NO_KIND, name=upload.name, what=Words(facts.what))
    content = kind(title=title_of(upload.name))
    if not kind.file_field:
        return _take_text(content, upload)
    with one_edit():
        if made := _hold(upload):
            return made
        editing.write_content(content, {}, upload)
    if blob is not None:
        # Nothing has to be looked at or moved: it is done before a worker would have heard of it.
        filing.file(upload.pk)
    return content


def _look(upload: Upload) -> Facts:
    with storing.fetching([upload]):
        require_bytes(upload)
        return probe(upload.staged, upload.name)


def _kind_for(facts: Facts, name: str) -> type[Content] | None:
    """The kind that wants just such a file; else one that takes any file, or a text, of that name."""
    with_file = [kind for kind in kinds().values() if kind.file_field]
    for kind in with_file:
        if kind.medium == facts.medium:
            return kind
    named = kind_of_file(name)
    if named is None:
        return None
    takes_any = named.file_field and named.medium in {None, Medium.OTHER}
    is_text = not named.file_field and facts.medium is Medium.TEXT and hasattr(named, "text")
    return named if takes_any or is_text else None


def _take_text(content: Content, upload: Upload) -> Content:
    """A text is a column, not a file: its upload has served."""
    if upload.size > LIMIT:
        raise Refused(_TOO_LONG, name=upload.name, limit=Bytes(LIMIT))
    with storing.fetching([upload]):
        require_bytes(upload)
        text = decoded(upload.staged.read_bytes(), upload.name).text
    with one_edit():
        if made := _hold(upload):
            return made
        editing.write_content(content, {"text": text, "origin": _origin(upload.pk)})
    with suppress(Upload.DoesNotExist):
        resuming.abandon(upload)
    return content


def _hold(upload: Upload) -> Content | None:
    """Until the transaction ends: of two who ask at once, the second finds what the first has made."""
    Upload.objects.select_for_update().get(pk=upload.pk)
    return _made_of(upload.pk)


def _give_to_film(upload: Upload, beside: Sequence[int]) -> Content:
    stem = PurePosixPath(upload.name).stem
    films = [
        content
        for batch in batches(list(beside))
        for content in Content.objects.filter(pk__in=batch).select_related("upload")
        if content.takes_subtitles and content.upload and _belongs(stem, content.upload.name)
    ]
    if not films:
        raise Refused(_NO_FILM, name=upload.name)
    # Of "Dawn" and "Dawn-2" the longer one is meant by Dawn-2.ru.srt.
    film = max(films, key=lambda each: len(each.upload.name if each.upload else ""))
    set_track(film, Track(language_of(upload.name), upload))
    return film


def _belongs(stem: str, film: str) -> bool:
    name = PurePosixPath(film).stem
    return stem == name or stem.startswith((f"{name}.", f"{name}-"))


def title_of(name: str) -> str:
    """The title that the name of a file gives.

    >>> title_of("Dawn_over_the_hills.mp4")
    'Dawn over the hills'
    """
    stem = PurePosixPath(name).stem if PurePosixPath(name).suffix else name
    title = " ".join(stem.replace("_", " ").split())[:TITLE_LENGTH]
    return title or name[:TITLE_LENGTH]
