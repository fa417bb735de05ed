"""Two at once, step by step: the second begins at every statement of the first in turn.

Whatever they do, nobody waits for ever, and every view is counted where it was seen. PostgreSQL holds rows
and not the whole database, so that is where the order of the locks is proven; on SQLite one waits for the
other.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import combinations_with_replacement
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, OperationalError, connection, connections
from rest_framework.test import APIClient

from pagecast.counting import ledger
from pagecast.counting.models import Member, Tally
from pagecast.pages import editing, reading
from pagecast.pages.books import editing as one_edit
from pagecast.pages.books import visible
from pagecast.pages.errors import Conflict
from pagecast.pages.models import Content, Page, Placement, Text, Video
from pagecast.pages.reading import ShownPage

pytestmark = pytest.mark.django_db(transaction=True)

#: What an editor may be told when another one was quicker.
TOO_LATE = (ObjectDoesNotExist, Conflict, DatabaseError)

LINK = "https://films.example.org/film.mp4"


class Stand:
    """Two pages that share a film: the first shows film and note, the second film and poem."""

    def __init__(self) -> None:
        with one_edit():
            self.film = Video.objects.create(title="film", video_url=LINK)
            self.note = Text.objects.create(title="note")
            self.poem = Text.objects.create(title="poem")
            self.contents = [self.film.pk, self.note.pk, self.poem.pk]
            self.first = editing.create_page({"title": "first"}, [self.film.pk, self.note.pk])
            self.second = editing.create_page({"title": "second"}, [self.film.pk, self.poem.pk])
        self.pages = [self.first.pk, self.second.pk]


def _move(stand: Stand) -> None:
    placement = Placement.objects.get(page=stand.first, content=stand.note)
    placement.page = stand.second
    placement.save()


EDITS: dict[str, Callable[[Stand], object]] = {
    "view": lambda stand: reading.view(stand.pages, list),
    "settle": lambda _stand: ledger.settle_all(),
    "rename": lambda stand: editing.change_page(stand.first, {"title": "renamed"}),
    "arrange": lambda stand: editing.change_page(
        stand.first, {}, [stand.poem.pk, stand.note.pk, stand.film.pk]
    ),
    "arrange less": lambda stand: editing.arrange(stand.first, [stand.note.pk]),
    "create a page": lambda stand: editing.create_page({"title": "third"}, [stand.poem.pk, stand.film.pk]),
    "place": lambda stand: Placement.objects.create(page=stand.first, content=stand.poem),
    "move": _move,
    "take off": lambda stand: stand.second.placements.all().delete(),
    "switch": lambda stand: editing.write_content(stand.film, {"is_active": False}),
    "switch many": lambda stand: Content.objects.filter(pk__in=stand.contents).update(is_active=False),
    "delete a page": lambda stand: Page.objects.get(pk=stand.first.pk).delete(),
    "delete pages": lambda stand: Page.objects.filter(pk__in=stand.pages).delete(),
    "delete a content": lambda stand: Content.objects.get(pk=stand.film.pk).delete(),
    "delete contents": lambda stand: Content.objects.filter(pk__in=stand.contents).delete(),
}

#: Those who meet over the same rows most. PAGECAST_TORTURE lets everybody meet everybody, at every statement.
MEETINGS = [
    ("view", "arrange"),
    ("arrange", "delete a page"),
    ("arrange", "delete a content"),
    ("place", "delete a page"),
    ("create a page", "delete a content"),
    ("create a page", "switch many"),
    ("move", "delete a page"),
    ("take off", "switch"),
]
TORTURE = "PAGECAST_TORTURE" in os.environ
PAIRS = list(combinations_with_replacement(EDITS, 2)) if TORTURE else MEETINGS


class Second(threading.Thread):
    """The one who comes in between."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self.deed = deed
        self.outcome: object = None

    def run(self) -> None:
        self.outcome = attempt(self.deed)
        connections.close_all()


def attempt(deed: Callable[[], object]) -> object:
    """Do it; answers with what came of it, or with why it could not be done."""
    try:
        return deed()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error


def let_run(other: threading.Thread) -> None:
    """Wait until it is done, or waits for us."""
    if connection.vendor == "sqlite":
        if not connection.in_atomic_block:
            other.join()
        return
    with connection.cursor() as cursor:
        while other.is_alive():
            cursor.execute("SELECT FROM pg_locks WHERE NOT granted")
            if cursor.rowcount:
                return
            other.join(0.002)


def _takes_hold(sql: str) -> bool:
    """Whether the statement takes hold of rows: somebody who comes in before it meets those held before."""
    return TORTURE or "FOR UPDATE" in sql or not sql.startswith("SELECT")


def play(
    moment: int,
    first: Callable[[], object],
    second: Callable[[], object],
    is_a_moment: Callable[[str], bool] = _takes_hold,
) -> list[object] | None:
    """Let the second begin at this moment of the first; what came of both, or None past the last moment."""
    moments = 0
    other = Second(second)

    def come_in_between(execute: Any, sql: str, parameters: Any, many: Any, context: Any) -> Any:
        nonlocal moments
        if is_a_moment(sql) and other.ident is None:
            moments += 1
            if moments > moment:
                other.start()
                let_run(other)
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(come_in_between):
        outcome = attempt(first)
    if other.ident is None:
        return None
    other.join()
    return [outcome, other.outcome]


@pytest.mark.parametrize(("one", "other"), [*PAIRS, *((other, one) for one, other in PAIRS if one != other)])
def test_two_at_once(one: str, other: str) -> None:
    for moment in range(1000):
        stand = Stand()
        views = Counter(_shown(reading.view(stand.pages, list)))
        outcomes = play(moment, partial(EDITS[one], stand), partial(EDITS[other], stand))
        if outcomes is None:
            break
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                assert isinstance(outcome, TOO_LATE), repr(outcome)
                assert not isinstance(outcome, OperationalError), repr(outcome)
            views.update(_shown(outcome))
        check(stand, views)
        if connection.vendor == "sqlite" and moment == 2:
            break  # it holds the whole database by now
    assert moment > 0


LOOKS: dict[str, Callable[[APIClient, Stand], object]] = {
    "HEAD of a page": lambda client, stand: client.head(f"/api/page/content/{stand.first.pk}/"),
    "HEAD on the site": lambda client, stand: client.head(f"/pages/{stand.first.slug}/"),
    "list of pages": lambda client, _stand: client.get("/api/page/content/"),
    "list of contents": lambda client, _stand: client.get("/api/content/"),
    "content": lambda client, stand: client.get(f"/api/content/{stand.film.pk}/"),
    "change of a content": lambda client, stand: client.patch(
        f"/api/content/{stand.film.pk}/", {"title": "new"}
    ),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_what_is_deleted_while_it_is_looked_at_is_not_there(
    look: Callable[[APIClient, Stand], object], editor: APIClient
) -> None:
    for moment in range(1000):
        stand = Stand()
        outcomes = play(
            moment, partial(look, editor, stand), partial(EDITS["delete a content"], stand), lambda _sql: True
        )
        if outcomes is None:
            break
        assert getattr(outcomes[0], "status_code", outcomes[0]) in (200, 404)
    assert moment > 2


def test_a_page_that_is_deleted_while_it_is_changed_is_not_there(editor: APIClient) -> None:
    for moment in range(1000):
        stand = Stand()
        change = partial(editor.patch, f"/api/page/content/{stand.first.pk}/", {"title": "new"})
        outcomes = play(moment, change, partial(EDITS["delete a page"], stand), lambda _sql: True)
        if outcomes is None:
            break
        assert getattr(outcomes[0], "status_code", outcomes[0]) in (200, 404)


def _shown(outcome: object) -> list[int]:
    """The contents that a view has shown."""
    pages = outcome if isinstance(outcome, list) else []
    return [each.content.pk for page in pages if isinstance(page, ShownPage) for each in page.contents]


def check(stand: Stand, views: Counter[int]) -> None:
    """The counters are exact, and the ledger knows who stands where."""
    there = set(Content.objects.non_polymorphic().values_list("pk", flat=True)) & set(stand.contents)
    assert ledger.counters(there) == {content: views[content] for content in there}
    shown = Placement.objects.filter(visible("content__")).values_list("page", "content")
    assert Counter(Member.objects.values_list("tally", "member_id")) == Counter(shown)
    assert set(Tally.objects.values_list("pk", flat=True)) == set(Page.objects.values_list("pk", flat=True))
    Page.objects.all().delete()
