"""The stage on which every way into the books is tried, and the plain model that it is compared with.

    first    film, sound, and unseen: hidden (switched off), coming (awaits its file)
    second   note, film, picture
    third    nothing

`spare` stands nowhere.
"""

from __future__ import annotations

import io
import wave
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from knox.models import AuthToken
from rest_framework.test import APIClient

from pagecast.counting import ledger
from pagecast.counting.models import Count, Member, Tally
from pagecast.media import receiving
from pagecast.media.models import Upload
from pagecast.pages import access, reading
from pagecast.pages.books import editing as one_edit
from pagecast.pages.models import Audio, Content, Page, Placement, Text, Video
from tests.gallery.models import Image

LINK = "https://films.example.org/film.mp4"


def upload(name: str = "tone.wav", seconds: float = 0.1) -> Upload:
    """A sound that has just come in."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes(range(100, 150)) * int(160 * seconds))
    return receiving.receive([file.getvalue()], name)


class Stage:
    """Pages and contents by name, what readers should see of them, and how often they have."""

    def __init__(self) -> None:
        with one_edit():
            self._build()
        self.shows: dict[str, list[str]] = {
            "first": ["film", "sound"],
            "second": ["note", "film", "picture"],
            "third": [],
        }
        #: Pages that readers get a 404 for: nobody sees them, so nothing on them is counted.
        self.closed: set[str] = set()
        self.views: Counter[str] = Counter()

    def _build(self) -> None:
        self.contents: dict[str, int] = {
            "film": Video.objects.create(title="film", video_url=LINK).pk,
            "sound": Audio.objects.create(title="sound", text="la la").pk,
            "note": Text.objects.create(title="note").pk,
            "picture": Image.objects.create(title="picture").pk,
            "hidden": Text.objects.create(title="hidden", is_active=False).pk,
            "coming": Audio.objects.create(title="coming", upload=upload()).pk,
            "spare": Text.objects.create(title="spare").pk,
        }
        self.pages = {name: Page.objects.create(title=name).pk for name in ("first", "second", "third")}
        placed = {"first": ("film", "hidden", "sound", "coming"), "second": ("note", "film", "picture")}
        for page, contents in placed.items():
            for position, content in enumerate(self.ids(*contents), start=1):
                Placement.objects.create(page_id=self.pages[page], content_id=content, position=position)

    # --- what the ways in need ---

    @cached_property
    def editor(self) -> APIClient:
        """An editor at the API."""
        token = AuthToken.objects.create(user=access.editor("alice"))[1]
        return APIClient(headers={"Authorization": f"Bearer {token}"})

    @cached_property
    def admin(self) -> Client:
        """A superuser at the admin."""
        client = Client()
        client.force_login(User.objects.create_superuser("root"))
        return client

    def page(self, name: str) -> Page:
        """The page as it is in the database."""
        return Page.objects.get(pk=self.pages[name])

    def content(self, name: str) -> Any:
        """The content as it is in the database, as its own kind."""
        return Content.objects.get(pk=self.contents[name])

    def base(self, name: str) -> Any:
        """The same, as a bare Content."""
        return Content.objects.non_polymorphic().get(pk=self.contents[name])

    def placement(self, page: str, content: str) -> Placement:
        """The content's place on the page."""
        return Placement.objects.get(page=self.pages[page], content=self.contents[content])

    def ids(self, *contents: str) -> list[int]:
        """The ids of these contents, in this order."""
        return [self.contents[name] for name in contents]

    # --- the play ---

    def view(self) -> None:
        """Every page is shown in one answer: as the model says, each content with its exact counter."""
        open_pages = {
            self.pages[name]: names for name, names in self.shows.items() if name not in self.closed
        }
        for names in open_pages.values():
            self.views.update(names)
        answer = reading.view([*self.pages.values()], list)
        shown = {
            each.page.pk: [(self._name(one.content.pk), one.order, one.counter) for one in each.contents]
            for each in answer
        }
        same(
            shown,
            {
                page: [(name, order, self.views[name]) for order, name in enumerate(names, start=1)]
                for page, names in open_pages.items()
            },
        )

    def becomes(
        self, change: Callable[[], object], *, shares: Collection[str] = (), **shows: list[str] | None
    ) -> None:
        """Views before the change go to what was shown before it, views after it to what is shown then.

        The pages that are named change, to what they show then or to nothing at all; no other page does,
        but for those that begin or cease to share a content with others.
        """
        self.view()
        before = self._editions()
        change()
        there = set(Content.objects.non_polymorphic().values_list("pk", flat=True))
        self.contents = {name: pk for name, pk in self.contents.items() if pk in there}
        for page, names in shows.items():
            if names is None:
                del self.shows[page]
            else:
                self.shows[page] = names
        after = self._editions()
        same({page for page in self.pages if after.get(page) != before.get(page)}, {*shows, *shares})
        assert all(edition >= before.get(page, 0) for page, edition in after.items())
        self.check_books()
        same(ledger.counters(self.contents.values()), self._expected())
        self.view()
        ledger.settle_all()
        same(dict(Count.objects.values_list("pk", "seen")), self._expected())

    def check_books(self) -> None:
        """The ledger knows every page and content that is there, and no other, and who stands where.

        So does every content, whether it stands on a page.
        """
        standing = set(Placement.objects.values_list("content_id", flat=True))
        rows = Content.objects.non_polymorphic().values_list("pk", "is_placed")
        same(dict(rows), {pk: pk in standing for pk, _ in rows})
        same(set(Tally.objects.values_list("pk", flat=True)), set(Page.objects.values_list("pk", flat=True)))
        same(set(Count.objects.values_list("pk", flat=True)), set(self.contents.values()))
        members = Counter(Member.objects.values_list("tally_id", "member_id"))
        shown = [(page, name) for page, names in self.shows.items() for name in names]
        same(members, Counter((self.pages[page], self.contents[name]) for page, name in shown))

    def _editions(self) -> dict[str, int]:
        editions = dict(Tally.objects.values_list("pk", "edition"))
        return {name: editions[pk] for name, pk in self.pages.items() if pk in editions}

    def _expected(self) -> dict[int, int]:
        return {pk: self.views[name] for name, pk in self.contents.items()}

    def _name(self, content: int) -> str:
        return next(name for name, pk in self.contents.items() if pk == content)


def same(found: object, expected: object) -> None:
    """pytest tells what differs only where the test itself compares."""
    assert found == expected, f"found {found}, expected {expected}"


def every(names: Iterable[str], but: str) -> list[str]:
    """All of the names but one."""
    return [name for name in names if name != but]
