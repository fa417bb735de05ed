"""What a name or a title is found by: its beginning, in any case and alphabet, through an index."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# Nobody types more than this to find something, and an index entry has a limit.
KEY_LENGTH = 100

_COMBINING_LATIN = re.compile("[\u0300-\u036f]")
_BREVE = "\u0306"


def key_of(text: str) -> str:
    """What a text is found by: Ё, ё and е are one letter, so are É and e, ﬁ is fi; й stays й.

    >>> key_of("Ёлка"), key_of("Émile"), key_of("Й")
    ('елка', 'emile', 'й')
    """
    decomposed = unicodedata.normalize("NFKD", text.strip().casefold())
    # й is и with a breve: taking the breve away would make another letter of it.
    kept = decomposed.replace("и" + _BREVE, "й")
    return unicodedata.normalize("NFC", _COMBINING_LATIN.sub("", kept))[:KEY_LENGTH]


class KeyField(models.CharField):  # type: ignore[type-arg]  # not generic at run time
    """The key of another column, filled in whenever its row is inserted or saved whole.

    It is compared by its characters alone, whatever the language of the database. So one plain index finds
    beginnings and gives the order, and an update of the system's collations cannot spoil it.
    """

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        self.of = of
        kwargs |= {"max_length": KEY_LENGTH, "editable": False}
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "editable"):
            kwargs.pop(fixed, None)
        return name, path, args, {**kwargs, "of": self.of}

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        found: Any = super().db_parameters(connection)
        # SQLite compares so by itself, and has no name for it.
        return {**found, "collation": "C"} if connection.vendor == "postgresql" else found

    def pre_save(self, model_instance: models.Model, add: bool) -> str:  # noqa: FBT001 - Django's signature
        key = key_of(getattr(model_instance, self.of))
        setattr(model_instance, self.attname, key)
        return key
