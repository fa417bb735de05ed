"""Addresses that pages had: whatever way one loses its address, it is found under it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext

from pagecast.pages import editing
from pagecast.pages.addresses import Former, find, like
from pagecast.pages.books import editing as one_edit
from pagecast.pages.models import Content, FormerAddress, Page, Placement
from tests.counting.threads import together
from tests.pages import books_ways as ways
from tests.pages.books_stage import Stage

GONE = Former(None)
# Who names an address twice, to say which page is meant, cannot change it.
RENAMINGS = {
    way: change for way, change in ways.PAGE_CHANGES.items() if way != "bulk_create over its address"
}
Change = Callable[[Stage, dict[str, Any]], object]


def by(found: dict[str, Any]) -> pytest.MarkDecorator:
    """The test once for each of these ways."""
    return pytest.mark.parametrize("way", found.values(), ids=found)


@pytest.fixture
def stage(db: None) -> Stage:
    return Stage()


def page(slug: str, **fields: Any) -> Page:
    return editing.create_page({"title": slug, "slug": slug} | fields)


def rename(slug: str, new: str) -> None:
    editing.change_page(Page.objects.get(slug=slug), {"slug": new})


def switch(slug: str, *, on: bool) -> None:
    editing.change_page(Page.objects.get(slug=slug), {"is_active": on})


# --- every way in --------------------------------------------------------------------------------------


@by(RENAMINGS)
def test_a_page_that_is_renamed_is_found_under_its_old_address(stage: Stage, way: Change) -> None:
    way(stage, {"slug": "renamed"})
    assert find("first") == Former("renamed")


@by(ways.PAGE_DELETIONS)
def test_a_page_that_is_deleted_is_known_to_be_gone(stage: Stage, way: ways.Deletion) -> None:
    way(stage, "first")
    assert find("first") == GONE
    assert find("second") is None


@by(ways.PAGE_CHANGES)
def test_an_address_is_remembered_of_a_page_that_is_renamed_while_it_is_switched_off(
    stage: Stage, way: Change
) -> None:
    way(stage, {"is_active": False})
    Page.objects.filter(slug="first").update(slug="renamed")
    assert find("first") is None
    Page.objects.filter(slug="renamed").update(is_active=True)
    assert find("first") == Former("renamed")


@by(ways.NEW_PAGES)
def test_a_new_page_has_no_past(stage: Stage, way: ways.Way) -> None:
    way(stage)
    assert not FormerAddress.objects.exists()


@by(ways.PAGE_CHANGES)
def test_whatever_else_changes_of_a_page_its_address_is_not_a_former_one(stage: Stage, way: Change) -> None:
    way(stage, {"title": "The first", "text": "Another text"})
    assert not FormerAddress.objects.exists()


def test_many_pages_may_be_renamed_by_an_expression(stage: Stage) -> None:
    Page.objects.update(slug=Concat(F("slug"), Value("-page")))
    assert [find(name) for name in stage.pages] == [Former(f"{name}-page") for name in stage.pages]


def test_pages_may_be_renamed_by_writing_over_them_in_bulk(stage: Stage) -> None:
    rows = [Page(pk=pk, title=name, slug=f"{name}-page") for name, pk in stage.pages.items()]
    Page.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["title", "slug"]
    )
    assert [find(name) for name in stage.pages] == [Former(f"{name}-page") for name in stage.pages]


def test_a_fixture_that_brings_deleted_pages_back_brings_their_addresses_back(
    stage: Stage, tmp_path: Any
) -> None:
    dump = tmp_path / "pages.json"
    call_command("dumpdata", "pages.page", output=str(dump), verbosity=0)
    Page.objects.all().delete()
    assert find("first") == GONE
    call_command("loaddata", dump, verbosity=0)
    assert find("first") is None
    rename("first", "renamed")
    assert find("first") == Former("renamed")


@pytest.mark.django_db(transaction=True)
def test_a_row_may_be_written_as_it_is_outside_of_any_transaction() -> None:
    row = page("one")
    row.slug = "two"
    row.save_base(raw=True)
    assert find("one") == Former("two")


# --- whose an address is -------------------------------------------------------------------------------


def test_an_address_that_nobody_had_is_not_known(stage: Stage) -> None:
    assert find("nowhere") is None


def test_all_addresses_of_a_page_lead_to_where_it_is_now(db: None) -> None:
    page("one")
    rename("one", "two")
    rename("two", "three")
    assert [find("one"), find("two")] == [Former("three")] * 2


def test_nobody_is_sent_in_a_circle(db: None) -> None:
    page("one")
    rename("one", "two")
    rename("two", "one")
    assert [find("one"), find("two")] == [None, Former("one")]
    rename("one", "two")
    assert [find("one"), find("two")] == [Former("two"), None]


def test_pages_that_change_places_are_found_where_they_are(db: None) -> None:
    """Each page has the former address of the other, and readers find it there before anybody asks."""
    one, two = page("one"), page("two")
    with one_edit():
        rename("one", "between")
        rename("two", "one")
        rename("between", "two")
    assert find("between") is None
    one.refresh_from_db()
    two.delete()
    rename("two", "three")
    assert [find("one"), find("two")] == [GONE, Former("three")]


def test_who_had_an_address_last_has_it(db: None) -> None:
    page("one")
    rename("one", "two")
    page("one")
    rename("one", "three")
    assert find("one") == Former("three")
    Page.objects.get(slug="three").delete()
    assert [find("one"), find("two")] == [GONE, None]


def test_of_a_page_that_readers_have_never_seen_nothing_is_told(db: None) -> None:
    page("secret", is_active=False)
    rename("secret", "secret-still")
    Page.objects.get(slug="secret-still").delete()
    assert not FormerAddress.objects.exists()


def test_of_a_page_that_is_switched_off_nothing_is_told(db: None) -> None:
    page("one")
    rename("one", "two")
    switch("two", on=False)
    assert [find("one"), find("two")] == [None, None]
    Page.objects.get(slug="two").delete()
    assert [find("one"), find("two")] == [GONE, GONE]


def test_a_page_that_readers_do_not_see_takes_no_address_from_one_that_they_see(db: None) -> None:
    page("one")
    rename("one", "two")
    page("one", is_active=False)
    assert find("one") == Former("two")
    switch("one", on=True)
    switch("one", on=False)
    assert find("one") is None


def test_of_the_addresses_within_one_edit_readers_know_the_first_alone(db: None) -> None:
    page("one")
    with one_edit():
        rename("one", "two")
        rename("two", "three")
        page("four")
        rename("four", "five")
        Page.objects.get(slug="five").delete()
    assert list(FormerAddress.objects.values_list("slug", flat=True)) == ["one"]
    assert find("one") == Former("three")


def test_an_edit_that_is_taken_back_leaves_no_trace(db: None) -> None:
    page("one")
    page("two")
    with pytest.raises(IntegrityError), transaction.atomic():
        Page.objects.filter(slug="one").update(slug="two")
    with transaction.atomic():
        rename("one", "three")
        Page.objects.get(slug="two").delete()
        transaction.set_rollback(True)
    switch("two", on=True)
    assert not FormerAddress.objects.exists()


# --- what it costs -------------------------------------------------------------------------------------


@contextmanager
def asked() -> Iterator[list[str]]:
    found: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield found
    found += [query["sql"] for query in queries.captured_queries]


def of_addresses(queries: list[str]) -> list[str]:
    """Those statements that are there for former addresses only."""
    where = ", ".join(f'"pages_page"."{name}" AS "{name}"' for name in ("slug", "is_active"))
    # The last of them closes the books, and would be there anyway.
    reads = [sql for sql in queries if f'AS "pk", {where} FROM' in sql][:-1]
    return reads + [sql for sql in queries if "pages_formeraddress" in sql]


@pytest.mark.parametrize("number", [1, 40])
@pytest.mark.parametrize(
    "change",
    [
        lambda: Page.objects.update(slug=Concat(F("slug"), Value("-page"))),
        lambda: Page.objects.update(is_active=False),
        lambda: Page.objects.all().delete(),
        lambda: Page.objects.bulk_update(
            [Page(pk=pk, slug=f"page-{pk}") for pk in Page.objects.values_list("pk", flat=True)], ["slug"]
        ),
    ],
    ids=["update", "switching off", "delete", "bulk_update"],
)
def test_it_costs_an_edit_two_statements_however_many_pages_there_are(
    db: None, change: Callable[[], object], number: int
) -> None:
    Page.objects.bulk_create([Page(title=f"{each}") for each in range(number)])
    with asked() as queries:
        change()
    assert len(of_addresses(queries)) == 2
    assert FormerAddress.objects.count() == number


def test_it_costs_an_edit_that_renames_nothing_one_statement(handbook: Page) -> None:
    with asked() as queries:
        editing.change_page(handbook, {"title": "The handbook"})
    assert len(of_addresses(queries)) == 1


def test_it_costs_edits_of_contents_and_their_places_nothing(handbook: Page, film: Content) -> None:
    with asked() as queries:
        Content.objects.filter(pk=film.pk).update(title="Dusk")
    assert of_addresses(queries) == []
    with asked() as queries:
        Placement.objects.filter(content=film).delete()
    assert of_addresses(queries) == []


# --- at once -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_who_rename_the_same_page_at_once_leave_both_addresses_behind() -> None:
    """Each as Django does it, without asking first who else is at it."""
    one = page("one")
    for turn in range(10):
        before = Page.objects.get(pk=one.pk).slug
        new = [f"left-{turn}", f"right-{turn}"]
        together(*[lambda slug=slug: _save(one.pk, slug) for slug in new])
        now = Page.objects.get(pk=one.pk).slug
        (between,) = {*new} - {now}
        assert [find(before), find(between)] == [Former(now)] * 2


def _save(pk: int, slug: str) -> None:
    row = Page.objects.get(pk=pk)
    row.slug = slug
    row.save()


@pytest.mark.django_db(transaction=True)
def test_editors_who_pass_addresses_around_at_once_wait_for_each_other_no_longer_than_they_must() -> None:
    pages = [page(f"{number}").pk for number in range(4)]

    def swap(first: int, second: int, spare: str) -> None:
        for _ in range(8):
            with one_edit():
                held = Page.objects.filter(pk__in=[first, second]).order_by("pk")
                slugs = dict(held.select_for_update(no_key=True).values_list("pk", "slug"))
                Page.objects.filter(pk=first).update(slug=spare)
                Page.objects.filter(pk=second).update(slug=slugs[first])
                Page.objects.filter(pk=first).update(slug=slugs[second])

    one, two, three, four = pages
    together(
        lambda: swap(one, two, "a"),
        lambda: swap(two, three, "b"),
        lambda: swap(four, one, "c"),
        lambda: swap(three, four, "d"),
    )
    assert set(Page.objects.values_list("slug", flat=True)) == {"0", "1", "2", "3"}
    assert not FormerAddress.objects.filter(slug__in=["a", "b", "c", "d"]).exists()
    (left,) = Page.objects.filter(pk=one).values_list("slug", flat=True)
    Page.objects.get(pk=one).delete()
    assert find(left) == GONE


# --- addresses that are nearly right -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("dawn-in-mrach", ["Dawn in May", "Dawn in March", "Dawn"]),
        ("dawn", ["Dawn", "Dawn in March", "Dawn in May"]),
        ("ёл", ["Елка"]),
        ("ecole_publique", ["École"]),
        ("dusk", []),
        ("-", []),
        ("数", ["数日"]),
    ],
)
def test_pages_are_offered_whose_titles_begin_like_an_address(
    db: None, slug: str, expected: list[str]
) -> None:
    for title in ("Dawn", "Dawn in March", "Dawn in May", "Елка", "École", "数日", "Da capo"):
        page(f"p{Page.objects.count()}", title=title)
    page("hidden", title="Dawn in hiding", is_active=False)
    assert [each.title for each in like(slug)] == expected


def test_no_more_is_read_to_offer_pages_however_many_there_are(db: None) -> None:
    Page.objects.bulk_create([Page(title=f"Dawn {number}") for number in range(60)])
    Page.objects.filter(title__endswith="9").update(is_active=False)
    with asked() as queries:
        assert like("dawn-59")[0].title == "Dawn 58"
    assert len(queries) == 2
    assert all("LIMIT 20" in sql for sql in queries)
