"""Subtitles: rows below the form of a content, one for each language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminURLInputWidget

from pagecast.media.handlers import StagedFile
from pagecast.media.subtitles import language_of
from pagecast.media.told import NOTHING
from pagecast.pages import subtitling
from pagecast.pages.models import SubtitleTrack
from pagecast.pages.models.subtitles import LINK_LENGTH
from pagecast.pages.models.titled import storable

from .columns import track_cell


class TrackForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """One language: a file, or a link."""

    file = forms.FileField(
        label=_("file"), required=False, max_length=None, widget=UnfoldAdminFileFieldWidget
    )

    # Who types an address without its scheme means https.
    url = forms.URLField(
        label=_("link"),
        required=False,
        max_length=LINK_LENGTH,
        assume_scheme="https",
        empty_value=None,
        validators=[storable],
        widget=UnfoldAdminURLInputWidget,
    )

    class Meta:
        model = SubtitleTrack
        fields = ("language", "file", "url")

    def clean_file(self) -> StagedFile | None:
        file = self.cleaned_data.get("file")
        if isinstance(file, StagedFile) and file.refused is not None:
            raise forms.ValidationError(str(file.refused))
        return file

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        file, url = found.get("file"), found.get("url")
        if file and url and "url" in self.changed_data:
            raise forms.ValidationError(_("Choose a file or give a link, not both."))
        if not file and not url and self.instance.upload_id is None and not self.errors:
            raise forms.ValidationError(_("Choose a file, or give a link."))
        if file and not found.get("language") and self.instance.pk is None:
            found["language"] = self.instance.language = language_of(file.name)
        return found


class TrackRows(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    """The rows, written by the verb that asks for filing."""

    def save_new(self, form: Any, commit: bool = True) -> SubtitleTrack:  # noqa: FBT001, FBT002
        form.instance.content_id = self.instance.pk
        return _write(form)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> SubtitleTrack:  # noqa: FBT001, FBT002
        return _write(form)


def _write(form: Any) -> SubtitleTrack:
    file = form.cleaned_data.get("file")
    upload = file.keep() if isinstance(file, StagedFile) else None
    return subtitling.write_track(form.instance, upload, form.cleaned_data.get("url"))


class TrackInline(TabularInline):
    """The subtitles of a content."""

    model = SubtitleTrack
    form = TrackForm
    formset = TrackRows
    fields = ("language", "file", "url", "status", "told")
    readonly_fields = ("status", "told")
    extra = 0
    hide_title = True

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # A place for a file is no use to who may change nothing.
        may_change = self.has_change_permission(request, obj) or self.has_add_permission(request, obj)
        return tuple(name for name in self.fields if may_change or name != "file")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SubtitleTrack]:
        return super().get_queryset(request).select_related("blob", "upload__blob")

    @admin.display(description=_("status"))
    def status(self, track: SubtitleTrack) -> SafeString:
        return track_cell(track, "status") if track.pk else NOTHING

    @admin.display(description=_("what became of it"))
    def told(self, track: SubtitleTrack) -> SafeString:
        return track_cell(track, "told") if track.pk else NOTHING
