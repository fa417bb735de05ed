"""The rows of the desk, each a content."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from pagecast.counting import ledger
from pagecast.media.models import Upload
from pagecast.pages import reading
from pagecast.pages.admin.columns import cell, icon_of
from pagecast.pages.models import Content

#: What it takes to change a title in its row.
RENAME = "pages.change_content"


@dataclass(slots=True)
class Row:
    """A content as the desk shows it."""

    content: Content
    counter: int
    # As it is typed just now, and as it was before.
    title: str
    was: str
    # What another editor did with it meanwhile.
    is_added: bool = False
    is_removed: bool = False
    # What is wrong with the title that was typed.
    error: str = ""

    @property
    def kind(self) -> str:
        """What its kind is called."""
        return str(type(self.content)._meta.verbose_name)

    @property
    def icon(self) -> str:
        """The sign that stands for a content without a picture."""
        return icon_of(self.content)

    @property
    def picture(self) -> str:
        """A still of it, or its cover."""
        return cell(self.content, "picture")

    @property
    def status(self) -> str:
        """Where its newest file stands, and what is wrong with it."""
        return cell(self.content, "status")

    @property
    def length(self) -> str:
        """How long it plays."""
        return cell(self.content, "length")

    @property
    def notices(self) -> str:
        """What is good to know of its file."""
        return cell(self.content, "notices")


def rows_of(order: Sequence[int], *, added: Collection[int] = (), removed: Collection[int] = ()) -> list[Row]:
    """Rows of these contents in this order; one that does not exist is left out.

    The number of queries does not depend on the number of contents, but for thousands of them.
    """
    contents, counters = reading.load(list(order)), ledger.counters(order)
    uploads = Upload.objects.select_related("blob").in_bulk(
        [content.upload_id for content in contents.values() if content.upload_id]
    )
    for content in contents.values():
        content.upload = uploads.get(content.upload_id) if content.upload_id else None
    return [
        Row(
            contents[key],
            counters[key],
            contents[key].title,
            contents[key].title,
            is_added=key in added,
            is_removed=key in removed,
        )
        for key in order
        if key in contents
    ]


def html(rows: Sequence[Row], user: Any) -> str:
    """The rows as the desk's list holds them, for somebody who may change the page."""
    context = {"is_editable": True, "may_rename": user.has_perm(RENAME)}
    return "".join(render_to_string("desk/row.html", context | {"row": row}) for row in rows)
