"""Titles, and finding them by their beginning in any case and alphabet."""

import re
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from pagecast.media.keys import KeyField, key_of
from pagecast.pages.books import Booked

TITLE_LENGTH = 300
ORIGIN_LENGTH = 1000

#: What a title is found by.
title_key = key_of

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: str) -> None:
    """Refuse what no database and no JSON reader can keep: NUL, and halves of a character."""
    if _UNSTORABLE.search(value):
        raise ValidationError(
            _("The text holds a NUL or half of a character (a lone surrogate). Take it out."),
            code="unstorable",
        )


class Titled(Booked):
    """Anything with a title."""

    title = models.CharField(_("title"), max_length=TITLE_LENGTH, validators=[storable])
    title_key = KeyField(of="title")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def prepare(self) -> None:
        super().prepare()
        self.title_key = key_of(self.title)
        for field in self._meta.fields:
            # Absent is null, and only null.
            if field.null and getattr(self, field.attname) == "":
                setattr(self, field.attname, None)

    @classmethod
    def derived_from(cls) -> dict[str, str]:
        """Columns that `prepare` fills in, by the column that they follow from."""
        return {"title": "title_key"}

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.prepare()
        if (named := kwargs.get("update_fields")) is not None:
            follow = self.derived_from()
            kwargs["update_fields"] = {*named, *(follow[name] for name in named if name in follow)}
        super().save(*args, **kwargs)

    @classmethod
    def derive(cls, keys: Iterable[int], changed: Collection[str]) -> None:
        super().derive(keys, changed)
        follow = {column for source, column in cls.derived_from().items() if source in changed}
        for row in cls._base_manager.filter(pk__in=list(keys)) if follow else []:
            row.prepare()
            plain: models.QuerySet[Any] = models.QuerySet(cls).filter(pk=row.pk)
            plain.update(**{column: getattr(row, column) for column in follow})
