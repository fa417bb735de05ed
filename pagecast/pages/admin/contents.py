"""The form of a content, for each kind as it follows from its class."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from polymorphic.admin import PolymorphicChildModelAdmin
from unfold.widgets import UnfoldAdminFileFieldWidget

from pagecast.media.handlers import StagedFile
from pagecast.media.probing import Medium
from pagecast.pages import editing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.kinds import kinds
from pagecast.pages.models import Content

from .columns import ContentColumns
from .lists import TitleSearch, is_key
from .subtitles import TrackInline

# Of the file of a content, in its form.
TOLD = ("preview", "status", "notices", "length", "size", "filed")


class KindForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """The form of any kind: its fields, and its file where it has one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A title is kept as it was typed, white space and all.
        if isinstance(title := self.fields.get("title"), forms.CharField):
            title.strip = False

    def clean_file(self) -> StagedFile | None:
        file = self.cleaned_data.get("file")
        if isinstance(file, StagedFile) and file.refused is not None:
            raise forms.ValidationError(str(file.refused))
        return file


class FiledKindForm(KindForm):
    """The form of a kind that has a file."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        max_length=None,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "It is checked and filed in the background. Until then readers get the earlier file, if any."
        ),
    )


class KindAdmin(ContentColumns, PolymorphicChildModelAdmin, TitleSearch):
    """The screen of one kind. A kind needs none of its own."""

    base_model = Content
    show_in_index = False
    warn_unsaved_form = True

    @property
    def kind(self) -> type[Content]:
        """The kind whose screen it is."""
        return cast("type[Content]", self.model)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        self.base_form = FiledKindForm if self.kind.file_field else KindForm
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        # Who types an address without its scheme means https.
        if isinstance(db_field, models.URLField):
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        own = [field.name for field in self.kind.own_fields() if field.editable]
        may_send = self.has_change_permission(request, obj) if obj else self.has_add_permission(request)
        file = ["file"] if self.kind.file_field and may_send else []
        told = self._told(obj) if obj is not None else []
        shown = ["counter", "shown_on"] if obj is not None else []
        return [(None, {"fields": ["title", *file, *told, *own, "is_active", *shown]})]

    def get_readonly_fields(self, _request: HttpRequest, _obj: Any = None) -> tuple[str, ...]:
        return (*TOLD, "counter", "shown_on")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field) if is_key(object_id) else None

    def get_inlines(self, _request: HttpRequest, _obj: Any = None) -> list[Any]:
        return [TrackInline] if self.kind.takes_subtitles else []

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # To look at a form is no edit.
        with one_edit() if request.method == "POST" else nullcontext():
            return super().changeform_view(request, *args, **kwargs)

    def changelist_view(self, _request: HttpRequest, _extra_context: Any = None) -> HttpResponse:
        """There is one list of all kinds."""
        return HttpResponseRedirect(f"{reverse('admin:pages_content_changelist')}?kind={self.kind.kind()}")

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        return self._get_parent_admin().response_delete(request, obj_display, obj_id)

    def save_model(self, _request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        file = form.cleaned_data.get("file")
        changed = {name: form.cleaned_data[name] for name in form.changed_data if name != "file"}
        editing.write_content(obj, changed, file.keep() if isinstance(file, StagedFile) else None)

    def _told(self, content: Content) -> list[str]:
        """What there is to tell of its file, now or as soon as it is filed."""
        if content.upload is None and content.blob is None:
            return []
        plays = self.kind.medium in {Medium.VIDEO, Medium.AUDIO} or content.duration is not None
        return [name for name in TOLD if name != "length" or plays]


def register_kinds() -> None:
    """Give every kind its screen, but for those whose app has registered one."""
    for kind in kinds().values():
        if not admin.site.is_registered(kind):
            admin.site.register(kind, KindAdmin)


register_kinds()
