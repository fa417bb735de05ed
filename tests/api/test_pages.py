"""Pages as their editors make and change them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from pagecast.pages import editing
from pagecast.pages.models import Content, Page, Text
from tests.api.problems import PAGES, problem, send

Untouched = Callable[[], AbstractContextManager[None]]
Counters = Callable[..., list[int]]


@pytest.fixture
def address(handbook: Page) -> str:
    return f"{PAGES}{handbook.pk}/"


def _shown(answer: Any) -> list[int]:
    return [content["id"] for content in answer.json()["contents"]]


def test_it_works(editor: APIClient, film: Content, note: Content) -> None:
    fields = {"title": "New", "text": "Words", "slug": "fresh", "contents": [note.pk, film.pk]}
    answer = editor.post(PAGES, fields)
    page = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == page["url"]
    assert (page["title"], page["text"], page["slug"]) == ("New", "Words", "fresh")
    assert _shown(answer) == [note.pk, film.pk]
    assert editor.get(page["url"]).json() == page


def test_a_title_is_enough(editor: APIClient, reader: APIClient) -> None:
    page = editor.post(PAGES, {"title": "Только заголовок"}).json()
    assert (page["slug"], page["text"], page["contents"]) == ("только-заголовок", None, [])
    assert reader.get(page["url"]).status_code == 200


def test_a_page_may_be_made_inactive(editor: APIClient, reader: APIClient) -> None:
    page = editor.post(PAGES, {"title": "Hidden", "is_active": False}).json()
    problem(reader.get(page["url"]), 404)
    editor.patch(page["url"], {"is_active": True})
    assert reader.get(page["url"]).status_code == 200


def test_addresses_made_from_equal_titles_differ(editor: APIClient) -> None:
    assert [editor.post(PAGES, {"title": "Same"}).json()["slug"] for _ in range(3)] == [
        *("same", "same-2", "same-3")
    ]


def test_editing_counts_nothing(editor: APIClient, address: str, film: Content, counters: Counters) -> None:
    editor.patch(address, {"title": "Changed"})
    editor.get(address)
    editor.delete(address)
    assert counters(film) == [0]


# --- Changing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", "Changed"), ("slug", "другой"), ("text", "Words"), ("text", None)],
)
def test_only_what_is_named_changes(editor: APIClient, address: str, field: str, value: Any) -> None:
    before = editor.get(address).json()
    after = editor.patch(address, {field: value}).json()
    assert after == editor.get(address).json() == before | {field: value, "updated_at": after["updated_at"]}


def test_nothing_named_changes_nothing(editor: APIClient, address: str) -> None:
    before = editor.get(address).json()
    after = editor.patch(address, {}).json()
    assert after == before | {"updated_at": after["updated_at"]}


def test_a_new_title_leaves_the_address_alone(editor: APIClient, address: str) -> None:
    assert editor.patch(address, {"title": "Quite another"}).json()["slug"] == "handbook"


def test_a_page_keeps_its_own_address_when_it_is_sent_again(editor: APIClient, address: str) -> None:
    assert editor.patch(address, {"slug": "handbook"}).status_code == 200


@pytest.mark.parametrize("order", [[2, 1, 0], [1], [], [1, 3, 0]])
def test_contents_replace_the_list_and_the_order_at_once(
    editor: APIClient, reader: APIClient, address: str, handbook: Page, order: list[int]
) -> None:
    stock = [*_shown(editor.get(address)), Text.objects.create(title="Fourth").pk]
    wanted = [stock[index] for index in order]
    answer = editor.patch(address, {"contents": wanted})
    assert _shown(answer) == _shown(reader.get(address)) == wanted
    assert [content["order"] for content in answer.json()["contents"]] == list(range(1, len(wanted) + 1))


def test_views_stay_with_a_content_that_leaves(
    editor: APIClient, reader: APIClient, address: str, film: Content, note: Content, counters: Counters
) -> None:
    reader.get(address)
    editor.patch(address, {"contents": [note.pk]})
    reader.get(address)
    assert counters(film, note) == [1, 2]


def test_a_content_may_stand_on_many_pages(editor: APIClient, address: str, film: Content) -> None:
    other = editor.post(PAGES, {"title": "Other", "contents": [film.pk]}).json()
    assert film.pk in _shown(editor.get(address))
    assert film.pk in _shown(editor.get(other["url"]))


def test_an_inactive_content_may_be_placed(editor: APIClient, hidden_note: Content) -> None:
    assert _shown(editor.post(PAGES, {"title": "x", "contents": [hidden_note.pk]})) == [hidden_note.pk]


@pytest.fixture
def few_parameters(db: None) -> None:
    """SQLite as it is built by default; distributions allow more parameters a statement."""
    if connection.vendor == "sqlite":
        connection.connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 32_766)


def test_a_list_may_be_longer_than_a_statement_has_parameters(
    editor: APIClient, few_parameters: None, handbook: Page, untouched: Untouched
) -> None:
    many = list(range(10**9, 10**9 + 33_000))
    with untouched():
        problem(editor.patch(f"{PAGES}{handbook.pk}/", {"contents": many}), 409, "contents")


# --- Refusals ------------------------------------------------------------------------------------------


def test_a_content_named_twice_is_refused(
    editor: APIClient, address: str, film: Content, note: Content, untouched: Untouched
) -> None:
    body = {"title": "Changed", "contents": [film.pk, note.pk, film.pk]}
    with untouched():
        told = problem(editor.patch(address, body), 400, "contents")
        problem(editor.post(PAGES, body), 400, "contents")
    assert str(film.pk) in told["errors"]["contents"][0]


@pytest.mark.parametrize("missing", [4711, 2**63 - 1])
def test_a_content_that_does_not_exist_is_a_conflict(
    editor: APIClient, address: str, film: Content, missing: int, untouched: Untouched
) -> None:
    body = {"title": "Changed", "contents": [film.pk, missing]}
    with untouched():
        told = problem(editor.patch(address, body), 409, "contents")
        problem(editor.post(PAGES, body), 409, "contents")
    assert str(missing) in told["errors"]["contents"][0]
    assert str(film.pk) not in told["errors"]["contents"][0].replace(str(missing), "")


def test_a_taken_address_is_a_conflict(editor: APIClient, address: str, untouched: Untouched) -> None:
    other = editing.create_page({"title": "Other", "slug": "taken"})
    with untouched():
        told = problem(editor.post(PAGES, {"title": "x", "slug": "taken"}), 409, "slug")
        problem(editor.patch(address, {"slug": "taken", "title": "x"}), 409, "slug")
    assert other.slug in told["errors"]["slug"][0]


def test_a_taken_address_takes_the_contents_back_too(
    editor: APIClient, address: str, note: Content, untouched: Untouched
) -> None:
    editing.create_page({"title": "Other", "slug": "taken"})
    with untouched():
        problem(editor.patch(address, {"slug": "taken", "contents": [note.pk]}), 409, "slug")


WRONG: dict[str, list[Any]] = {
    "title": [
        None,
        "",
        1,
        1.5,
        True,
        [],
        {},
        ["x"],
        "x" * 301,
        "x" * 10_000_000,
        "a\x00b",
        "\ud800",
        "a\udfff",
    ],
    "slug": [
        None,
        "",
        1,
        True,
        [],
        {},
        "with space",
        "a/b",
        "a.b",
        "x" * 101,
        "\u202e",
        "a\x00",
        "\ud800",
        "a\n",
    ],
    "text": [1, 1.5, False, [], {}, "a\x00b", "\ud800"],
    "is_active": [None, "", "true", "yes", 0, 1, 1.0, [], {}],
    "contents": [
        *(None, "", "1", 1, True, {}, {"0": 1}, [None], ["1"], [1.0], [1.5], [True], [[1]], [{}]),
        *([0], [-1], [2**63], [10**400], [1e308]),
    ],
}


@pytest.mark.parametrize("field", WRONG)
def test_a_value_of_another_type_is_refused_and_its_field_is_named(
    editor: APIClient, address: str, film: Content, field: str, untouched: Untouched
) -> None:
    with untouched():
        for value in WRONG[field]:
            problem(send(editor, "POST", PAGES, {"title": "New"} | {field: value}), 400, field)
            problem(send(editor, "PATCH", address, {field: value}), 400, field)


def test_a_page_needs_a_title(editor: APIClient, untouched: Untouched) -> None:
    with untouched():
        problem(editor.post(PAGES, {}), 400, "title")
        problem(editor.post(PAGES, {"text": "Words"}), 400, "title")


@pytest.mark.parametrize(
    "field", ["id", "url", "created_at", "origin", "title_key", "content", "Title", "", "\ud800"]
)
def test_an_unknown_field_is_refused(
    editor: APIClient, address: str, field: str, untouched: Untouched
) -> None:
    with untouched():
        told = problem(send(editor, "POST", PAGES, {"title": "New", field: 1}), 400, field)
        problem(send(editor, "PATCH", address, {field: 1}), 400, field)
    assert "title, slug, text, is_active, contents" in told["errors"][field][0]


def test_all_that_is_wrong_is_told_at_once(editor: APIClient, db: None) -> None:
    problem(editor.post(PAGES, {"title": 1, "text": 2, "is_active": 3}), 400, "title", "text", "is_active")


@pytest.mark.parametrize("number", [0, 4711, 2**63, 10**400])
def test_a_page_that_never_was_can_not_be_edited(
    editor: APIClient, handbook: Page, number: int, untouched: Untouched
) -> None:
    with untouched():
        problem(editor.patch(f"{PAGES}{number}/", {"title": "x"}), 404)
        problem(editor.delete(f"{PAGES}{number}/"), 404)


# --- Deleting ------------------------------------------------------------------------------------------


def test_a_deleted_page_leaves_its_contents(editor: APIClient, address: str, film: Content) -> None:
    answer = editor.delete(address)
    assert (answer.status_code, answer.content) == (204, b"")
    problem(editor.get(address), 404)
    problem(editor.delete(address), 404)
    assert Content.objects.filter(pk=film.pk).exists()


@pytest.mark.parametrize("method", ["put", "post"])
def test_there_is_no_other_way_to_change_a_page(
    editor: APIClient, address: str, method: str, untouched: Untouched
) -> None:
    with untouched():
        answer = getattr(editor, method)(address, {"title": "x"})
    problem(answer, 405)
    assert answer.headers["Allow"] == "GET, PATCH, DELETE, HEAD, OPTIONS"
