"""Pages: a form with the contents as rows that are dragged into their order."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from pagecast.counting import ledger
from pagecast.pages import editing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.models import Page, Placement

from .columns import ContentColumns
from .lists import FirstLetterFilter, TitleSearch, is_key

# Django takes 2,000 rows of a form and no more, unless it is told.
MOST_ROWS = 12_000


class PlacementRows(PaginationInlineFormSet):
    """The rows of a page. A new one goes to the end: unfold numbers only rows that are saved already."""

    def clean(self) -> None:
        """Django compares the rows with each other, but not with those that somebody added meanwhile."""
        super().clean()
        if self.instance.pk is None or any(self.errors):
            return
        # Two editors at once: the second waits here, and then sees what the first has made.
        Page.objects.select_for_update().filter(pk=self.instance.pk).first()
        wanted = {form.cleaned_data["content"].pk for form in self.forms if form.cleaned_data.get("content")}
        known = [form.instance.pk for form in self.initial_forms]
        if self.instance.placements.filter(content__in=wanted).exclude(pk__in=known).exists():
            raise ValidationError(str(Placement._meta.constraints[0].violation_error_message))

    def save_existing_objects(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002
        # Two rows may change places by their contents: none may stand in another's way meanwhile.
        leaving = [
            form.instance.pk
            for form in self.initial_forms
            if form in self.deleted_forms or "content" in form.changed_data
        ]
        self.instance.placements.filter(pk__in=leaving).delete()
        return super().save_existing_objects(commit)

    def save_new(self, form: Any, commit: bool = True) -> Placement:  # noqa: FBT001, FBT002
        form.instance.position = editing.next_position(self.instance)
        placement: Placement = super().save_new(form, commit=commit)
        return placement


class ContentSelect(AutocompleteSelect):
    """Shows the content that is chosen, or nothing where what was sent is no content."""

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [each for each in value if is_key(str(each))], attr)


class PlacementInline(TabularInline):
    """The contents of a page."""

    model = Placement
    formset = PlacementRows
    ordering_field = "position"
    hide_ordering_field = True
    autocomplete_fields = ("content",)
    fields = ("content", "kind_name", "status", "counter", "position")
    readonly_fields = ("kind_name", "status", "counter")
    extra = 0
    # The content's title stands in the row itself.
    hide_title = True

    _columns = ContentColumns()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "content":
            kwargs["widget"] = ContentSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, absolute_max=MOST_ROWS, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        rows = super().get_queryset(request).select_related(None)
        return rows.annotate(live_counter=ledger.counter("content_id"))

    @admin.display(description=_("kind"))
    def kind_name(self, placement: Placement) -> str:
        return self._columns.kind_name(placement.content) if placement.content_id else "–"

    @admin.display(description=_("status"))
    def status(self, placement: Placement) -> str:
        return self._columns.status(placement.content) if placement.content_id else "–"

    @admin.display(description=_("views"))
    def counter(self, placement: Any) -> Any:
        return getattr(placement, "live_counter", "–")


@admin.register(Page)
class PageAdmin(TitleSearch):
    """Pages."""

    list_display = ("title", "number_of_contents", "is_active", "created_at")
    list_filter = (FirstLetterFilter, "is_active")
    list_filter_submit = True
    list_per_page = 50
    ordering = ("-pk",)
    fields = ("title", "slug", "text", "is_active")
    inlines = (PlacementInline,)
    show_full_result_count = False
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Page]:
        pages: QuerySet[Page] = super().get_queryset(request)
        return pages.annotate(placed=Count("placements"))

    @admin.display(description=_("contents"), ordering="placed")
    def number_of_contents(self, page: Any) -> int:
        return int(page.placed)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        form = super().get_form(request, obj, change=change, **kwargs)
        if "title" in form.base_fields:
            form.base_fields["title"].strip = False
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # To look at a form is no edit.
        with one_edit() if request.method == "POST" else nullcontext():
            return super().changeform_view(request, *args, **kwargs)
