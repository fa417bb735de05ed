"""Two at once, step by step: the second begins at every statement of the first in turn.

Whatever they do, nobody waits for ever, and every view is counted where it was seen. PostgreSQL holds rows
and not the whole database, so that is where the order of the locks is proven; on SQLite one waits for the
other.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import count, product
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
from tests.counting.groups import check_the_history

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
    ("move", "delete a page"),
    ("switch many", "place"),
]
TORTURE = "PAGECAST_TORTURE" in os.environ
PAIRS = list(product(EDITS, repeat=2)) if TORTURE else MEETINGS


def attempt(deed: Callable[[], object]) -> object:
    """Do it; answers with what came of it, or with why it could not be done."""
    try:
        return deed()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error


def _takes_hold(sql: str) -> bool:
    """Whether the statement takes hold of rows: somebody who comes in before it meets those held before."""
    return TORTURE or "FOR UPDATE" in sql or sql.startswith(("BEGIN", "INSERT", "UPDATE", "DELETE"))


class Scene:
    """The first acts here; the second, over a connection of its own, begins at some moment in between."""

    def __init__(self) -> None:
        self.second = ThreadPoolExecutor(1)

    def close(self) -> None:
        self.second.submit(connections.close_all).result()
        self.second.shutdown()

    def play(
        self,
        moment: int,
        first: Callable[[], object],
        second: Callable[[], object],
        is_a_moment: Callable[[str], bool] = _takes_hold,
    ) -> list[object]:
        """What came of both; nothing, if the first has not so many moments."""
        moments = count()
        other: list[Future[object]] = []

        def come_in_between(execute: Any, sql: str, parameters: Any, many: Any, context: Any) -> Any:
            if not other and is_a_moment(sql) and next(moments) == moment:
                other.append(self.second.submit(attempt, second))
                _let_run(other[0])
            return execute(sql, parameters, many, context)

        with connection.execute_wrapper(come_in_between):
            outcome = attempt(first)
        return [outcome, other[0].result()] if other else []


def _let_run(other: Future[object]) -> None:
    """Wait until it is done, or waits for us."""
    if connection.vendor == "sqlite":
        if not connection.in_atomic_block:
            wait([other])
        return
    with connection.cursor() as cursor:
        while not other.done():
            cursor.execute("SELECT FROM pg_locks WHERE NOT granted")
            if cursor.rowcount:
                return
            wait([other], 0.002)


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene()
    yield scene
    scene.close()


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_at_once(scene: Scene, one: str, other: str) -> None:
    for moment in count():
        stand = Stand()
        views = Counter(_shown(reading.view(stand.pages, list)))
        outcomes = scene.play(moment, partial(EDITS[one], stand), partial(EDITS[other], stand))
        if not outcomes:
            break
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                assert isinstance(outcome, TOO_LATE), repr(outcome)
                assert not isinstance(outcome, OperationalError), repr(outcome)
            views.update(_shown(outcome))
        check(stand, views)
        if connection.vendor == "sqlite" and moment == 2:
            break  # It holds the whole database by now: whoever comes later waits to the end.
    # A view takes hold of all that it counts at once.
    assert moment > (0 if one == "view" else 1)


def _shown(outcome: object) -> list[int]:
    """The contents that a view has shown."""
    pages = outcome if isinstance(outcome, list) else []
    return [each.content.pk for page in pages if isinstance(page, ShownPage) for each in page.contents]


def check(stand: Stand, views: Counter[int]) -> None:
    """The counters are exact, and the ledger knows who stands where."""
    there = set(Content.objects.non_polymorphic().filter(pk__in=stand.contents).values_list("pk", flat=True))
    assert ledger.counters(there) == {content: views[content] for content in there}
    shown = Placement.objects.filter(visible("content__"), content__in=stand.contents)
    members = Member.objects.filter(member_id__in=stand.contents)
    assert Counter(members.values_list("tally", "member_id")) == Counter(shown.values_list("page", "content"))
    pages, tallies = Page.objects.filter(pk__in=stand.pages), Tally.objects.filter(pk__in=stand.pages)
    assert set(tallies.values_list("pk", flat=True)) == set(pages.values_list("pk", flat=True))
    check_the_history()


LOOKS: dict[str, Callable[[APIClient, Stand], object]] = {
    "HEAD of a page": lambda client, stand: client.head(f"/api/page/content/{stand.first.pk}/"),
    "list of pages": lambda client, _stand: client.get("/api/page/content/"),
    "list of contents": lambda client, _stand: client.get("/api/content/"),
    "change of a content": lambda client, stand: client.patch(
        f"/api/content/{stand.film.pk}/", {"title": "new"}
    ),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_what_is_deleted_while_it_is_looked_at_is_not_there(
    scene: Scene, look: Callable[[APIClient, Stand], object], editor: APIClient
) -> None:
    for moment in count():
        stand = Stand()
        delete = partial(EDITS["delete a content"], stand)
        outcomes = scene.play(moment, partial(look, editor, stand), delete, _every)
        if not outcomes:
            break
        assert getattr(outcomes[0], "status_code", outcomes[0]) in (200, 404)
    assert moment > 2


def test_a_page_that_is_deleted_while_it_is_changed_is_not_there(scene: Scene, editor: APIClient) -> None:
    for moment in count():
        stand = Stand()
        change = partial(editor.patch, f"/api/page/content/{stand.first.pk}/", {"title": "new"})
        outcomes = scene.play(moment, change, partial(EDITS["delete a page"], stand), _every)
        if not outcomes:
            break
        assert getattr(outcomes[0], "status_code", outcomes[0]) in (200, 404)
    assert moment > 2


def _every(sql: str) -> bool:
    return "SAVEPOINT" not in sql
