"""Lists of the admin that stay quick however many rows there are.

No list counts more rows than it lets anybody leaf through, and whatever it tells of a row beside its own
columns is read for the rows in sight alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.admin import ShowFacets
from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.text import capfirst

from .keys import KeyField, key_of

#: Nobody leafs through more rows than these: who looks for something further down searches or filters.
MOST_ROWS = 5_000
ROWS_IN_SIGHT = 50


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # not generic at run time
    """Pages of the first `MOST_ROWS` rows of a queryset. To know more it would have to read all of them."""

    template_name = "media/pagination.html"

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: MOST_ROWS + 1].count())

    @cached_property
    def count(self) -> int:
        """How many rows there are to leaf through."""
        return min(self._found, MOST_ROWS)

    @property
    def has_more(self) -> bool:
        """Whether there are rows past those."""
        return self._found > MOST_ROWS


class BoundedList(ChangeList):
    """A list in one order at a time, which an index gives; its admin fills in the rows in sight."""

    def get_ordering(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
        """By one column, and rows that are alike there by their age, in the same direction as the index."""
        first = str(super().get_ordering(request, queryset)[0])
        sign, column = ("-", first[1:]) if first.startswith("-") else ("", first)
        if column == "pk":
            return [first]
        # A text is sorted by its key: as people do it, and by an index.
        texts = {field.of: field.name for field in self.opts.local_fields if isinstance(field, KeyField)}
        return [f"{sign}{texts.get(column, column)}", f"{sign}pk"]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # What the list is called. Django's sentence would have to decline the name.
        self.title = capfirst(str(self.opts.verbose_name_plural))
        # The theme tells how many rows there are in its header, too, where these differ; it knows no bound.
        self.full_result_count = self.result_count
        rows = self.rows_in_sight()
        if isinstance(self.model_admin, Bounded):
            self.model_admin.fill_in(rows)
        # Nothing in a list of ours is edited in place, so it need be no queryset.
        self.result_list = rows

    def rows_in_sight(self) -> list[Any]:
        """The rows of the page that is looked at, in their order."""
        return list(self.result_list)


if TYPE_CHECKING:
    # What a part of a screen knows of the screen.
    _Screen = ModelAdmin[Any]
else:
    _Screen = object


class Bounded(_Screen):
    """A part of a screen: its list takes the same time for a million rows as for fifty.

    It is searched by the beginning of one text, in any case and alphabet, through the index of its key.
    """

    #: The column of the key, a `KeyField` with an index of it and the row's own key.
    key_field: str
    #: The parameters of the address that ask for beginnings of it: what is found comes in its order.
    asking_for_beginnings: tuple[str, ...] = (SEARCH_VAR, "term")

    paginator = BoundedPaginator
    show_full_result_count = False
    # The number beside each choice of a filter would be a count over all rows.
    show_facets = ShowFacets.NEVER
    list_per_page = ROWS_IN_SIGHT
    list_max_show_all = ROWS_IN_SIGHT
    # What is chosen for an action is what is in sight.
    list_disable_select_all = True

    def fill_in(self, rows: Sequence[Any]) -> None:
        """Give the rows in sight what their columns tell, in a number of queries that does not grow."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedList

    def get_ordering(self, request: HttpRequest) -> Any:
        """The newest rows first, or by its key what was asked for by its beginning."""
        if any(request.GET.get(name, "").strip() for name in self.asking_for_beginnings):
            return (self.key_field, "pk")
        return super().get_ordering(request)

    def get_search_results(
        self, _request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        if beginning := key_of(search_term.replace("\0", "")):
            queryset = queryset.filter(**{f"{self.key_field}__startswith": beginning})
        return queryset, False

    def response_action(self, request: HttpRequest, queryset: models.QuerySet[Any], *args: Any) -> Any:
        data = request.POST.copy()
        # Asked for all rows of the list, Django would take all that there are.
        data["select_across"] = "0"
        request.POST = data  # type: ignore[assignment]  # a copy, which nobody changes any more
        return super().response_action(request, queryset, *args)


class NumberOf(models.Subquery):
    """How many rows a queryset has, for each row of the query around it: a slice, so that it has an end."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"

    def __init__(self, queryset: models.QuerySet[Any, Any], **extra: Any) -> None:
        super().__init__(queryset, output_field=models.IntegerField(), **extra)


def first_of_each(
    model: type[models.Model], keys: Collection[Any], related: models.QuerySet[Any, Any], few: int, most: int
) -> dict[Any, tuple[list[Any], int]]:
    """For each row of a model the first few related values, and how many there are, counted up to `most`.

    `related` is a queryset of one value in an order that an index gives, tied to the row by `OuterRef("pk")`.
    One query, which reads no more than that of any row, however many are related to it.
    """
    names = [f"related_{number}" for number in range(few)]
    firsts = {name: models.Subquery(related[number : number + 1]) for number, name in enumerate(names)}
    rows: models.QuerySet[Any] = models.QuerySet(model).filter(pk__in=list(keys))
    found = rows.annotate(**firsts, related_number=NumberOf(related.order_by()[:most]))
    return {
        key: ([value for value in values if value is not None], number)
        for key, number, *values in found.values_list("pk", "related_number", *names)
    }
