"""What lists and forms tell of a content, each piece in a cell that changes by itself while its file does."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from pagecast.counting import ledger
from pagecast.media import retrying
from pagecast.media.models import Blob, Upload
from pagecast.media.probing import Medium
from pagecast.media.told import NOTHING, badge, facts_of, framed, is_pending, told, version
from pagecast.pages.kinds import kinds
from pagecast.pages.models import Content, SubtitleTrack

#: What there is to tell of a content, and of a track of its subtitles.
CELLS = ("picture", "status", "length", "size", "notices", "filed")
TRACK_CELLS = ("status", "told")
ICONS = {Medium.VIDEO: "movie", Medium.AUDIO: "music_note", Medium.IMAGE: "image", Medium.OTHER: "draft"}


def cell(content: Content, name: str) -> SafeString:
    """One piece of what there is to tell, to stand in any screen; the names are `CELLS`.

    Asks the database for nothing where `blob`, `upload` and its `blob` were read with the content.
    """
    row = f"content/{content.pk}"
    return framed(row, name, fragment(content, name), state_of(content.upload), is_waiting(content))


def fragment(content: Content, name: str) -> SafeString:
    """The same without its frame."""
    blob, upload = content.blob, content.upload
    match name:
        case "notices":
            return told(upload) if upload else NOTHING
        case "length":
            return conditional_escape(length(blob.duration if blob else None) or NOTHING)
        case "size":
            return conditional_escape(filesizeformat(blob.size) if blob else NOTHING)
    context = {"content": content, "upload": upload, "icon": icon_of(content)}
    if name == "status" and upload is not None:
        context |= _standing(upload, blob)
    return render_to_string(f"live/{name}.html", context)


def track_cell(track: SubtitleTrack, name: str) -> SafeString:
    """One piece of what there is to tell of subtitles; the names are `TRACK_CELLS`."""
    row, pending = f"track/{track.pk}", track.upload is not None and is_pending(track.upload)
    return framed(row, name, track_fragment(track, name), state_of(track.upload), pending)


def track_fragment(track: SubtitleTrack, name: str) -> SafeString:
    """The same without its frame."""
    context: dict[str, Any] = {"track": track, "upload": track.upload}
    if track.upload is not None:
        context |= _standing(track.upload, track.blob)
    # The state of a track is told like that of a content; its place for another file is in its own row.
    return render_to_string("live/status.html" if name == "status" else "live/track.html", context)


def state_of(upload: Upload | None) -> str:
    """The state in a word, for programs."""
    return upload.state if upload else ""


def is_waiting(content: Content) -> bool:
    """Whether its file is still to be decided on, or its picture to be drawn."""
    is_to_be_drawn = content.blob is not None and content.blob.study_due is not None
    return is_to_be_drawn or (content.upload is not None and is_pending(content.upload))


def version_of(content: Content | SubtitleTrack) -> str:
    """The version of all that its cells tell."""
    files = [_facts(content.upload.blob if content.upload else None), _facts(content.blob)]
    return version(facts_of(content.upload) if content.upload else None, *files)


def length(seconds: float | None) -> str:
    """How long that is, as 4:05 or 1:04:05; empty where it is not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def kind_of(content: Content) -> type[Content] | None:
    """Its kind, also where it was read without the fields of its kind; None if its app is gone."""
    if type(content) is not Content:
        return type(content)
    return kinds().get(content.polymorphic_ctype.model) if content.polymorphic_ctype else None


def link_of(content: Content) -> str | None:
    """The address elsewhere that stands in for its file, if there is one."""
    return getattr(content, content.link_field, None) if content.link_field else None


def icon_of(content: Content) -> str:
    """The sign that stands for a content without a picture."""
    kind = kind_of(content)
    if kind is not None and kind.medium is None:
        return "draft" if kind.file_field else "article"
    return ICONS.get(kind.medium, "article") if kind and kind.medium else "draft"


def _standing(upload: Upload, blob: Blob | None) -> dict[str, Any]:
    """What is to be said of where a file stands beside its state."""
    return {
        "badge": badge(upload),
        "can_retry": retrying.can_retry(upload),
        "has_failed": upload.state == Upload.State.FAILED,
        "shows_earlier": blob is not None and blob.pk != upload.blob_id,
    }


def _facts(blob: Blob | None) -> tuple[object, ...]:
    if blob is None:
        return ()
    return (blob.pk, blob.poster_path, blob.study_due is None, blob.duration, blob.playable, blob.what)


class ContentColumns:
    """Columns of a list of contents, and fields of the form of one, that change by themselves."""

    @admin.display(description=_("kind"), ordering="polymorphic_ctype")
    def kind_name(self, content: Content) -> str:
        kind = kinds().get(content.polymorphic_ctype.model) if content.polymorphic_ctype else None
        return str(kind._meta.verbose_name) if kind else "–"

    @admin.display(description=_("status"), ordering="upload__state")
    def status(self, content: Content) -> SafeString:
        return cell(content, "status")

    @admin.display(description=_("views"), ordering="live_counter")
    def counter(self, content: Any) -> int:
        if hasattr(content, "live_counter"):
            return int(content.live_counter)
        return ledger.counters([content.pk])[content.pk]

    @admin.display(description=_("file"))
    def filed(self, content: Content) -> SafeString:
        return cell(content, "filed")

    @admin.display(description=_("good to know"))
    def notices(self, content: Content) -> SafeString:
        return cell(content, "notices")

    @admin.display(description=_("picture"))
    def picture(self, content: Content) -> SafeString:
        return cell(content, "picture")

    @admin.display(description=_("length"))
    def length(self, content: Content) -> SafeString:
        return cell(content, "length")

    @admin.display(description=_("size"))
    def size(self, content: Content) -> SafeString:
        return cell(content, "size")

    @admin.display(description=_("preview"))
    def preview(self, content: Content) -> SafeString:
        row, address = f"content/{content.pk}", f"{reverse('admin:preview', args=[content.pk])}?only=file"
        context = {"content": content, "link": link_of(content), "row": row, "address": address}
        return render_to_string("live/preview_frame.html", context)

    @admin.display(description=_("shown on"))
    def shown_on(self, content: Content) -> str:
        pages = [
            (reverse("admin:pages_page_change", args=[placement.page_id]), placement.page.title)
            for placement in content.placements.select_related("page")[:50]
        ]
        return format_html_join(", ", '<a href="{}" class="text-primary-600">{}</a>', pages) or "–"
