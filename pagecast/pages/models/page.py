"""What readers open."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Self
from urllib.parse import quote

from django.apps import apps
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from pagecast.counting.batches import batches
from pagecast.pages import books
from pagecast.pages.querysets import BookedQuerySet

from .titled import ORIGIN_LENGTH, Titled, storable

SLUG_LENGTH = 100


class Page(Titled):
    """A title, a text, and contents in their order."""

    slug = models.SlugField(
        _("address"),
        max_length=SLUG_LENGTH,
        unique=True,
        allow_unicode=True,
        blank=True,
        help_text=_("The end of the page's address on the site. Left empty, it is made from the title."),
    )
    text = models.TextField(_("text"), null=True, blank=True, validators=[storable])
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Readers see active pages only."))
    created_at = models.DateTimeField(_("created"), auto_now_add=True, db_index=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True, db_index=True)
    # Where `pagecast import` found it, so that a second import finds it again.
    origin = models.CharField(max_length=ORIGIN_LENGTH, null=True, unique=True, editable=False)

    objects: ClassVar = BookedQuerySet["Page"].as_manager()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("page")
        verbose_name_plural = _("pages")
        ordering = ["pk"]
        indexes = [
            # The search by the beginning of a title, the filter by its first letter, and the order of titles.
            models.Index(fields=["title_key", "id"], name="page_by_title"),
            # Those that are switched off, the newest first.
            models.Index(fields=["id"], name="page_switched_off", condition=models.Q(is_active=False)),
            # What readers leaf through, in both orders, from the index alone.
            models.Index(
                fields=["created_at", "id"], name="page_shown_by_age", condition=models.Q(is_active=True)
            ),
            models.Index(
                fields=["title_key", "id"], name="page_shown_by_title", condition=models.Q(is_active=True)
            ),
        ]

    def get_absolute_url(self) -> str:
        try:
            return reverse("site:page", args=[self.slug])
        except NoReverseMatch:
            # Written past all checks. Nothing is there; but a list with the page in it must not fail for all.
            return f"{reverse('site:home')}pages/{quote(self.slug, safe='')}/"

    def prepare(self) -> None:
        super().prepare()
        if not self.slug:
            self.slug = free_slug(self.title)

    @classmethod
    def remember(cls, keys: Iterable[int]) -> None:
        books.remember_addresses(keys)

    @classmethod
    def touch(cls, keys: Iterable[int]) -> None:
        books.touch_whole_pages(keys)

    @classmethod
    def hold(cls, keys: Iterable[int]) -> None:
        keys = list(keys)
        super().hold(keys)
        cls.remember(keys)
        books.hold(apps.get_model("pages", "Placement"), "page", keys, deleting=True)

    @classmethod
    def keys_of(cls, rows: Sequence[Self]) -> list[int]:
        # Rows that ran into a conflict have no key; their slug says which page they met.
        met: list[int] = []
        for batch in batches(row.slug for row in rows if row.pk is None):
            met += cls._base_manager.filter(slug__in=batch).values_list("pk", flat=True)
        return super().keys_of(rows) + met


def free_slug(title: str) -> str:
    """An address for the title that no page has: letters of any alphabet, numbered when taken."""
    stem = slugify(title, allow_unicode=True)[: SLUG_LENGTH - 10].strip("-_") or "page"
    taken = set(Page.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    slug, number = stem, 1
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug
