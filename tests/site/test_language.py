"""Another language by choice, kept by the browser."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.encoding import iri_to_uri

from pagecast.conf.addresses import Addresses
from pagecast.pages.models import Page

RUSSIAN = {"language": "ru", "next": "/"}


@pytest.fixture
def browser() -> Client:
    """A browser at a server that looks for tokens, unlike others in tests."""
    return Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})


def test_it_works(browser: Client, handbook: Page) -> None:
    path = handbook.get_absolute_url()
    assert '<html lang="en">' in browser.get(path).text
    answer = browser.post("/language/", {"language": "ru", "next": path})
    assert (answer.status_code, answer.headers["Location"]) == (303, path)
    assert '<html lang="ru">' in browser.get(path).text


def test_the_choice_is_kept_for_a_year_and_not_sent_with_what_others_post(browser: Client, db: None) -> None:
    cookie = browser.post("/language/", RUSSIAN).cookies["django_language"]
    assert (cookie["max-age"], cookie["path"], cookie["samesite"]) == (31_536_000, "/", "Lax")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
        {"Referer": "https://elsewhere.example/"},
    ],
)
def test_it_needs_no_token_for_pages_hold_none(headers: dict[str, str], browser: Client, db: None) -> None:
    assert browser.post("/language/", RUSSIAN, headers=headers).status_code == 303
    assert browser.post("/language/", RUSSIAN, headers=headers, secure=True).status_code == 303


@pytest.mark.parametrize(
    "path", ["/", "/?page=2&search=%D0%B0", "/pages/эти-буквы/", "/pages/a/#b", "/a?next=//evil"]
)
def test_the_reader_goes_back_to_where_he_was(path: str, browser: Client, db: None) -> None:
    answer = browser.post("/language/", RUSSIAN | {"next": path})
    assert answer.headers["Location"] == iri_to_uri(path)


@pytest.mark.parametrize(
    "address",
    [
        *["", "pages/a/", "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example"],
        *[
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nSet-Cookie: b=c",
            "/\0",
            "/\x7f",
        ],
        *["javascript:alert(1)", " //evil.example", "http:///evil.example", "http:evil.example"],
    ],
)
def test_nobody_is_sent_anywhere_else(address: str, browser: Client, db: None) -> None:
    form = urlencode(RUSSIAN | {"next": address})
    answer = browser.post("/language/", form, content_type="application/x-www-form-urlencoded")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "b" not in answer.cookies


@pytest.mark.parametrize("language", ["", "xx", "EN", "en-gb", "../ru", "ru\r\nX: y"])
def test_a_language_that_nobody_speaks_here_is_refused_in_words(
    language: str, browser: Client, db: None
) -> None:
    answer = browser.post("/language/", {"language": language, "next": "/"})
    assert answer.status_code == 400
    assert "does not speak that language" in answer.text
    assert "django_language" not in answer.cookies


def test_a_choice_without_a_language_is_none(browser: Client, db: None) -> None:
    assert browser.post("/language/").status_code == 400


def test_looking_chooses_nothing(browser: Client, db: None) -> None:
    answer = browser.get("/language/", {"language": "ru"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    address = Addresses().find(reverse("site:language"))
    assert address is not None
    assert address.methods == ("POST", "OPTIONS")
