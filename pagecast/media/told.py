"""What screens tell of an upload, each piece in a cell that changes by itself while the upload does.

A cell says whose it is (`data-live`), which one (`data-cell`), and whether there is anything to wait for
(`data-pending`); `live.js` asks for those that wait.
"""

from __future__ import annotations

import zlib
from typing import Any

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from . import retrying
from .models import Blob, Upload

COLOURS: dict[str, str] = {
    Upload.State.RECEIVING: "info",
    Upload.State.PENDING: "warning",
    Upload.State.PROCESSING: "info",
    Upload.State.COMPLETED: "success",
    Upload.State.FAILED: "danger",
}
#: What there is to tell of an upload.
CELLS = ("state", "error", "notices", "kept_as", "duplicate")
# Stands where there is nothing to tell; a screen may leave it out.
NOTHING = SafeString('<span class="live-nothing">–</span>')
UNDECIDED = {Upload.State.RECEIVING, Upload.State.PENDING, Upload.State.PROCESSING}


def is_pending(upload: Upload) -> bool:
    """Whether something will be told of it by and by that is not told now."""
    return upload.state in UNDECIDED


def version(*facts: object) -> str:
    """A short name for these facts: another one as soon as one of them is another."""
    return f"{zlib.crc32(repr(facts).encode()):08x}"


def version_of(upload: Upload) -> str:
    """The version of all that its cells tell."""
    return version(*facts_of(upload))


def facts_of(upload: Upload) -> tuple[object, ...]:
    """All that its cells depend on."""
    return (upload.state, upload.reason, upload.blob_id, upload.is_duplicate, upload.expires_at)


def cell(upload: Upload, name: str) -> SafeString:
    """One piece of what there is to tell, to stand in any screen; the names are `CELLS`.

    Asks the database for nothing where `blob` was read with the upload.
    """
    return framed(f"upload/{upload.pk}", name, fragment(upload, name), upload.state, is_pending(upload))


def fragment(upload: Upload, name: str) -> SafeString:
    """The same without its frame."""
    match name:
        case "state":
            return badge(upload)
        case "notices":
            return told(upload)
    context: dict[str, Any] = {"upload": upload, "can_retry": retrying.can_retry(upload)}
    return render_to_string(f"live/upload/{name}.html", context)


def framed(row: str, name: str, html: str, state: str, pending: bool) -> SafeString:  # noqa: FBT001 - a fact of the row
    """A fragment as the cell of a row that `live.js` knows."""
    frame = '<div data-live="{}" data-cell="{}" data-state="{}"{}>{}</div>'
    return format_html(frame, row, name, state, SafeString(" data-pending") if pending else "", html)


class UploadCells:
    """Columns of a list of uploads, and fields of the form of one, that change by themselves."""

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, upload: Upload) -> SafeString:
        return cell(upload, "state")

    @admin.display(description=_("what is wrong"))
    def error(self, upload: Upload) -> SafeString:
        return cell(upload, "error")

    @admin.display(description=_("good to know"))
    def notices(self, upload: Upload) -> SafeString:
        return cell(upload, "notices")

    @admin.display(description=_("kept as"))
    def kept_as(self, upload: Upload) -> SafeString:
        return cell(upload, "kept_as")

    @admin.display(description=_("duplicate of"))
    def duplicate(self, upload: Upload) -> SafeString:
        return cell(upload, "duplicate")


def badge(upload: Upload) -> SafeString:
    """The state of an upload as editors see it, in lists and in forms."""
    label = {"text": upload.get_state_display(), "type": COLOURS[upload.state], "label_title": upload.error}
    return render_to_string("unfold/helpers/label.html", label)


def told(upload: Upload) -> SafeString:
    """What is good to know of a file that is kept; where it names the file, that is the way to it."""
    lines = format_html_join("", "{}", ((_with_link(line, upload.blob),) for line in upload.notices))
    return lines or NOTHING


def _with_link(line: str, blob: Blob | None) -> SafeString:
    before, path, after = line.partition(blob.path if blob else "\0")
    if blob is None or not path:
        return format_html("<p>{}</p>", line)
    link = '<p>{}<a href="{}" class="text-primary-600 break-all">{}</a>{}</p>'
    return format_html(link, before, blob.url, path, after)
