"""Readers and editors in any order, against a plain model that adds one to each shown content at each view.

PAGECAST_TORTURE=20 plays twenty times as many games.
"""

from __future__ import annotations

import io
import json
import os
import re
import wave
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Max
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from rest_framework.test import APIClient

from pagecast.counting import folding, history, ledger
from pagecast.counting.models import BEFORE_THE_HISTORY, Count, Member, Tally
from pagecast.media import receiving
from pagecast.media.models import Upload
from pagecast.pages import editing, filing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.models import Audio, Content, Page, Placement, Text, Video
from tests.counting.groups import at, check_the_history
from tests.delivery.desk import Desk, LonelyDesk
from tests.gallery.models import Image

GAMES = 25 * int(os.environ.get("PAGECAST_TORTURE", "1"))
STEPS = 50

LINK = "https://films.example.org/film.mp4"
# A content, and the number of its views.
ON_THE_SITE = re.compile(r'data-content="(\d+)">(\d+) views?<')
KINDS: list[type[Content]] = [Video, Audio, Text, Image]


@dataclass(eq=False)
class Thing:
    """What the model knows of a content."""

    pk: int
    kind: str
    active: bool = True
    link: bool = False
    file: bool = False
    #: The newest upload, and whether it is still to be filed.
    upload: Any = None
    views: int = 0

    @property
    def visible(self) -> bool:
        """It is active, and has something else to show than a file to come."""
        return self.active and (self.upload is None or self.file or self.link)


@dataclass(eq=False)
class Sheet:
    """What the model knows of a page."""

    pk: int
    slug: str
    active: bool = True
    things: list[Thing] = field(default_factory=list)

    @property
    def shown(self) -> list[Thing]:
        """What readers see, in its order."""
        return [thing for thing in self.things if thing.visible]


class Play(RuleBasedStateMachine):
    """One game. Every rule does the same to Pagecast and to the model."""

    sheets = Bundle("sheets")
    things = Bundle("things")

    def __init__(self, reader: APIClient, editor: APIClient, desk: Desk) -> None:
        super().__init__()
        self.reader, self.editor, self.desk = reader, editor, desk
        self.pages: list[Sheet] = []
        self.contents: list[Thing] = []
        self.savepoint = transaction.savepoint()

    def teardown(self) -> None:
        # A rule that failed inside of a transaction has left it broken.
        transaction.set_rollback(False)
        transaction.savepoint_rollback(self.savepoint)

    def expected(self) -> dict[int, int]:
        return {thing.pk: thing.views for thing in self.contents}

    # --- Whatever happens ---

    @invariant()
    def every_counter_is_exact(self) -> None:
        assert ledger.counters(self.expected()) == self.expected()

    @invariant()
    def the_ledger_knows_who_stands_where(self) -> None:
        assert set(Tally.objects.values_list("pk", flat=True)) == {sheet.pk for sheet in self.pages}
        members = Counter(Member.objects.values_list("tally_id", "member_id"))
        assert members == Counter((sheet.pk, thing.pk) for sheet in self.pages for thing in sheet.shown)

    @invariant()
    def the_history_adds_up(self) -> None:
        check_the_history()

    def viewed(self) -> int:
        """All views of all pages that there have ever been."""
        return sum(history.views_of_all(BEFORE_THE_HISTORY).values())

    # --- Readers ---

    def see(self, sheets: list[Sheet], results: list[Any]) -> None:
        """The model counts, and then an answer must be what the model says."""
        for sheet in sheets:
            for thing in sheet.shown:
                thing.views += 1
        self.look(sheets, results)

    def look(self, sheets: list[Sheet], results: list[Any], *, everything: bool = False) -> None:
        """An answer must be what the model says."""
        expected = [(sheet.pk, sheet.things if everything else sheet.shown) for sheet in sheets]
        found = [
            (page["id"], [(each["id"], each["order"], each["counter"]) for each in page["contents"]])
            for page in results
        ]
        assert found == [
            (pk, [(thing.pk, order, thing.views) for order, thing in enumerate(things, start=1)])
            for pk, things in expected
        ]

    @rule(sheet=sheets)
    def open_a_page(self, sheet: Sheet) -> None:
        answer = self.reader.get(f"/api/page/content/{sheet.pk}/")
        assert answer.status_code == (200 if sheet.active else 404)
        if sheet.active:
            self.see([sheet], [answer.json()])

    @rule(sheet=sheets)
    def open_a_page_quickly(self, sheet: Sheet) -> None:
        answer = self.desk.get(f"{sheet.pk}/")
        assert answer.status == (200 if sheet.active else 404)
        if sheet.active:
            self.see([sheet], [json.loads(answer.body)])

    @rule(number=st.integers(1, 3), size=st.integers(1, 5))
    def open_the_list_quickly(self, number: int, size: int) -> None:
        found = [sheet for sheet in self.pages if sheet.active]
        if (number - 1) * size < max(len(found), 1):
            answer = json.loads(self.desk.get(f"?page={number}&page_size={size}").body)
            assert answer["count"] == len(found)
            self.see(found[(number - 1) * size : number * size], answer["results"])

    @rule(number=st.integers(1, 3), size=st.integers(1, 5), kind=st.sampled_from([None, "text", "video"]))
    def open_the_list(self, number: int, size: int, kind: str | None) -> None:
        found = [
            sheet
            for sheet in self.pages
            if sheet.active and (kind is None or kind in {thing.kind for thing in sheet.shown})
        ]
        query = {"page": number, "page_size": size} | ({"kind": kind} if kind else {})
        answer = self.reader.get("/api/page/content/", query)
        if (number - 1) * size >= max(len(found), 1):
            assert answer.status_code == 404
            return
        assert answer.json()["count"] == len(found)
        self.see(found[(number - 1) * size : number * size], answer.json()["results"])

    @rule(sheet=sheets)
    def open_a_page_of_the_site(self, sheet: Sheet) -> None:
        answer = self.reader.get(f"/pages/{sheet.slug}/")
        assert answer.status_code == (200 if sheet.active else 404)
        if sheet.active:
            shown = ON_THE_SITE.findall(answer.text)
            contents = [
                {"id": int(content), "order": order, "counter": int(counter)}
                for order, (content, counter) in enumerate(shown, start=1)
            ]
            self.see([sheet], [{"id": sheet.pk, "contents": contents}])

    @rule(sheet=sheets)
    def tell_of_a_view(self, sheet: Sheet) -> None:
        answer = self.reader.post(f"/api/page/content/{sheet.pk}/views/")
        assert answer.status_code == (204 if sheet.active else 404)
        if sheet.active:
            for thing in sheet.shown:
                thing.views += 1

    # --- Those who are no readers ---

    @rule(
        sheet=sheets,
        path=st.sampled_from(["/api/page/content/{0.pk}/", "/api/page/content/", "/pages/{0.slug}/"]),
    )
    def ask_for_the_head(self, sheet: Sheet, path: str) -> None:
        self.reader.head(path.format(sheet))
        self.reader.options(path.format(sheet))

    @rule(
        path=st.sampled_from(
            ["999999/", "999999/views/", "?page=99", "?page_size=0", "?kind=book", "999999999999999999999/"]
        )
    )
    def ask_for_what_is_not_there(self, path: str) -> None:
        assert self.reader.get(f"/api/page/content/{path}").status_code in (400, 404, 405)
        assert self.reader.get("/pages/nothing-of-this-name/").status_code == 404
        assert self.reader.post("/api/page/content/999999/views/").status_code == 404

    @rule(sheet=sheets)
    def preview(self, sheet: Sheet) -> None:
        self.look([sheet], [self.editor.get(f"/api/page/content/{sheet.pk}/").json()], everything=True)
        self.look(
            self.pages, self.editor.get("/api/page/content/?page_size=100").json()["results"], everything=True
        )

    @rule(thing=things)
    def look_at_a_content(self, thing: Thing) -> None:
        assert self.editor.get(f"/api/content/{thing.pk}/").json()["counter"] == thing.views

    # --- Editors make something ---

    @initialize(target=things)
    def begin_with_some_contents(self) -> MultipleResults[Thing]:
        return multiple(
            self.make_content(Video, link=True), self.make_content(Audio), self.make_content(Text)
        )

    @initialize(target=sheets)
    def begin_with_a_page(self) -> Sheet:
        return self.add_a_page([], by_api=True)

    def make_content(self, kind: type[Content], *, link: bool = False, active: bool = True) -> Thing:
        fields = {kind.link_field: LINK} if link and kind.link_field else {}
        content = kind.objects.create(title=f"A {kind.kind()}", is_active=active, **fields)
        thing = Thing(content.pk, kind.kind(), active, bool(fields))
        self.contents.append(thing)
        return thing

    @rule(
        target=things,
        kind=st.sampled_from(KINDS),
        link=st.booleans(),
        active=st.sampled_from([True, True, False]),
    )
    def add_a_content(self, kind: type[Content], link: bool, active: bool) -> Thing:
        return self.make_content(kind, link=link, active=active)

    @rule(target=sheets, chosen=st.lists(things, unique=True, max_size=4), by_api=st.booleans())
    def add_a_page_with(self, chosen: list[Thing], by_api: bool) -> Sheet:
        return self.add_a_page(chosen, by_api=by_api)

    def add_a_page(self, chosen: list[Thing], *, by_api: bool) -> Sheet:
        keys = [thing.pk for thing in chosen]
        if by_api:
            answer = self.editor.post("/api/page/content/", {"title": "A page", "contents": keys})
            page = Page.objects.get(pk=answer.json()["id"])
        else:
            (page,) = Page.objects.bulk_create([Page(title="A page")])
            Placement.objects.bulk_create(Placement(page=page, content_id=key) for key in keys)
        sheet = Sheet(page.pk, page.slug, things=list(chosen))
        self.pages.append(sheet)
        return sheet

    # --- Editors arrange ---

    @rule(sheet=sheets, chosen=st.lists(things, unique=True, max_size=5), by_api=st.booleans())
    def arrange(self, sheet: Sheet, chosen: list[Thing], by_api: bool) -> None:
        keys = [thing.pk for thing in chosen]
        if by_api:
            answer = self.editor.patch(f"/api/page/content/{sheet.pk}/", {"contents": keys})
            assert answer.status_code == 200
        else:
            editing.arrange(Page.objects.get(pk=sheet.pk), keys)
        sheet.things = list(chosen)

    @rule(sheet=sheets, thing=things)
    def put_at_the_end(self, sheet: Sheet, thing: Thing) -> None:
        page = Page.objects.get(pk=sheet.pk)
        position = editing.next_position(page)
        page.placements.get_or_create(content_id=thing.pk, defaults={"position": position})
        if thing not in sheet.things:
            sheet.things.append(thing)

    @rule(sheet=sheets, thing=things, by_row=st.booleans())
    def take_off(self, sheet: Sheet, thing: Thing, by_row: bool) -> None:
        placements = Placement.objects.filter(page=sheet.pk, content=thing.pk)
        if by_row:
            for placement in placements:
                placement.delete()
        else:
            placements.delete()
        if thing in sheet.things:
            sheet.things.remove(thing)

    @rule(source=sheets, goal=sheets, by_row=st.booleans())
    def move_the_first_to_another_page(self, source: Sheet, goal: Sheet, by_row: bool) -> None:
        if not source.things or source.things[0] in goal.things:
            return
        thing = source.things.pop(0)
        placement = Placement.objects.get(page=source.pk, content=thing.pk)
        position = editing.next_position(Page.objects.get(pk=goal.pk))
        if by_row:
            placement.page_id, placement.position = goal.pk, position
            placement.save()
        else:
            Placement.objects.filter(pk=placement.pk).update(page=goal.pk, position=position)
        goal.things.append(thing)

    @rule(one=sheets, other=sheets)
    def swap_all_in_one_edit(self, one: Sheet, other: Sheet) -> None:
        one.things, other.things = other.things, one.things
        with one_edit():
            for sheet in (one, other):
                editing.arrange(Page.objects.get(pk=sheet.pk), [thing.pk for thing in sheet.things])

    @rule(sheet=sheets)
    def turn_around(self, sheet: Sheet) -> None:
        last = Placement.objects.filter(page=sheet.pk).aggregate(last=Max("position"))["last"] or 0
        Placement.objects.filter(page=sheet.pk).update(position=last - F("position"))
        rows = (
            Placement.objects.filter(page=sheet.pk)
            .order_by("position", "pk")
            .values_list("content", flat=True)
        )
        things = {thing.pk: thing for thing in sheet.things}
        sheet.things = [things.pop(key) for key in rows]
        assert not things

    # --- Editors switch, rename and delete ---

    @rule(thing=things, active=st.booleans(), way=st.sampled_from(["save", "update", "API"]))
    def switch_a_content(self, thing: Thing, active: bool, way: str) -> None:
        thing.active = active
        if way == "save":
            content = Content.objects.get(pk=thing.pk)
            content.is_active = active
            content.save()
        elif way == "update":
            Content.objects.filter(pk=thing.pk).update(is_active=active)
        else:
            assert self.editor.patch(f"/api/content/{thing.pk}/", {"is_active": active}).status_code == 200

    @rule(chosen=st.lists(things, unique=True), active=st.booleans())
    def switch_many(self, chosen: list[Thing], active: bool) -> None:
        Content.objects.filter(pk__in=[thing.pk for thing in chosen]).update(is_active=active)
        for thing in chosen:
            thing.active = active

    @rule(thing=things)
    def turn_the_link(self, thing: Thing) -> None:
        if thing.kind == "video":
            thing.link = not thing.link
            Video.objects.filter(pk=thing.pk).update(video_url=LINK if thing.link else None)

    @rule(sheet=sheets, active=st.booleans(), by_api=st.booleans())
    def switch_a_page(self, sheet: Sheet, active: bool, by_api: bool) -> None:
        sheet.active = active
        if by_api:
            self.editor.patch(f"/api/page/content/{sheet.pk}/", {"is_active": active})
        else:
            Page.objects.filter(pk=sheet.pk).update(is_active=active)

    @rule(sheet=sheets, thing=things)
    def rename(self, sheet: Sheet, thing: Thing) -> None:
        assert self.editor.patch(f"/api/page/content/{sheet.pk}/", {"title": "Another"}).status_code == 200
        assert self.editor.patch(f"/api/content/{thing.pk}/", {"title": "Another"}).status_code == 200

    @rule(sheet=consumes(sheets), way=st.sampled_from(["delete", "queryset", "API"]))
    def delete_a_page(self, sheet: Sheet, way: str) -> None:
        viewed = self.viewed()
        if way == "delete":
            Page.objects.get(pk=sheet.pk).delete()
        elif way == "queryset":
            Page.objects.filter(pk=sheet.pk).delete()
        else:
            assert self.editor.delete(f"/api/page/content/{sheet.pk}/").status_code == 204
        assert self.viewed() == viewed
        self.pages.remove(sheet)

    @rule(chosen=st.lists(consumes(things), min_size=1, max_size=2), bare=st.booleans())
    def delete_contents(self, chosen: list[Thing], bare: bool) -> None:
        contents = Content.objects.non_polymorphic() if bare else Content.objects.all()
        contents.filter(pk__in=[thing.pk for thing in chosen]).delete()
        for thing in chosen:
            self.contents.remove(thing)
            for sheet in self.pages:
                if thing in sheet.things:
                    sheet.things.remove(thing)

    @rule(sheet=sheets, thing=things)
    def begin_an_edit_and_take_it_back(self, sheet: Sheet, thing: Thing) -> None:
        with transaction.atomic():
            Page.objects.get(pk=sheet.pk).delete()
            Content.objects.get(pk=thing.pk).delete()
            transaction.set_rollback(True)

    # --- Files come ---

    @rule(thing=things, number=st.integers(1, 3))
    def upload(self, thing: Thing, number: int) -> None:
        if thing.kind == "audio":
            upload = receiving.receive([_tone(number)], "tone.wav")
            editing.write_content(Content.objects.get(pk=thing.pk), {}, upload)
            thing.upload = upload.pk

    @rule(thing=things, sound=st.booleans())
    def work_through(self, thing: Thing, sound: bool) -> None:
        """The worker files one upload, or refuses it because its bytes are gone."""
        waiting = set(filing.due().values_list("pk", flat=True))
        if thing.upload in waiting:
            if not sound:
                Upload.objects.get(pk=thing.upload).staged.write_bytes(b"")
            filing.file(thing.upload)
            thing.file = Content.objects.get(pk=thing.pk).blob_id is not None
            assert thing.file or not sound

    # --- The books ---

    @rule(sheet=sheets)
    def settle_one(self, sheet: Sheet) -> None:
        ledger.settle(sheet.pk)

    @rule(sheet=sheets, days=st.integers(0, 5), hour=st.integers(0, 23))
    def settle_one_as_if_it_were_long_ago(self, sheet: Sheet, days: int, hour: int) -> None:
        with at(timezone.now() - timedelta(days=days, hours=hour)):
            ledger.settle(sheet.pk)

    @rule()
    def fold(self) -> None:
        viewed = self.viewed()
        assert folding.fold()
        assert self.viewed() == viewed

    @rule()
    def settle_all(self) -> None:
        viewed = self.viewed()
        ledger.settle_all()
        assert self.viewed() == viewed
        assert dict(Count.objects.values_list("pk", "seen")) == self.expected()
        assert ledger.settle_all() == 0
        connection.check_constraints()


def _tone(number: int) -> bytes:
    """A short sound, another one for each number."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes(range(100, 150)) * 16 * number)
    return file.getvalue()


def test_every_counter_is_exact_in_every_game(reader: APIClient, editor: APIClient) -> None:
    depth = settings(
        max_examples=GAMES,
        stateful_step_count=STEPS,
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )
    # So little room that documents are forgotten now and then.
    with LonelyDesk.open(room=12_000) as desk:
        run_state_machine_as_test(lambda: Play(reader, editor, desk), settings=depth)  # type: ignore[arg-type]
