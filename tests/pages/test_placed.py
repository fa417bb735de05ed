"""Whether a content stands on a page: its own column knows, whoever changes what, however many at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from pagecast.pages import editing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.models import Content, Page, Placement, Text, Video
from tests.counting.threads import together

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)


def is_placed(content: Content) -> bool:
    return bool(Content.objects.non_polymorphic().get(pk=content.pk).is_placed)


def check_all() -> None:
    """No content is mistaken."""
    standing = set(Placement.objects.values_list("content_id", flat=True))
    rows = Content.objects.non_polymorphic().values_list("pk", "is_placed")
    assert [pk for pk, known in rows if known != (pk in standing)] == []


def test_a_content_knows_whether_it_stands_on_a_page(handbook: Page, film: Content) -> None:
    assert is_placed(film)
    editing.arrange(handbook, [])
    assert not is_placed(film)


def test_a_content_that_leaves_one_of_its_pages_still_stands_on_the_other(
    handbook: Page, film: Content
) -> None:
    other = editing.create_page({"title": "Other"}, [film.pk])
    other.delete()
    assert is_placed(film)
    handbook.delete()
    assert not is_placed(film)


def _bulk(film: Content) -> None:
    over: Any = {"update_conflicts": True, "unique_fields": ["id"], "update_fields": ["is_placed"]}
    Content.objects.bulk_create(
        [Content(pk=film.pk, title="Dawn", polymorphic_ctype=film.polymorphic_ctype)], **over
    )


@pytest.mark.parametrize(
    "write",
    [
        lambda film: film.save(),
        lambda film: Video.objects.filter(pk=film.pk).update(is_placed=False),
        lambda film: Content.objects.non_polymorphic().filter(pk=film.pk).update(is_placed=False),
        lambda film: Content.objects.bulk_update([film], ["is_placed"]),
        _bulk,
    ],
    ids=["save", "update of its kind", "update", "bulk_update", "bulk_create over what is there"],
)
def test_what_was_loaded_before_it_came_to_a_page_does_not_make_it_forget(
    film: Content, write: Callable[[Content], object]
) -> None:
    film.refresh_from_db()
    editing.create_page({"title": "Handbook"}, [film.pk])
    assert not film.is_placed
    write(film)
    assert is_placed(film)


def test_a_fixture_that_knows_nothing_of_it_makes_nobody_forget(handbook: Page, tmp_path: Path) -> None:
    path = tmp_path / "fixture.json"
    call_command("dumpdata", "pages", output=str(path), verbosity=0)
    rows = json.loads(path.read_text())
    for row in rows:
        row["fields"].pop("is_placed", None)
    # The placements come first.
    path.write_text(json.dumps(rows[::-1]))
    Page.objects.all().delete()
    Content.objects.all().delete()
    call_command("loaddata", str(path), verbosity=0)
    assert Placement.objects.count() == 3
    check_all()


@at_once
def test_two_editors_at_once_one_of_whom_takes_it_off_a_page_end_right() -> None:
    # SQLite has one writer: there the one simply waits for the other.
    has_rows = connection.vendor == "postgresql"
    contents = [Text.objects.create(title=f"Text {number}") for number in range(20)]
    for content in contents:
        first = editing.create_page({"title": "First"}, [content.pk])
        second = editing.create_page({"title": "Second"})
        meet = Barrier(2, timeout=60)

        def take_off(page: Page = first, meet: Barrier = meet) -> None:
            with one_edit():
                page.placements.all().delete()
                if has_rows:
                    meet.wait()

        def put_on(page: Page = second, key: int = content.pk, meet: Barrier = meet) -> None:
            with one_edit():
                Placement.objects.create(page=page, content_id=key)
                if has_rows:
                    meet.wait()

        together(take_off, put_on)
        assert is_placed(content)
    check_all()


@at_once
def test_two_editors_at_once_who_take_it_off_its_last_two_pages_end_right() -> None:
    has_rows = connection.vendor == "postgresql"
    contents = [Text.objects.create(title=f"Text {number}") for number in range(20)]
    for content in contents:
        pages = [editing.create_page({"title": title}, [content.pk]) for title in ("First", "Second")]
        meet = Barrier(2, timeout=60)

        def take_off(page: Page, meet: Barrier = meet) -> None:
            with one_edit():
                page.placements.filter(page=page).delete()
                if has_rows:
                    meet.wait()

        together(*(partial(take_off, page) for page in pages))
        assert not is_placed(content)
    check_all()


@at_once
def test_a_content_that_is_written_whole_while_another_editor_places_it_stands_there() -> None:
    has_rows = connection.vendor == "postgresql"
    for number in range(20):
        content = Text.objects.create(title=f"Text {number}")
        page = editing.create_page({"title": "Page"})
        stale, meet = Text.objects.get(pk=content.pk), Barrier(2, timeout=60)

        def write(stale: Text = stale, meet: Barrier = meet) -> None:
            with one_edit():
                stale.save()
                if has_rows:
                    meet.wait()

        def put_on(page: Page = page, key: int = content.pk, meet: Barrier = meet) -> None:
            with one_edit():
                Placement.objects.create(page=page, content_id=key)
                if has_rows:
                    meet.wait()

        together(write, put_on)
        assert is_placed(content)
