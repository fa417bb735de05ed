"""Errors that no field is to blame for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from pagecast.pages import editing, reading
from pagecast.pages.models import Content, Page
from tests.api.problems import CONTENTS, PAGES, problem

Untouched = Callable[[], AbstractContextManager[None]]


@contextmanager
def _without_table(name: str) -> Iterator[None]:
    """A database that answers with an error: a real one."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} RENAME TO {name}_away")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {name}_away RENAME TO {name}")


@pytest.fixture
def candid(editor: APIClient) -> APIClient:
    """alice at the API, who gets the answer of a server and no exception of Python."""
    editor.raise_request_exception = False
    return editor


@pytest.mark.parametrize(
    "address",
    [
        *("/api/x/", "/api/page/", "/api/page/content/x/", "/api/page/content/-1/", "/api/page/content/1.0/"),
        *(
            "/api/content/%00/",
            "/api/page/content/1/views/x/",
            "/api/../api/x/",
            "/api/%ff/",
            "/api/<b>x</b>/",
        ),
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_an_unknown_address_is_404(reader: APIClient, db: None, address: str, method: str) -> None:
    problem(getattr(reader, method)(address), 404)


def test_an_unknown_address_elsewhere_is_for_people(reader: APIClient, db: None) -> None:
    assert reader.get("/x/").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        (PAGES, "GET, POST, HEAD, OPTIONS"),
        (CONTENTS, "GET, POST, HEAD, OPTIONS"),
        (f"{PAGES}{{page}}/", "GET, PATCH, DELETE, HEAD, OPTIONS"),
        (f"{CONTENTS}{{content}}/", "GET, PATCH, DELETE, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_is_not_there_is_405_and_names_those_that_are(
    editor: APIClient, handbook: Page, film: Content, address: str, allowed: str, untouched: Untouched
) -> None:
    address = address.format(page=handbook.pk, content=film.pk)
    for method in ("PUT", "TRACE", "PROPFIND"):
        with untouched():
            answer = editor.generic(method, address)
        problem(answer, 405)
        assert answer.headers["Allow"] == allowed
    assert editor.options(address).headers["Allow"] == allowed


def test_options_tells_what_stands_there(editor: APIClient, handbook: Page, film: Content) -> None:
    for address in (PAGES, CONTENTS, f"{PAGES}{handbook.pk}/", f"{CONTENTS}{film.pk}/"):
        answer = editor.options(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")


def test_a_reader_who_takes_no_json_is_told_so(reader: APIClient, handbook: Page) -> None:
    problem(reader.get(PAGES, headers={"Accept": "text/html"}), 406)
    assert reader.get(PAGES, headers={"Accept": "text/html, */*;q=0.1"}).status_code == 200


def test_an_unknown_host_is_refused_in_the_same_shape(reader: APIClient, handbook: Page) -> None:
    problem(reader.get(PAGES, headers={"Host": "evil.example.org"}), 400)


@pytest.mark.parametrize("module", ["create_page", "view"])
def test_a_fault_of_ours_is_told_without_its_details(
    candid: APIClient, handbook: Page, monkeypatch: pytest.MonkeyPatch, module: str, untouched: Untouched
) -> None:
    def break_down(*_arguments: Any) -> None:
        raise RuntimeError("a secret of /etc/pagecast")

    monkeypatch.setattr(editing, "create_page", break_down)
    monkeypatch.setattr(reading, "view", break_down)
    reader = APIClient(raise_request_exception=False)
    with untouched():
        answer = reader.get(PAGES) if module == "view" else candid.post(PAGES, {"title": "x"})
    problem(answer, 500)
    assert b"secret" not in answer.content
    assert b"RuntimeError" not in answer.content


def test_what_a_fault_has_half_done_is_undone(
    candid: APIClient, film: Content, monkeypatch: pytest.MonkeyPatch, untouched: Untouched
) -> None:
    def break_down(*_arguments: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(editing, "arrange", break_down)
    with untouched():
        problem(candid.post(PAGES, {"title": "x", "contents": [film.pk]}), 500)


@pytest.mark.parametrize("address", [PAGES, f"{PAGES}{{page}}/"])
def test_a_database_that_fails_is_503_and_worth_another_try(
    reader: APIClient, handbook: Page, address: str, untouched: Untouched
) -> None:
    with untouched():
        with _without_table("counting_tally"):
            answer = reader.get(address.format(page=handbook.pk))
        problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert "counting_tally" not in answer.content.decode()


def test_an_edit_that_the_database_fails_is_undone(
    editor: APIClient, handbook: Page, note: Content, untouched: Untouched
) -> None:
    with untouched():
        with _without_table("counting_tally"):
            answer = editor.patch(f"{PAGES}{handbook.pk}/", {"title": "x", "contents": [note.pk]})
            lost = editor.post(f"{PAGES}{handbook.pk}/views/")
        problem(answer, 503)
        problem(lost, 503)
    assert (answer.headers["Retry-After"], lost.headers["Retry-After"]) == ("2", "2")


@pytest.mark.parametrize(
    ("language", "word"), [("en", "nothing"), ("ru", "нет"), ("xx", "nothing"), ("\x00", "nothing")]
)
def test_a_problem_speaks_the_language_of_its_reader(
    reader: APIClient, db: None, language: str, word: str
) -> None:
    answer = reader.get(f"{PAGES}4711/", headers={"Accept-Language": language})
    assert word in problem(answer, 404)["detail"].lower()
