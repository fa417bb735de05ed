"""Readers and editors all at once: what readers were shown, and what the counters say, is the same number.

No request is cut off here, so it is an equality, for each content by itself.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, OperationalError
from rest_framework.test import APIClient

from pagecast.counting import ledger
from pagecast.counting.models import Count, Member
from pagecast.pages import editing
from pagecast.pages.books import visible
from pagecast.pages.errors import Conflict
from pagecast.pages.models import Audio, Content, Page, Placement, Text, Video
from tests.counting.groups import check_the_history
from tests.counting.threads import together

pytestmark = pytest.mark.django_db(transaction=True)

READERS, REQUESTS = 8, 30
EDITORS, EDITS = 4, 50


# A content, and the number of its views.
ON_THE_SITE = re.compile(r'data-content="(\d+)">(\d+) views?<')


class Library:
    """Eight pages which share ten contents; pages that are deleted stay in the readers' list of addresses."""

    def __init__(self) -> None:
        self.addresses: list[tuple[int, str]] = []
        self.contents = [self.new_content(number) for number in range(10)]
        for number in range(8):
            self.new_page(random.Random(number))

    def new_content(self, number: int) -> int:
        """One more content, of this kind or that."""
        kind: Any = (Video, Audio, Text)[number % 3]
        content = kind.objects.create(title="new")
        # The site shows no ids.
        kind.objects.filter(pk=content.pk).update(title=f"content-{content.pk}")
        return int(content.pk)

    def new_page(self, chance: random.Random) -> None:
        """One more page, with some contents."""
        page = editing.create_page({"title": "page"}, _some(Content, chance))
        self.addresses.append((page.pk, page.slug))


class Audience:
    """Readers who remember what they were shown, and for whom a counter that they see again has gone up."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.shown: Counter[int] = Counter()
        self.reading = READERS
        self._lock = threading.Lock()

    def reader(self, seed: int) -> Callable[[], None]:
        """One of them."""

        def read() -> None:
            chance, browser, mine = random.Random(seed), APIClient(), Counter[int]()
            last: dict[int, int] = {}
            try:
                for _ in range(REQUESTS):
                    shown = self.ask(browser, chance)
                    mine.update(content for content, _counter in shown)
                    assert all(counter > last.get(content, 0) for content, counter in shown)
                    last.update(shown)
            finally:
                with self._lock:
                    self.shown += mine
                    self.reading -= 1

        return read

    def ask(self, browser: APIClient, chance: random.Random) -> list[tuple[int, int]]:
        """One request: each content that the answer shows, and its counter there."""
        page, slug = chance.choice(self.library.addresses)
        results: list[Any] = []
        answer: Any
        match chance.choice(["page", "page", "list", "site", "head"]):
            case "page":
                answer = browser.get(f"/api/page/content/{page}/")
                results = [answer.json()] if answer.status_code == 200 else []
            case "list":
                answer = browser.get("/api/page/content/", {"page_size": 3})
                results = answer.json()["results"]
            case "site":
                answer = browser.get(f"/pages/{slug}/")
                if answer.status_code == 200:
                    return [
                        (int(content), int(counter)) for content, counter in ON_THE_SITE.findall(answer.text)
                    ]
            case _:
                answer = browser.head(f"/api/page/content/{page}/")
        assert answer.status_code in (200, 404, 410), answer.content
        return [(content["id"], content["counter"]) for each in results for content in each["contents"]]

    def go_on(self) -> bool:
        """Whether anyone still reads; takes a breath, so that they get on with it."""
        time.sleep(0.005)
        return self.reading > 0


# --- What editors do -----------------------------------------------------------------------------------


def _some(model: type[Page | Content], chance: random.Random, most: int = 4) -> list[int]:
    keys: Any = model._base_manager.order_by().values_list("pk", flat=True)
    return chance.sample(sorted(keys), min(len(keys), chance.randint(0, most)))


def _one(model: Any, chance: random.Random) -> Any:
    return model.objects.get(pk=chance.choice(list(model.objects.values_list("pk", flat=True))))


def _placement(chance: random.Random) -> Placement:
    found: Placement = _one(Placement, chance)
    return found


def _move(library: Library, chance: random.Random) -> None:
    placement = _placement(chance)
    placement.page = _one(Page, chance)
    placement.save()


def _replace_a_page(library: Library, chance: random.Random) -> None:
    _one(Page, chance).delete()
    library.new_page(chance)


def _replace_a_content(library: Library, chance: random.Random) -> None:
    _one(Content, chance).delete()
    editing.arrange(_one(Page, chance), [library.new_content(chance.randint(0, 9))])


def _switch_in_bulk(_library: Library, chance: random.Random) -> None:
    contents = list(Content.objects.filter(pk__in=_some(Content, chance)))
    for content in contents:
        content.is_active = not content.is_active
    Content.objects.bulk_update(contents, ["is_active"])


Edit = Callable[[Library, random.Random], object]

DOINGS: list[Edit] = [
    lambda _library, chance: editing.arrange(_one(Page, chance), _some(Content, chance)),
    lambda _library, chance: editing.arrange(_one(Page, chance), _some(Content, chance)),
    lambda _library, chance: Placement.objects.create(page=_one(Page, chance), content=_one(Content, chance)),
    lambda _library, chance: _placement(chance).delete(),
    _move,
    lambda _library, chance: Placement.objects.filter(pk=_placement(chance).pk).update(
        page=_one(Page, chance)
    ),
    lambda _library, chance: Placement.objects.filter(page__in=_some(Page, chance, 2)).delete(),
    lambda _library, chance: editing.write_content(
        _one(Content, chance), {"is_active": chance.random() < 0.7}
    ),
    lambda _library, chance: Content.objects.filter(pk__in=_some(Content, chance)).update(is_active=True),
    lambda _library, chance: Content.objects.exclude(pk__in=_some(Content, chance)).update(is_active=True),
    _switch_in_bulk,
    lambda _library, chance: editing.change_page(_one(Page, chance), {"is_active": chance.random() < 0.8}),
    lambda _library, chance: editing.change_page(
        _one(Page, chance), {"title": "renamed"}, _some(Content, chance)
    ),
    _replace_a_page,
    _replace_a_content,
]


def edit(library: Library, chance: random.Random) -> None:
    """Do something or other; what another editor has made impossible in the meantime is left."""
    try:
        chance.choice(DOINGS)(library, chance)
    except OperationalError:
        raise  # a deadlock, or a wait without an end
    except (ObjectDoesNotExist, Conflict, DatabaseError, IndexError):
        """Another editor was quicker."""


def check_the_books(library: Library, views: Counter[int]) -> None:
    """Every counter is the number of times that its content was shown, before and after settling."""
    there = list(Content.objects.non_polymorphic().values_list("pk", flat=True))
    expected = {content: views[content] for content in there}
    assert ledger.counters(there) == expected
    ledger.settle_all()
    assert dict(Count.objects.values_list("pk", "seen")) == expected
    check_the_history()
    shown = Placement.objects.filter(visible("content__")).values_list("page", "content")
    assert Counter(Member.objects.values_list("tally", "member_id")) == Counter(shown)


# --- The tests -----------------------------------------------------------------------------------------


def test_every_view_that_was_answered_is_counted_and_no_other() -> None:
    library = Library()
    audience = Audience(library)

    def editor(seed: int) -> Callable[[], None]:
        def work() -> None:
            chance = random.Random(seed)
            while audience.go_on():
                edit(library, chance)

        return work

    def settle() -> None:
        while audience.go_on():
            ledger.settle_all()

    together(*map(audience.reader, range(READERS)), editor(1), editor(2), settle)
    assert sum(audience.shown.values()) > READERS
    check_the_books(library, audience.shown)


def test_editors_do_not_wait_for_each_other_for_ever() -> None:
    library = Library()

    def editor(seed: int) -> Callable[[], None]:
        def work() -> None:
            chance = random.Random(seed)
            for _ in range(EDITS):
                edit(library, chance)

        return work

    together(*map(editor, range(EDITORS)), ledger.settle_all)
    check_the_books(library, Counter())
