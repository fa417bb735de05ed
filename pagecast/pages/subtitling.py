"""The verbs for subtitles. Each is one edit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from pagecast.media.errors import Refused
from pagecast.media.models import Upload
from pagecast.media.preparing import VTT
from pagecast.media.receiving import take_up

from . import filing
from .books import editing
from .models import Content, SubtitleTrack


@dataclass(frozen=True, slots=True)
class Track:
    """Subtitles as an editor wants them: a new file, or a link, or neither for what is there already."""

    language: str
    upload: Upload | None = None
    url: str | None = None


def set_track(content: Content, track: Track) -> SubtitleTrack:
    """Give the content these subtitles; they take the place of others in the same language.

    A file is shown once it is filed; until then readers get the earlier one. Raises `Refused` for an upload
    that is not whole, or that is known to be something else.
    """
    with editing():
        if track.upload is not None:
            # Before the content, like everybody who holds both.
            take_up(track.upload.pk)
        # Two editors at once: the second waits here, and then replaces what the first has made.
        list(Content.objects.non_polymorphic().select_for_update(no_key=True).filter(pk=content.pk))
        rows = SubtitleTrack.objects.select_for_update().filter(content=content, language=track.language)
        row = rows.first() or SubtitleTrack(content=content, language=track.language)
        return write_track(row, track.upload, track.url)


def write_track(row: SubtitleTrack, upload: Upload | None, url: str | None) -> SubtitleTrack:
    """Create the row, or change it; `upload` becomes its file, `url` takes the place of a file."""
    with editing():
        if upload is not None:
            # Held, so that whoever files it meanwhile finds this row waiting for it, too.
            row.upload, row.url = take_up(upload.pk), None
            if row.upload.blob is not None:
                if row.upload.blob.media_type != VTT:
                    raise Refused(
                        gettext_noop("“%(name)s” was sent as something else than subtitles. Send it again."),
                        name=upload.name,
                    )
                row.blob = row.upload.blob
            filing.ask(upload.pk)
        elif url:
            row.upload, row.blob, row.url = None, None, url
        row.save()
    return row


def set_tracks(content: Content, tracks: Sequence[Track]) -> None:
    """Let the content have exactly these subtitles.

    Raises `ValidationError` for a language that is named twice, or of which there is nothing to show.
    """
    twice = [language for language, times in Counter(track.language for track in tracks).items() if times > 1]
    if twice:
        text = _("Named twice: %(languages)s. A content has one track of subtitles for each language.")
        raise ValidationError({"subtitles": text % {"languages": ", ".join(each or "–" for each in twice)}})
    with editing():
        kept = {track.language for track in tracks}
        there = set()
        for row in SubtitleTrack.objects.filter(content=content):
            if row.language in kept:
                there.add(row.language)
            else:
                row.delete()
        for track in tracks:
            if track.upload is not None or track.url is not None:
                set_track(content, track)
            elif track.language not in there:
                text = _("There are no subtitles in “%(language)s” yet: give an upload or a url with it.")
                raise ValidationError({"subtitles": text % {"language": track.language or "–"}})
