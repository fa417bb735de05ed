"""The form of a page: what is sent, what others changed meanwhile, and what is to be written."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pagecast.pages import editing
from pagecast.pages.admin.lists import is_key
from pagecast.pages.books import editing as one_edit
from pagecast.pages.models import Page

from .loaded import FIELDS, Loaded, as_text
from .merging import Merged, merge
from .rows import Row, rows_of
from .titles import RowTitles, titles_of
from .wording import listed, short


class OrderField(forms.Field):
    """Ids of contents, each once, in the order of the page: one hidden field a row."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        sent = [str(each) for each in value or []]
        if not all(map(is_key, sent)):
            raise ValidationError(_("A row of the page holds no content. Load the page again."))
        return list(dict.fromkeys(map(int, sent)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [str(each) for each in initial or []] != [str(each) for each in data or []]


class PageForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A page, its contents in their order, and their titles.

    Every form carries what it was filled with. So it writes what its editor has changed and nothing else,
    and where another editor has changed the same meanwhile it is shown again with both, and says so.
    """

    contents = OrderField(label=gettext_lazy("contents"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Both are kept as they were typed, white space and all.
        for name in ("title", "text"):
            if isinstance(field := self.fields.get(name), forms.CharField):
                field.strip = False
        self.loaded = self.now = Loaded.of(self.page)
        self.initial["contents"] = self.now.contents
        self.titles = RowTitles(self.data)
        self.merged: Merged | None = None
        # What others changed meanwhile.
        self.told: list[str] = []

    @property
    def page(self) -> Page:
        """The page that is edited."""
        return cast("Page", self.instance)

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        self.loaded = Loaded.from_json(self.data.get("loaded", ""))
        page = None
        if self.page.pk is not None:
            # Two editors at once: the second waits here, and then sees what the first has made.
            page = Page.objects.select_for_update(no_key=True).filter(pk=self.page.pk).first()
        self.now = Loaded.of(page)
        if "contents" in found:
            found["contents"] = self._compare_order(found["contents"])
        self._compare_fields(found)
        self.told += self.titles.disputed()
        if self.told:
            self.add_error(None, [_who_else(page), *self.told])
            self._start_anew(found)
        self.titles.check()
        if self.titles.errors:
            self.add_error(None, _("The title of a row can not be taken; the row says why."))
        return found

    def _compare_order(self, mine: list[int]) -> list[int]:
        there = titles_of(mine)
        if gone := [each for each in mine if each not in there]:
            titles = [self.titles.typed.get(each, str(each)) for each in gone]
            self.told.append(_("Deleted altogether: %(titles)s.") % {"titles": listed(titles)})
        mine = [each for each in mine if each in there]
        if mine == self.loaded.contents:
            # Who has left the order alone is in nobody's way.
            return self.now.contents
        if self.now.contents not in (self.loaded.contents, mine):
            self.merged = merge(self.loaded.contents, self.now.contents, mine)
            self._tell_order(self.merged)
        return mine

    def _tell_order(self, merged: Merged) -> None:
        titles = titles_of({*merged.order, *self.now.contents})
        disputed = self.now.contents if merged.is_disputed else []
        for keys, text in (
            (merged.added, _("Put on the page: %(titles)s.")),
            (merged.removed, _("Taken off the page: %(titles)s.")),
            (disputed, _("Moved, like you did. Theirs: %(titles)s. Below is yours.")),
        ):
            if keys:
                self.told.append(text % {"titles": listed([titles[key] for key in keys if key in titles])})
        if merged.is_reordered and not merged.is_disputed:
            self.told.append(_("Moved: the rows below are in the new order."))
        if not self.told:
            self.told.append(_("What you took off the page, others took off or moved, too."))

    def _compare_fields(self, found: dict[str, Any]) -> None:
        text = _("“%(field)s” is now: %(value)s. Below is what you wrote.")
        for name in set(FIELDS) & found.keys() & self.now.fields.keys():
            before, now, mine = (
                self.loaded.fields.get(name),
                self.now.fields[name],
                as_text(name, found[name]),
            )
            if now not in (before, mine) and mine != before:
                self.told.append(text % {"field": self.fields[name].label, "value": short(now)})

    def _start_anew(self, found: dict[str, Any]) -> None:
        """The next attempt starts from what is there now; what its editor has left alone is theirs."""
        data = cast("QueryDict", self.data).copy()
        for name in set(FIELDS) & found.keys() & self.now.fields.keys():
            if as_text(name, found[name]) == self.loaded.fields.get(name):
                if name == "is_active" and self.now.fields[name] == str(False):
                    data.pop(name, None)
                else:
                    data[name] = self.now.fields[name]
        self.data, self.loaded = data, self.now

    def changed_fields(self) -> dict[str, Any]:
        """The fields that the editor has changed, and no others."""
        found, before = self.cleaned_data, self.loaded.fields
        return {
            name: found[name]
            for name in FIELDS
            if name in found and as_text(name, found[name]) != before.get(name)
        }

    def rows(self) -> list[Row]:
        """The rows to show: as they were sent, if they were sent."""
        if self.merged is not None:
            rows = rows_of(self.merged.order, added=self.merged.added, removed=self.merged.removed)
        else:
            read: dict[str, Any] = getattr(self, "cleaned_data", {})
            rows = rows_of(read.get("contents", self.now.contents))
        for row in rows:
            key = row.content.pk
            if not self.told:
                row.was = self.titles.was(key) or row.was
            # What its editor has left alone is theirs.
            row.title = (self.titles.changed if self.told else self.titles.typed).get(key, row.title)
            row.error = self.titles.errors.get(key, "")
        return rows

    def write(self, *, titles: bool = True) -> Page:
        """Write what the editor has changed, with `titles` those of the rows, too: all, or none.

        Raises `Conflict`.
        """
        contents = self.cleaned_data["contents"]
        with one_edit():
            if self.page._state.adding:
                page = editing.create_page(self.changed_fields(), contents)
            else:
                page = Page.objects.get(pk=self.page.pk)
                order = None if contents == self.now.contents else contents
                page = editing.change_page(page, self.changed_fields(), order)
            if titles:
                self.titles.write(contents)
        return page


def _who_else(page: Page | None) -> str:
    """The line above what was changed."""
    changes = LogEntry.objects.filter(content_type__app_label="pages", content_type__model="page")
    last = changes.filter(object_id=str(page.pk)).select_related("user").first() if page else None
    # What came in by the API since is in no log.
    if page is None or last is None or last.action_time < page.updated_at:
        return _("Nothing is saved yet: the page was changed meanwhile. Look at it, then save again.")
    text = _("Nothing is saved yet: the page was changed by %(name)s meanwhile. Look at it, then save again.")
    return text % {"name": last.user.get_username()}
