"""Pages from memory: always what is there, always counted, and the same as Django would have answered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from pagecast.api.serializers import ShownContents
from pagecast.counting import ledger
from pagecast.pages import editing
from pagecast.pages.models import Content, Page, Placement, Text
from tests.delivery.desk import URL, Desk, LonelyDesk


def shown(desk: Desk, page: Page) -> list[tuple[int, int]]:
    """The contents in the answer, each with its counter."""
    answer = desk.get(f"{page.pk}/")
    assert answer.status == 200, answer.body
    return [(content["id"], content["counter"]) for content in json.loads(answer.body)["contents"]]


def listed(desk: Desk, query: str = "") -> list[tuple[int, list[int]]]:
    """The pages in the list, each with its counters."""
    results = json.loads(desk.get(query).body)["results"]
    return [(page["id"], [content["counter"] for content in page["contents"]]) for page in results]


def test_it_works(desk: Desk, handbook: Page, film: Content, sound: Content, note: Content) -> None:
    assert shown(desk, handbook) == [(film.pk, 1), (sound.pk, 1), (note.pk, 1)]
    assert shown(desk, handbook) == [(film.pk, 2), (sound.pk, 2), (note.pk, 2)]
    assert ledger.counters([film.pk]) == {film.pk: 2}


def test_a_list_counts_each_page_in_it(desk: Desk, handbook: Page, film: Content) -> None:
    other = editing.create_page({"title": "Other"}, [film.pk])
    assert listed(desk) == [(handbook.pk, [2, 1, 1]), (other.pk, [2])]
    assert listed(desk) == [(handbook.pk, [4, 2, 2]), (other.pk, [4])]
    assert listed(desk, "?page=2&page_size=1") == [(other.pk, [5])]
    assert shown(desk, handbook)[0] == (film.pk, 6)


def test_telling_of_a_view_counts_one_and_shows_nothing(desk: Desk, handbook: Page, film: Content) -> None:
    for _ in range(2):
        answer = desk.ask(f"{handbook.pk}/views/", "POST", **{"content-length": "0"})
        assert (answer.status, answer.body, desk.to_django) == (204, b"", 0)
    assert ledger.counters([film.pk]) == {film.pk: 2}
    assert desk.ask("99999/views/", "POST").status == 404


def test_the_number_of_statements_does_not_depend_on_the_number_of_contents(
    desk: Desk, note: Content
) -> None:
    texts = [Text.objects.create(title=f"Text {number}") for number in range(300)]
    few, many = (
        editing.create_page({"title": "Few"}, [note.pk]),
        editing.create_page({"title": "Many"}, [text.pk for text in texts]),
    )
    for page in (few, many):
        shown(desk, page)
        with CaptureQueriesContext(connection) as queries:
            assert {counter for _content, counter in shown(desk, page)} == {2}
        assert len(queries.captured_queries) <= 1


# --- What readers see is what is there ---------------------------------------------------------------------


EDITS: dict[str, Callable[[Page, Content], object]] = {
    "rename the page": lambda page, _film: editing.change_page(page, {"title": "New"}),
    "rename a content": lambda _page, film: editing.write_content(film, {"title": "New"}),
    "turn around": lambda page, _film: editing.arrange(
        page, list(page.placements.order_by("-position").values_list("content", flat=True))
    ),
    "take off": lambda page, film: page.placements.filter(content=film).delete(),
    "add": lambda page, _film: Placement.objects.create(
        page=page, content=Text.objects.create(title="More"), position=0
    ),
    "switch off": lambda _page, film: Content.objects.filter(pk=film.pk).update(is_active=False),
    "delete a content": lambda _page, film: film.delete(),
    "switch the page off": lambda page, _film: editing.change_page(page, {"is_active": False}),
    "delete the page": lambda page, _film: page.delete(),
    "add a page": lambda _page, film: editing.create_page({"title": "Another"}, [film.pk]),
    "settle": lambda _page, _film: ledger.settle_all(),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_after_an_edit_readers_get_what_django_would_show(
    edit: Callable[[Page, Content], object], desk: Desk, handbook: Page, film: Content, reader: APIClient
) -> None:
    paths = [f"{handbook.pk}/", f"{handbook.pk}/counters/", "", "?page_size=1"]
    for path in paths:
        desk.get(path)
    edit(handbook, film)
    for path in paths:
        same_as_django(desk, reader, path)


def same_as_django(desk: Desk, reader: APIClient, path: str, /, **headers: str) -> None:
    """Status, headers and bytes are the same, but for the view that lies between the two."""
    ours = desk.get(path, **headers)
    extra: Any = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    theirs: Any = reader.get(URL + path, secure=desk.scheme == "https", **{"HTTP_HOST": "testserver"} | extra)
    again = desk.get(path, **headers)
    assert ours.status == again.status == theirs.status_code
    step = 0 if "counters/" in path else 1
    between = re.sub(
        rb'"counter":(\d+)', lambda found: b'"counter":%d' % (int(found[1]) - step), theirs.content
    )
    if b'"results"' in ours.body:
        # A content that stands on several pages of a list has been seen once more for each.
        first, second, third = (_counters(body) for body in (ours.body, theirs.content, again.body))
        assert [b - a for a, b in zip(first, second, strict=True)] == [
            c - b for b, c in zip(second, third, strict=True)
        ]
        assert _bare(ours.body) == _bare(theirs.content)
    else:
        assert ours.body == between
    expected = {name.lower(): value for name, value in theirs.items()}
    expected["content-length"] = str(len(ours.body))
    # It names the request, and a reader gets it with what went wrong.
    assert ("x-request-id" in ours.headers) == (ours.status >= 400)
    assert {name: value for name, value in ours.headers.items() if name != "x-request-id"} == expected


def _counters(body: bytes) -> list[int]:
    return [int(counter) for counter in re.findall(rb'"counter":(\d+)', body)]


def _bare(body: bytes) -> bytes:
    return re.sub(rb'"counter":\d+', b"", body)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"accept": "*/*"},
        {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"},
        {"accept": "application/json"},
        {"accept_language": "ru,en;q=0.5"},
        {"accept_language": "de"},
        {"origin": "https://elsewhere.example.org"},
        {"host": "localhost:8123"},
        {"cookie": "visitor=5"},
        {"cookie": "visitor=5; csrftoken=Zb8nGVqYJTxpKjqkjDn0cWb6wYx3sUqe; django_language=ru"},
        {"cookie": "django_language=ru", "accept_language": "en"},
        {"cookie": "django_language =ru"},
        {"cookie": "django_language=xx"},
    ],
    ids=str,
)
def test_both_ways_give_the_same_bytes_and_headers(
    headers: dict[str, str], desk: Desk, handbook: Page, reader: APIClient
) -> None:
    page = handbook.pk
    for path in (
        f"{page}/",
        f"{page}/counters/",
        "",
        "?page=1&page_size=5",
        "?page_size=100&page=1",
        "987654/",
    ):
        same_as_django(desk, reader, path, **headers)


def test_behind_a_proxy_that_ends_tls_both_ways_say_https(settings: Any, handbook: Page) -> None:
    settings.PAGECAST_ORIGIN = ["https://testserver"]
    settings.SECURE_HSTS_SECONDS = 1000
    with LonelyDesk.open() as desk:
        desk.scheme = "https"
        same_as_django(desk, APIClient(), f"{handbook.pk}/")
        answer = desk.get(f"{handbook.pk}/")
    assert json.loads(answer.body)["url"].startswith("https://testserver/")
    assert "strict-transport-security" in answer.headers


NAUGHTY = [
    '100 % of "counter":1, %d and %s and %% and %(counter)d',
    '","counter":7,"order":1',
    '\\"counter\\":7',
    "http://testserver/api/page/content/1/",
    "\u2028\u2029 </script> \u0000".replace("\u0000", ""),
    "Ёлка 🎄 \ud83c".replace("\ud83c", ""),
]


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_text_is_taken_for_a_counter(text: str, desk: Desk, reader: APIClient) -> None:
    contents = [Text.objects.create(title=text, text=text).pk for _ in range(2)]
    page = editing.create_page({"title": text, "text": text}, contents)
    same_as_django(desk, reader, f"{page.pk}/")
    same_as_django(desk, reader, "")


@pytest.mark.django_db
def test_real_hostile_texts_come_through(desk: Desk, reader: APIClient, shared_media: Path) -> None:
    lines = json.loads((shared_media / "naughty" / "blns.json").read_text(encoding="utf-8"))
    storable = [line for line in lines if line.strip() and "\0" not in line]
    contents = [Text.objects.create(title=line[:300], text=line).pk for line in storable]
    page = editing.create_page({"title": "All of them"}, contents)
    same_as_django(desk, reader, f"{page.pk}/")


# --- A content on several pages ----------------------------------------------------------------------------


def test_a_content_on_many_pages_shows_the_sum(desk: Desk, handbook: Page, film: Content) -> None:
    for _ in range(3):
        shown(desk, handbook)
    other = editing.create_page({"title": "Other"}, [film.pk])
    assert shown(desk, other) == [(film.pk, 4)]
    assert shown(desk, handbook)[0] == (film.pk, 5)
    third = editing.create_page({"title": "Third"}, [film.pk])
    assert shown(desk, third) == [(film.pk, 6)]
    ledger.settle_all()
    assert [counter for _content, counter in shown(desk, handbook)] == [7, 5, 5]
    other.delete()
    third.delete()
    assert [counter for _content, counter in shown(desk, handbook)] == [8, 6, 6]
    assert ledger.counters([film.pk]) == {film.pk: 8}


def test_a_content_that_is_switched_on_again_shows_the_sum(desk: Desk, handbook: Page, film: Content) -> None:
    other = editing.create_page({"title": "Other"}, [film.pk])
    editing.write_content(film, {"is_active": False})
    shown(desk, handbook), shown(desk, other)
    editing.write_content(film, {"is_active": True})
    assert shown(desk, handbook)[0] == (film.pk, 1)
    assert shown(desk, other) == [(film.pk, 2)]
    assert shown(desk, handbook)[0] == (film.pk, 3)


# --- What Django answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("{page}/", "HEAD", {}),
        ("{page}/", "OPTIONS", {}),
        ("{page}/?x=1", "GET", {}),
        ("{page}/?format=json", "GET", {}),
        ("?page=1&search=hand", "GET", {}),
        ("?page=1&page=1", "GET", {}),
        ("?page_size=0", "GET", {}),
        ("?page=99", "GET", {}),
        ("{page}", "GET", {}),
        ("0{page}/", "GET", {}),
        ("99999999999999999999/", "GET", {}),
        ("{page}/", "GET", {"accept": "text/html"}),
        ("{page}/", "GET", {"accept": "application/json; indent=2"}),
        ("{page}/", "GET", {"accept": "application/json; INDENT=2"}),
        ("{page}/", "GET", {"accept_language": "x" * 2000}),
        ("{page}/", "GET", {"cookie": "sessionid=abc"}),
        ("{page}//", "POST", {}),
        ("{page}/views", "POST", {}),
        ("?page_size=101", "GET", {}),
        ("{page}/", "GET", {"host": "elsewhere.example.org"}),
        ("{page}/", "GET", {"authorization": "Bearer nothing"}),
        ("{page}/counters", "GET", {}),
        ("{page}/counters/?x=1", "GET", {}),
        ("{page}/views/", "GET", {}),
        ("", "POST", {"content_length": "2"}),
    ],
    ids=str,
)
def test_what_is_not_the_same_for_everybody_is_djangos_to_answer(
    path: str,
    method: str,
    headers: dict[str, str],
    desk: Desk,
    handbook: Page,
    caplog: pytest.LogCaptureFixture,
) -> None:
    desk.ask(path.format(page=handbook.pk), method, **headers)
    assert desk.to_django == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_an_editor_sees_what_is_switched_off_and_is_not_counted(
    desk: Desk, handbook: Page, film: Content, alice: User, token_of: Callable[[User], str]
) -> None:
    editing.change_page(handbook, {"is_active": False})
    answer = desk.ask(f"{handbook.pk}/", authorization=f"Bearer {token_of(alice)}")
    assert (answer.status, desk.to_django) == (200, 1)
    assert desk.get(f"{handbook.pk}/").status == 404
    assert ledger.counters([film.pk]) == {film.pk: 0}


def test_a_kind_that_cannot_be_rendered_costs_nobody_else_anything(
    desk: Desk, handbook: Page, film: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(ShownContents, "to_representation", fail)
    with pytest.raises(ZeroDivisionError):
        desk.ask(f"{handbook.pk}/")
    assert desk.to_django == 1
    monkeypatch.undo()
    assert shown(desk, handbook)[0] == (film.pk, 1)


def test_counters_are_told_without_counting(
    handbook: Page, film: Content, sound: Content, note: Content, desk: Desk, reader: APIClient
) -> None:
    shown(desk, handbook)
    editing.write_content(sound, {"is_active": False})
    for _ in range(2):
        answer = reader.get(f"{URL}{handbook.pk}/counters/")
        assert answer.json() == {
            "id": handbook.pk,
            "contents": [{"id": film.pk, "counter": 1}, {"id": note.pk, "counter": 1}],
            "views": 1,
        }
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert json.loads(desk.get(f"{handbook.pk}/counters/").body) == answer.json()
    assert reader.get(f"{URL}999999/counters/").status_code == 404
    assert desk.get("999999/counters/").status == 404


def test_counters_rise_with_every_view_however_it_came(desk: Desk, handbook: Page, film: Content) -> None:
    other = editing.create_page({"title": "Other"}, [film.pk])
    for number in range(1, 4):
        shown(desk, other)
        desk.ask(f"{handbook.pk}/views/", "POST")
        told = json.loads(desk.get(f"{handbook.pk}/counters/").body)
        assert [content["counter"] for content in told["contents"]] == [2 * number, number, number]
        assert told["views"] == number
        ledger.settle_all()
    editing.change_page(other, {"is_active": False})
    assert json.loads(desk.get(f"{handbook.pk}/counters/").body)["contents"][0]["counter"] == 6
