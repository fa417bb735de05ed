"""Pages of the site from memory: always what is there, always counted, as Django would have answered."""

from __future__ import annotations

import asyncio
import json
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, OperationalError, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pagecast.counting import ledger
from pagecast.pages import editing
from pagecast.pages.models import Content, Page, Text
from pagecast.site import drawing, listing
from pagecast.site.drawing import Drawn
from tests.delivery.desk import URL, Answer, BusyDesk, Desk, ask
from tests.delivery.test_pages import EDITS, NAUGHTY

RUSSIAN = {"accept_language": "ru"}


def open_page(desk: Desk, page: Page, /, **headers: str) -> Answer:
    """What a browser gets of the page, from memory."""
    before = desk.to_django
    answer = desk.run(ask(desk.pages, "GET", path_of(page), headers, desk.scheme))
    assert desk.to_django == before, f"{page} went to Django"
    return answer


def path_of(page: Page) -> str:
    return f"/pages/{page.slug}/"


def embedded(page: Page) -> str:
    return f"{path_of(page)}embed/"


def said(answer: Answer) -> list[int]:
    """The counters of the contents in the order of the page, as they are said in words."""
    found = re.findall(r'data-content="\d+"[^>]*>\s*(?:<[^>]*>)*(\d+)\s', answer.body.decode())
    return [int(number) for number in found]


def ask_any(desk: Desk, path: str, method: str = "GET", /, **headers: str) -> Answer:
    return desk.run(ask(desk.pages, method, path, headers, desk.scheme))


def test_it_works(desk: Desk, handbook: Page, film: Content) -> None:
    first = open_page(desk, handbook)
    assert (first.status, first.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert said(first) == [1, 1, 1]
    assert said(open_page(desk, handbook)) == [2, 2, 2]
    assert ledger.counters([film.pk]) == {film.pk: 2}


def test_a_page_in_a_frame_is_counted_once_and_may_be_framed(
    desk: Desk, handbook: Page, film: Content
) -> None:
    before = desk.to_django
    for views in (1, 2):
        answer = ask_any(desk, embedded(handbook))
        assert "frame-ancestors *" in answer.headers["content-security-policy"]
        assert "x-frame-options" not in answer.headers
        assert ledger.counters([film.pk]) == {film.pk: views}
    assert desk.to_django == before
    whole = open_page(desk, handbook)
    assert "frame-ancestors 'none'" in whole.headers["content-security-policy"]
    assert said(whole) == [3, 3, 3]


def test_json_and_html_are_counted_together(desk: Desk, handbook: Page) -> None:
    open_page(desk, handbook)
    answer = json.loads(desk.get(f"{handbook.pk}/").body)
    assert [content["counter"] for content in answer["contents"]] == [2, 2, 2]
    assert said(open_page(desk, handbook)) == [3, 3, 3]


def test_a_view_is_one_statement_whatever_the_number_of_contents(desk: Desk, note: Content) -> None:
    texts = [Text.objects.create(title=f"Text {number}") for number in range(300)]
    few = editing.create_page({"title": "Few"}, [note.pk])
    many = editing.create_page({"title": "Many"}, [text.pk for text in texts])
    for page in (few, many):
        open_page(desk, page)
        with CaptureQueriesContext(connection) as queries:
            assert set(said(open_page(desk, page))) == {2}
        assert len(queries.captured_queries) <= 1


def same_as_django(desk: Desk, path: str, /, **headers: str) -> None:
    """Status, headers and bytes are the same, but for the view that lies between the two."""
    before = desk.to_django
    ours = ask_any(desk, path, **headers)
    extra: Any = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    theirs: Any = Client().get(path, **{"HTTP_HOST": "testserver"} | extra)
    assert ours.status == theirs.status_code
    if ours.status == 200:
        assert desk.to_django == before
    numbers = re.compile(rb"(?<=userInteractionCount\":)\d+|\d+(?: view(?:s)?| \xd0\xbf\xd1\x80\xd0\xbe\S*)")
    assert numbers.sub(b"", ours.body) == numbers.sub(b"", theirs.content)
    expected = {name.lower(): value for name, value in theirs.items()} | {
        "content-length": str(len(ours.body))
    }
    assert {name: value for name, value in ours.headers.items() if name != "x-request-id"} == expected


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_after_an_edit_readers_get_what_django_would_show(
    edit: Callable[[Page, Content], object], desk: Desk, handbook: Page, film: Content
) -> None:
    paths = [path_of(handbook), embedded(handbook), "/", "/?page=2", "/?order=title"]
    for path in paths:
        ask_any(desk, path)
    edit(handbook, film)
    for path in paths:
        same_as_django(desk, path)
        same_as_django(desk, path, **RUSSIAN)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"},
        {"accept_language": "ru,en;q=0.5"},
        {"accept_language": "de"},
        {"cookie": "django_language=ru"},
        {"cookie": "django_language=xx; csrftoken=Zb8nGVqYJTxpKjqkjDn0cWb6wYx3sUqe"},
        {"cookie": "visitor=5; csrftoken=Zb8nGVqYJTxpKjqkjDn0cWb6wYx3sUqe; messages=x"},
        {"host": "localhost:8123"},
        {"referer": "https://elsewhere.example.org/"},
    ],
    ids=str,
)
def test_both_ways_give_the_same_bytes_and_headers(
    headers: dict[str, str], desk: Desk, handbook: Page
) -> None:
    of_page = path_of(handbook), embedded(handbook), f"{path_of(handbook)}?utm_source=elsewhere"
    for path in (*of_page, "/", "/?order=title&page=1"):
        same_as_django(desk, path, **headers)


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_text_is_taken_for_a_counter(text: str, desk: Desk) -> None:
    contents = [Text.objects.create(title=text, text=text).pk for _ in range(2)]
    page = editing.create_page({"title": text, "text": text}, contents)
    same_as_django(desk, path_of(page))
    same_as_django(desk, embedded(page))
    same_as_django(desk, "/")


@pytest.mark.parametrize("path", ["/", "/pages/handbook/", "/pages/handbook/embed/"])
def test_who_asks_for_the_headers_alone_is_not_counted(
    path: str, desk: Desk, handbook: Page, film: Content
) -> None:
    for _ in range(2):
        before = desk.to_django
        ours, theirs = ask_any(desk, path, "HEAD"), Client().head(path, headers={"Host": "testserver"})
        assert (ours.status, ours.body, desk.to_django) == (200, b"", before)
        assert ours.headers == {name.lower(): value for name, value in theirs.items()}
        Client().get(path, headers={"Host": "testserver"})
    assert ledger.counters([film.pk]) == {film.pk: 2 if path != "/" else 0}


def test_readers_of_both_languages_are_counted_together(desk: Desk, handbook: Page) -> None:
    assert said(open_page(desk, handbook)) == [1, 1, 1]
    russian = open_page(desk, handbook, **RUSSIAN)
    assert (said(russian), russian.headers["content-language"]) == ([2, 2, 2], "ru")
    assert "2 просмотра" in russian.body.decode()
    assert "3 просмотра" in open_page(desk, handbook, cookie="django_language=ru").body.decode()


def test_a_content_on_many_pages_shows_the_sum(desk: Desk, handbook: Page, film: Content) -> None:
    for _ in range(3):
        open_page(desk, handbook)
    other = editing.create_page({"title": "Other"}, [film.pk])
    assert said(open_page(desk, other)) == [4]
    assert said(open_page(desk, handbook)) == [5, 4, 4]
    other.delete()
    assert said(open_page(desk, handbook)) == [6, 5, 5]


def test_an_address_that_another_page_has_taken_shows_the_other(desk: Desk, handbook: Page) -> None:
    open_page(desk, handbook)
    old = path_of(handbook)
    editing.change_page(handbook, {"slug": "moved"})
    moved = ask_any(desk, old)
    assert (moved.status, moved.headers["location"]) == (301, path_of(handbook))
    assert "Handbook" in open_page(desk, handbook).body.decode()
    other = editing.create_page({"title": "Another one", "slug": "handbook"})
    assert "Another one" in open_page(desk, other).body.decode()
    assert path_of(other) == old


def test_a_page_that_is_renamed_moves_in_the_list_by_title(desk: Desk, handbook: Page) -> None:
    other = editing.create_page({"title": "Zebras"})

    def order() -> list[str]:
        before = desk.to_django
        found = re.findall(r'href="/pages/([^/"]+)/"', ask_any(desk, "/?order=title").body.decode())
        assert desk.to_django == before
        return list(dict.fromkeys(found))

    assert order() == [handbook.slug, other.slug]
    editing.change_page(other, {"title": "Apes"})
    assert order() == [other.slug, handbook.slug]
    Page.objects.filter(pk=other.pk).update(title="Zebras again")
    assert order() == [handbook.slug, other.slug]


def test_looking_at_the_list_counts_nothing_and_shows_the_views(
    desk: Desk, handbook: Page, film: Content
) -> None:
    for number in (1, 2, 3):
        before = desk.to_django
        assert f"{number - 1} view" in ask_any(desk, "/").body.decode()
        assert desk.to_django == before
        open_page(desk, handbook)
    assert ledger.counters([film.pk]) == {film.pk: 3}
    assert "3 просмотра" in ask_any(desk, "/", **RUSSIAN).body.decode()


def test_the_list_holds_nothing_that_counts(desk: Desk, handbook: Page) -> None:
    ask_any(desk, "/")
    with CaptureQueriesContext(connection) as queries:
        ask_any(desk, "/")
    assert [query["sql"] for query in queries if "UPDATE" in query["sql"]] == []


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("{page}", "OPTIONS", {}),
        ("{page}", "POST", {}),
        ("{page}", "GET", {"cookie": "sessionid=abc"}),
        ("{page}", "GET", {"authorization": "Bearer nothing"}),
        ("{page}", "GET", {"accept_language": "x" * 2000}),
        ("{page}", "GET", {"host": "elsewhere.example.org"}),
        ("/pages/nowhere/", "GET", {}),
        ("/pages/handbook", "GET", {}),
        ("/pages/handbook/feed/", "GET", {}),
        ("/?search=hand", "GET", {}),
        ("/?page=0", "GET", {}),
        ("/?page=1&page=2", "GET", {}),
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
    ask_any(desk, path.format(page=path_of(handbook)), method, **headers)
    assert desk.to_django == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_template_that_fails_costs_nobody_else_anything(
    desk: Desk, handbook: Page, film: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pagecast.site.drawing.render_to_string", fail)
    with pytest.raises(ZeroDivisionError):
        ask_any(desk, path_of(handbook))
    assert ledger.counters([film.pk]) == {film.pk: 0}
    monkeypatch.undo()
    assert said(open_page(desk, handbook)) == [1, 1, 1]


@pytest.mark.parametrize("change", [{"title": "Changed"}, {"slug": "changed"}, {"is_active": False}], ids=str)
def test_what_is_changed_while_it_is_drawn_is_drawn_again(
    change: dict[str, Any], desk: Desk, handbook: Page, film: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, changes = path_of(handbook), [change]

    def draw_slowly(*arguments: Any, **more: Any) -> dict[int, Drawn]:
        drawn = drawing.draw(*arguments, **more)
        if changes:
            editing.change_page(handbook, changes.pop())
        return drawn

    monkeypatch.setattr("pagecast.delivery.accesses.draw", draw_slowly)
    answer = ask_any(desk, path)
    if "title" in change:
        assert (answer.status, desk.to_django) == (200, 0)
        assert "Changed" in answer.body.decode()
        assert ledger.counters([film.pk]) == {film.pk: 1}
    else:
        assert answer.status == (301 if "slug" in change else 404)
        assert ledger.counters([film.pk]) == {film.pk: 0}


@pytest.mark.parametrize("path", ["/pages/handbook/", "/"])
def test_what_changes_faster_than_it_is_drawn_is_djangos_to_answer(
    path: str, desk: Desk, handbook: Page, film: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, draw in (("draw", drawing.draw), ("draw_entries", listing.draw_entries)):

        def draw_slowly(*arguments: Any, draw: Callable[..., Any] = draw) -> dict[int, Drawn]:
            drawn: dict[int, Drawn] = draw(*arguments)
            editing.change_page(handbook, {"text": str(time.monotonic())})
            return drawn

        monkeypatch.setattr(f"pagecast.delivery.accesses.{name}", draw_slowly)
    monkeypatch.setattr("pagecast.delivery.careful.DEADLINE", 0.1)
    assert (ask_any(desk, path).status, desk.to_django) == (200, 1)
    assert ledger.counters([film.pk]) == {film.pk: int(path != "/")}


def test_nobody_waits_until_all_pages_are_drawn(
    busy_desk: BusyDesk, handbook: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw_slowly(pages: Sequence[int], language: str, **more: Any) -> dict[int, Drawn]:
        time.sleep(0.3 * len(pages))
        return drawing.draw(pages, language, **more)

    async def both() -> tuple[Answer, float, list[Answer]]:
        drawn = asyncio.gather(*(ask(busy_desk.pages, "GET", path_of(page), {}) for page in slow))
        await asyncio.sleep(0.5)
        begun = time.monotonic()
        other = await ask(busy_desk.pages, "GET", f"{URL}{handbook.pk}/", {})
        return other, time.monotonic() - begun, await drawn

    slow = [editing.create_page({"title": f"Slow {number}"}) for number in range(8)]
    monkeypatch.setattr("pagecast.delivery.accesses.draw", draw_slowly)
    other, seconds, drawn = busy_desk.run(both())
    assert {answer.status for answer in (other, *drawn)} == {200}
    assert seconds < 1.5
    assert busy_desk.to_django == 0


def test_a_page_that_cannot_be_drawn_costs_the_readers_of_others_nothing(
    busy_desk: BusyDesk, handbook: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_for_some(pages: Sequence[int], language: str, **more: Any) -> dict[int, Drawn]:
        time.sleep(0.1)
        if bad.pk in pages:
            raise ZeroDivisionError
        return drawing.draw(pages, language, **more)

    async def many() -> list[Answer]:
        paths = [path_of(page) for page in (first, bad, handbook)]
        return await asyncio.gather(*(ask(busy_desk.pages, "GET", path, {}) for path in paths))

    first, bad = editing.create_page({"title": "First"}), editing.create_page({"title": "Bad"})
    monkeypatch.setattr("pagecast.delivery.accesses.draw", fail_for_some)
    assert {answer.status for answer in busy_desk.run(many())} == {200}
    assert busy_desk.to_django == 1


def test_a_list_that_cannot_be_drawn_costs_the_readers_of_others_nothing(
    busy_desk: BusyDesk, handbook: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw_slowly(pages: Sequence[int], language: str, **more: Any) -> dict[int, Drawn]:
        time.sleep(0.1)
        return drawing.draw(pages, language, **more)

    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError

    async def many() -> list[Answer]:
        paths = [path_of(first), "/", path_of(handbook)]
        return await asyncio.gather(*(ask(busy_desk.pages, "GET", path, {}) for path in paths))

    first = editing.create_page({"title": "First"})
    monkeypatch.setattr("pagecast.delivery.accesses.draw", draw_slowly)
    monkeypatch.setattr("pagecast.delivery.accesses.draw_part", fail)
    assert {answer.status for answer in busy_desk.run(many())} == {200}
    assert busy_desk.to_django == 1


def test_an_editor_who_is_logged_in_is_counted_as_everybody(
    desk: Desk, handbook: Page, film: Content, alice: User
) -> None:
    client = Client()
    client.force_login(alice)
    client.get(path_of(handbook))
    assert ledger.counters([film.pk]) == {film.pk: 1}


def test_no_reader_is_shown_what_an_editor_has_changed(
    busy_desk: BusyDesk, handbook: Page, film: Content
) -> None:
    stop, acknowledged, shown = threading.Event(), [0], 0

    def edit() -> None:
        for number in range(1, 40):
            editing.change_page(handbook, {"title": f"Number {number}."})
            acknowledged[0] = number
        stop.set()
        connections.close_all()

    async def many() -> list[Answer]:
        paths = [path_of(handbook)] * 6 + [embedded(handbook)] * 2 + ["/"] * 4
        return await asyncio.gather(
            *(ask(busy_desk.pages, "GET", path, headers) for path in paths for headers in ({}, RUSSIAN))
        )

    editor = threading.Thread(target=edit)
    editor.start()
    while not stop.is_set():
        before = acknowledged[0]
        for answer in busy_desk.run(many()):
            assert answer.status == 200
            titles = {int(number) for number in re.findall(rb"Number (\d+)\.", answer.body)} or {0}
            assert len(titles) == 1
            assert titles.pop() >= before
        shown += 16
    editor.join()
    assert busy_desk.to_django == 0
    assert ledger.counters([film.pk]) == {film.pk: shown}


@pytest.mark.parametrize("error", [IntegrityError("twice"), DataError("too large"), OperationalError("gone")])
def test_whatever_the_database_refuses_a_reader_is_asked_to_come_back(
    error: Exception, desk: Desk, handbook: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        raise error

    open_page(desk, handbook)
    monkeypatch.setattr("pagecast.delivery.delivery.hang_up", lambda: None)
    monkeypatch.setattr("pagecast.delivery.delivery.count_expected", refuse)
    answer = open_page(desk, handbook)
    assert (answer.status, answer.headers["retry-after"]) == (503, "2")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
