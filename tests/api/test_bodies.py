"""Bodies that are no JSON, or JSON that nobody sends by accident."""

from __future__ import annotations

import json
import sys
from bisect import bisect_left
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from rest_framework.test import APIClient

from pagecast.pages.models import Content, Page
from tests.api.problems import CONTENTS, PAGES, problem, send_bytes

Untouched = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["POST pages", "PATCH page", "POST contents", "PATCH content"])
def door(request: pytest.FixtureRequest, handbook: Page, film: Content) -> tuple[str, str]:
    """Method and address of everything that takes a body."""
    method, what = request.param.split()
    addresses = {"page": f"{PAGES}{handbook.pk}/", "content": f"{CONTENTS}{film.pk}/"}
    return method, addresses.get(what) or {"pages": PAGES, "contents": CONTENTS}[what]


def test_it_works(editor: APIClient, door: tuple[str, str]) -> None:
    kind = b'"content_type": "video", ' if door[1].startswith(CONTENTS) else b""
    answer = send_bytes(editor, *door, b"{" + kind + b'"title": "\xd0\x81 \\u0401"}')
    assert answer.status_code in (200, 201)
    assert answer.json()["title"] == "Ё Ё"


BROKEN = {
    "white space": b" \n",
    "half an object": b'{"title": "x"',
    "two objects": b"{}{}",
    "single quotes": b"{'title': 'x'}",
    "a comma too many": b'{"title": "x",}',
    "a form": b"title=x",
    "XML": b"<title>x</title>",
    "broken UTF-8": b'{"title": "\xff"}',
    "half a character in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "UTF-16": '{"title": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"title": "x"}',
    "a control character": b'{"title": "a\nb"}',
    "NUL": b'{"title": "x"}\x00',
    "NaN": b'{"title": NaN}',
    "Infinity": b'{"contents": [Infinity]}',
    "a number that is too long to read": b'{"contents": [' + b"9" * 5000 + b"]}",
    "deeply nested lists": b'{"title":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "deeply nested objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
}


def test_what_is_no_json_is_refused(
    editor: APIClient, door: tuple[str, str], untouched: Untouched, subtests: pytest.Subtests
) -> None:
    with untouched():
        for name, body in BROKEN.items():
            with subtests.test(name):
                problem(send_bytes(editor, *door, body), 400)


def test_an_empty_body_names_nothing(editor: APIClient, handbook: Page, film: Content) -> None:
    problem(send_bytes(editor, "POST", PAGES, b""), 400, "title")
    problem(send_bytes(editor, "POST", CONTENTS, b""), 400, "content_type")
    page, content = f"{PAGES}{handbook.pk}/", f"{CONTENTS}{film.pk}/"
    assert send_bytes(editor, "PATCH", page, b"").json()["title"] == "Handbook"
    assert send_bytes(editor, "PATCH", content, b"").json()["title"] == "Dawn"


def test_a_body_that_is_no_object_is_refused(
    editor: APIClient, door: tuple[str, str], untouched: Untouched
) -> None:
    fields = ("content_type",) if door == ("POST", CONTENTS) else ("body",)
    with untouched():
        for body in (b"[]", b"null", b'"title"', b"1", b"true", b'[{"title": "x"}]', b"1e999"):
            problem(send_bytes(editor, *door, body), 400, *fields)


def test_nesting_that_is_just_not_too_deep_to_read_is_refused_in_words(
    editor: APIClient, door: tuple[str, str], untouched: Untouched
) -> None:
    """What reads such a value may have less room on the stack than what has parsed it."""

    def nested(field: str, depth: int) -> Any:
        return send_bytes(editor, *door, f'{{"{field}": {"[" * depth}{"]" * depth}}}'.encode())

    def is_too_deep(depth: int) -> bool:
        return "errors" not in nested("title", depth).json()

    with untouched():
        deepest = bisect_left(range(sys.getrecursionlimit()), x=True, key=is_too_deep)
        for field in ("content_type", "upload", "contents"):
            for depth in range(deepest - 40, deepest, 2):
                answer = nested(field, depth)
                assert answer.status_code in (400, 409), (field, depth, answer.content[:200])
                assert answer.headers["Content-Type"] == "application/problem+json"


def test_of_a_name_given_twice_the_last_one_does_not_win_in_silence(
    editor: APIClient, door: tuple[str, str], untouched: Untouched
) -> None:
    kind = b'"content_type": "video", ' if door[1].startswith(CONTENTS) else b""
    with untouched():
        problem(send_bytes(editor, *door, b"{" + kind + b'"title": "One", "title": "Two"}'), 400)


def test_another_type_of_body_is_refused(
    editor: APIClient, door: tuple[str, str], untouched: Untouched
) -> None:
    with untouched():
        for content_type in (
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "nonsense",
        ):
            problem(send_bytes(editor, *door, b'{"title": "x"}', content_type), 415)


def test_pages_take_no_forms(editor: APIClient, handbook: Page, untouched: Untouched) -> None:
    with untouched():
        problem(editor.post(PAGES, {"title": "x"}, format="multipart"), 415)


def test_a_body_past_the_limit_is_refused(
    editor: APIClient, door: tuple[str, str], settings: Any, untouched: Untouched
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    with untouched():
        problem(send_bytes(editor, *door, json.dumps({"title": "x" * 1000}).encode()), 413)


def test_what_was_wrong_goes_back_as_json_can_say_it(editor: APIClient, db: None) -> None:
    answer = send_bytes(editor, "POST", PAGES, rb'{"title": "x", "\ud800\"\u0000": 1}')
    assert '\ud800"\x00' in problem(answer, 400, '\ud800"\x00')["errors"]
