"""The one list of contents of all kinds."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from polymorphic.admin import PolymorphicParentModelAdmin
from polymorphic.admin.forms import PolymorphicModelChoiceForm
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminRadioSelectWidget

from pagecast.counting import ledger
from pagecast.media.models import STATES_OF_FILES, Upload
from pagecast.pages.kinds import kinds, type_of
from pagecast.pages.models import Content

from .columns import ContentColumns
from .lists import FirstLetterFilter, TitleSearch, is_key


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
