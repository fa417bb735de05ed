"""Subtitles of a content, one track for each language."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Self

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from pagecast.media.models import Blob, Upload
from pagecast.pages import books
from pagecast.pages.books import Booked
from pagecast.pages.querysets import BookedQuerySet

from .content import Content
from .titled import storable

LINK_LENGTH = 2000
# A tag of BCP 47 has no longer ones registered.
LANGUAGE_LENGTH = 35

language_tag = RegexValidator(
    r"\A[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*\Z", _("Write a language like en, ru or pt-BR, or leave it empty.")
)


class SubtitleTrack(Booked):
    """Subtitles in one language: a file, which is kept as WebVTT, or a link."""

    content = models.ForeignKey(Content, models.CASCADE, related_name="tracks", verbose_name=_("content"))
    language = models.CharField(
        _("language"),
        max_length=LANGUAGE_LENGTH,
        default="",
        blank=True,
        validators=[language_tag],
        help_text=_("Such as en, ru or pt-BR."),
    )
    url = models.URLField(_("link"), max_length=LINK_LENGTH, null=True, blank=True, validators=[storable])
    # As with a content: the file that readers get, and the newest one sent.
    blob = models.ForeignKey(Blob, models.PROTECT, null=True, editable=False, related_name="tracks")
    upload = models.ForeignKey(Upload, models.PROTECT, null=True, editable=False, related_name="tracks")

    objects: ClassVar = BookedQuerySet["SubtitleTrack"].as_manager()

    class Meta:
        base_manager_name = "objects"
        verbose_name = _("track of subtitles")
        verbose_name_plural = _("subtitles")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["content", "language"],
                name="subtitles_once_a_language",
                violation_error_message=_("There are subtitles in this language already."),
            ),
        ]

    def __str__(self) -> str:
        return self.language or "–"

    @property
    def path(self) -> str | None:
        """The address of its file."""
        return self.blob.url if self.blob else None

    @classmethod
    def touch(cls, keys: Iterable[int]) -> None:
        rows = cls._base_manager.filter(pk__in=list(keys))
        books.touch_contents(rows.values_list("content_id", flat=True))

    @classmethod
    def touch_rows(cls, rows: Sequence[Self]) -> None:
        super().touch_rows(rows)
        books.touch_contents(row.content_id for row in rows if row.content_id is not None)
