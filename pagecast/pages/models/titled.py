"""Titles, and finding them by their beginning in any case and alphabet."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from pagecast.pages.books import Booked

TITLE_LENGTH = 300
ORIGIN_LENGTH = 1000
# Nobody types more than this to find a title, and an index entry has a limit.
KEY_LENGTH = 100

_COMBINING_LATIN = re.compile("[\u0300-\u036f]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_BREVE = "\u0306"


def title_key(title: str) -> str:
    """What a title is found by: Ё, ё and е are one letter, so are É and e, ﬁ is fi; й stays й.

    >>> title_key("Ёлка"), title_key("Émile"), title_key("Й")
    ('елка', 'emile', 'й')
    """
    decomposed = unicodedata.normalize("NFKD", title.strip().casefold())
    # й is и with a breve: taking the breve away would make another letter of it.
    kept = decomposed.replace("и" + _BREVE, "й")
    return unicodedata.normalize("NFC", _COMBINING_LATIN.sub("", kept))[:KEY_LENGTH]


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
    title_key = models.CharField(max_length=KEY_LENGTH, editable=False, db_index=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title

    def prepare(self) -> None:
        super().prepare()
        self.title_key = title_key(self.title)
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
