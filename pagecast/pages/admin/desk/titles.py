"""Titles that are changed in the rows of the desk."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pagecast.counting.batches import batches
from pagecast.pages import editing
from pagecast.pages.admin.lists import is_key
from pagecast.pages.models import Content

from .loaded import in_a_line
from .wording import short

#: What the fields of a row are called, before the id of its content.
TITLE, WAS = "title-", "was-"


class RowTitles:
    """What was sent of the titles: each as it is now typed, and as it was when its row was made."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self._data = data
        self.errors: dict[int, str] = {}

    @cached_property
    def typed(self) -> dict[int, str]:
        """The titles by the id of their contents."""
        keys = [name.removeprefix(TITLE) for name in self._data if name.startswith(TITLE)]
        return {int(key): in_a_line(self._data[TITLE + key]) for key in keys if is_key(key)}

    def was(self, content: int) -> str | None:
        """What the title was when the row was made."""
        was = self._data.get(f"{WAS}{content}")
        return None if was is None else in_a_line(was)

    @cached_property
    def changed(self) -> dict[int, str]:
        """Those that the editor has changed."""
        return {key: title for key, title in self.typed.items() if title != (self.was(key) or title)}

    def check(self) -> None:
        """Note what is wrong with a changed title, for its row."""
        field = Content._meta.get_field("title")
        for key, title in self.changed.items():
            try:
                field.clean(title, None)
            except ValidationError as error:
                self.errors[key] = " ".join(error.messages)

    def disputed(self) -> list[str]:
        """What to tell of titles that somebody else has changed meanwhile, too."""
        now = titles_of(self.changed)
        text = _("“%(title)s” is now called: %(value)s. Below is what you wrote.")
        return [
            text % {"title": short(self.was(key) or ""), "value": short(now[key])}
            for key, mine in self.changed.items()
            if key in now and in_a_line(now[key]) not in (self.was(key), mine)
        ]

    def write(self, rows: Collection[int]) -> None:
        """Give the contents in these rows their new titles."""
        for content in Content.objects.filter(pk__in=self.changed.keys() & set(rows)):
            editing.write_content(content, {"title": self.changed[content.pk]})


def titles_of(contents: Iterable[int]) -> dict[int, str]:
    """The titles of those of these contents that are there."""
    titles: dict[int, str] = {}
    for batch in batches(list(contents)):
        rows = Content.objects.non_polymorphic().filter(pk__in=batch)
        titles.update(rows.values_list("pk", "title"))
    return titles
