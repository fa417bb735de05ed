"""A content on a page."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from pagecast.pages import books
from pagecast.pages.books import Booked
from pagecast.pages.querysets import BookedQuerySet

from .content import Content
from .page import Page


class Placement(Booked):
    """A content shown on a page, at a position. It may stand on many pages, once on each."""

    page = models.ForeignKey(Page, models.CASCADE, related_name="placements", verbose_name=_("page"))
    content = models.ForeignKey(
        Content, models.CASCADE, related_name="placements", verbose_name=_("content"), db_index=False
    )
    # Only the order counts: gaps do no harm, and of two equal positions the older placement comes first.
    position = models.PositiveIntegerField(_("position"), default=0)

    objects: ClassVar = BookedQuerySet["Placement"].as_manager()

    class Meta:
        # Django moves related rows by the base manager; it must close the books, too.
        base_manager_name = "objects"
        verbose_name = _("content of the page")
        verbose_name_plural = _("contents of the page")
        ordering = ["position", "pk"]
        indexes = [
            # The pages of a content, and the first few of very many, from the index alone.
            models.Index(fields=["content", "page"], name="placement_by_content"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "content"],
                name="content_once_on_a_page",
                violation_error_message=_(
                    "This content stands on the page already; it can stand there once."
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.content)

    @classmethod
    def touch(cls, keys: Iterable[int]) -> None:
        rows = cls._base_manager.filter(pk__in=list(keys)).values_list("page_id", "content_id")
        for page, content in rows:
            books.touch_pages([page])
            books.touch_placed([content])

    @classmethod
    def touch_rows(cls, rows: Sequence[Self]) -> None:
        super().touch_rows(rows)
        books.touch_pages(row.page_id for row in rows if row.page_id is not None)
        books.touch_placed(row.content_id for row in rows if row.content_id is not None)
