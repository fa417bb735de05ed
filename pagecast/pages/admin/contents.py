"""Contents: one list of all kinds, and for each kind a form that follows from its class."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from polymorphic.admin import PolymorphicChildModelAdmin, PolymorphicParentModelAdmin
from polymorphic.admin.forms import PolymorphicModelChoiceForm
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminRadioSelectWidget

from pagecast.counting import ledger
from pagecast.media.admin import badge, told
from pagecast.media.handlers import StagedFile
from pagecast.media.models import STATES_OF_FILES, Upload
from pagecast.pages import editing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.kinds import kinds, type_of
from pagecast.pages.models import Content

from .lists import FirstLetterFilter, TitleSearch, is_key
from .subtitles import TrackInline


class KindFilter(DropdownFilter):
    """Contents of one kind."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, kind._meta.verbose_name) for name, kind in kinds().items()]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Content]) -> QuerySet[Content]:
        kind = self.value()
        return queryset.filter(polymorphic_ctype=type_of(kind)) if kind in kinds() else queryset


class StatusFilter(DropdownFilter):
    """Contents whose newest upload is in a state."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [*STATES_OF_FILES, ("none", _("No file"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Content]) -> QuerySet[Content]:
        match self.value():
            case "none":
                return queryset.filter(upload=None)
            case state if state in Upload.State.values:
                return queryset.filter(upload__state=state)
        return queryset


class ContentColumns:
    """What lists and forms tell of a content."""

    @admin.display(description=_("kind"), ordering="polymorphic_ctype")
    def kind_name(self, content: Content) -> str:
        kind = kinds().get(content.polymorphic_ctype.model) if content.polymorphic_ctype else None
        return str(kind._meta.verbose_name) if kind else "–"

    @admin.display(description=_("status"), ordering="upload__state")
    def status(self, content: Content) -> str:
        return badge(content.upload) if content.upload else "–"

    @admin.display(description=_("views"), ordering="live_counter")
    def counter(self, content: Any) -> int:
        if hasattr(content, "live_counter"):
            return int(content.live_counter)
        return ledger.counters([content.pk])[content.pk]

    @admin.display(description=_("file"))
    def filed(self, content: Content) -> str:
        if content.blob is None:
            return "–"
        return format_html(
            '<a href="{}" class="text-primary-600 break-all">{}</a>', content.blob.url, content.blob.path
        )

    @admin.display(description=_("what is wrong"))
    def refusal(self, content: Content) -> str:
        return (content.upload.error if content.upload else "") or "–"

    @admin.display(description=_("good to know"))
    def notices(self, content: Content) -> str:
        return told(content.upload) if content.upload else "–"

    @admin.display(description=_("picture"))
    def picture(self, content: Content) -> str:
        return format_html('<img src="{}" alt="" class="rounded-default max-w-xs">', content.poster)

    @admin.display(description=_("shown on"))
    def shown_on(self, content: Content) -> str:
        pages = [
            (reverse("admin:pages_page_change", args=[placement.page_id]), placement.page.title)
            for placement in content.placements.select_related("page")[:50]
        ]
        return format_html_join(", ", '<a href="{}" class="text-primary-600">{}</a>', pages) or "–"


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


class KindAdmin(ContentColumns, PolymorphicChildModelAdmin, TitleSearch):  # type: ignore[misc]
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

    def get_fieldsets(self, _request: HttpRequest, obj: Any = None) -> Any:
        own = [field.name for field in self.kind.own_fields() if field.editable]
        file = ["file"] if self.kind.file_field else []
        told = _told(obj) if obj is not None else []
        shown = ["counter", "shown_on"] if obj is not None else []
        return [(None, {"fields": ["title", *file, *told, *own, "is_active", *shown]})]

    def get_readonly_fields(self, _request: HttpRequest, _obj: Any = None) -> tuple[str, ...]:
        return ("status", "refusal", "notices", "filed", "picture", "counter", "shown_on")

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


def _told(content: Content) -> list[str]:
    """What there is to tell of its file."""
    upload = content.upload
    rows = {
        "status": upload is not None,
        "refusal": upload is not None and upload.reason is not None,
        "notices": upload is not None and bool(upload.notices),
        "filed": content.blob is not None,
        "picture": content.poster is not None,
    }
    return [name for name, is_told in rows.items() if is_told]


class KindChoice(PolymorphicModelChoiceForm):
    """Which kind to add."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["ct_id"]
        field.label = capfirst(_("kind"))
        field.widget = UnfoldAdminRadioSelectWidget(choices=field.choices)


@admin.register(Content)
class ContentAdmin(ContentColumns, PolymorphicParentModelAdmin, TitleSearch):  # type: ignore[misc]
    """All contents."""

    base_model = Content
    add_type_form = KindChoice
    list_display = ("title", "kind_name", "status", "counter", "is_active", "created_at")
    list_filter = (FirstLetterFilter, KindFilter, StatusFilter, "is_active")
    list_filter_submit = True
    list_select_related = ("upload", "polymorphic_ctype")
    list_per_page = 50
    ordering = ("-pk",)
    show_full_result_count = False
    actions = None

    def get_child_models(self) -> list[type[Content]]:
        return list(kinds().values())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Content]:
        return super().get_queryset(request).annotate(live_counter=ledger.counter("pk"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        # Polymorphic takes any text for a number here.
        if not is_key(request.GET.get("ct_id", "0")):
            raise Http404
        return super().add_view(request, form_url, extra_context)

    def _get_real_admin(self, object_id: str, super_if_self: bool = True) -> Any:  # noqa: FBT001, FBT002
        # And here.
        if not is_key(object_id):
            raise Http404
        return super()._get_real_admin(object_id, super_if_self)


def register_kinds() -> None:
    """Give every kind its screen, but for those whose app has registered one."""
    for kind in kinds().values():
        if not admin.site.is_registered(kind):
            admin.site.register(kind, KindAdmin)


register_kinds()
