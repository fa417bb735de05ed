"""What came in, and what became of it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from .models import Blob, Upload

COLOURS: dict[str, str] = {
    Upload.State.RECEIVING: "info",
    Upload.State.PENDING: "warning",
    Upload.State.PROCESSING: "info",
    Upload.State.COMPLETED: "success",
    Upload.State.FAILED: "danger",
}


def badge(upload: Upload) -> str:
    """The state of an upload as editors see it, in lists and in forms."""
    label = {"text": upload.get_state_display(), "type": COLOURS[upload.state], "label_title": upload.error}
    return render_to_string("unfold/helpers/label.html", label)


def told(upload: Upload) -> str:
    """What is good to know of a file that is kept; where it names the file, that is the way to it."""
    return format_html_join("", "{}", ((_with_link(line, upload.blob),) for line in upload.notices)) or "–"


def _with_link(line: str, blob: Blob | None) -> str:
    before, path, after = line.partition(blob.path if blob else "\0")
    if blob is None or not path:
        return format_html("<p>{}</p>", line)
    link = '<p>{}<a href="{}" class="text-primary-600 break-all">{}</a>{}</p>'
    return format_html(link, before, blob.url, path, after)


@admin.register(Upload)
class UploadAdmin(ModelAdmin):
    """Uploads, to look at: files come in by the forms of contents."""

    list_display = ("name", "state_label", "size_for_people", "created_at", "error")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_submit = True
    list_select_related = ("blob",)
    ordering = ("-created_at",)
    fields = ("name", "state_label", "size_for_people", "created_at", "kept_as", "notices", "error")
    show_full_result_count = False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        # PostgreSQL takes no NUL in a question either.
        return lookup.startswith("state") and "\0" not in str(value)

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, upload: Upload) -> str:
        return badge(upload)

    @admin.display(description=_("what is wrong"))
    def error(self, upload: Upload) -> str:
        return upload.error or "–"

    @admin.display(description=_("good to know"))
    def notices(self, upload: Upload) -> str:
        return told(upload)

    @admin.display(description=_("kept as"))
    def kept_as(self, upload: Upload) -> str:
        if upload.blob is None:
            return "–"
        link = '<a href="{}" class="text-primary-600 break-all">{}</a>'
        return format_html(link, upload.blob.url, upload.blob.path)

    @admin.display(description=_("size"), ordering="size")
    def size_for_people(self, upload: Upload) -> str:
        return filesizeformat(upload.size)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False
