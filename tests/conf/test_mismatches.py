"""Where the address in the browser is not what the server knows of itself: it says so, and names the cure."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pagecast.conf import failures, mismatches

pytestmark = pytest.mark.django_db

LOGIN, CONTENTS = "/admin/login/", "/api/content/"
HTTPS = "https://pages.example.org"


@pytest.fixture(autouse=True)
def one_address(settings: Any) -> None:
    settings.PAGECAST_ORIGIN = settings.CSRF_TRUSTED_ORIGINS = [HTTPS]
    settings.ALLOWED_HOSTS = ["pages.example.org", "localhost"]


@pytest.fixture
def browser(db: None) -> Client:
    """A browser with a cookie of ours, whose forms are looked at."""
    client = Client(enforce_csrf_checks=True, headers={"Host": "pages.example.org"})
    client.force_login(User.objects.create_superuser("root"))
    client.get(LOGIN, secure=True)
    client.get("/admin/password_change/", secure=True)
    return client


def told(answer: Any) -> str:
    """What the page says, as it is read."""
    text: str = answer.content.decode()
    return " ".join(text.replace("&#x27;", "'").replace("&amp;", "&").split())


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What is noted for the log, which writes down only the first of a minute."""
    noted: list[dict[str, str]] = []

    def note(event: str, cure: str, **fields: str) -> None:
        noted.append({"event": event, "cure": cure, **fields})

    monkeypatch.setattr(failures, "note", note)
    return noted


def only(notes: list[dict[str, str]]) -> dict[str, str]:
    """The one thing that was noted."""
    (noted,) = notes
    return noted


WRONG = [
    ("null", "no-referrer", "origin is hidden", None),
    ("https://forum.example.org", "another site", "another host", f"{HTTPS},https://forum.example.org"),
    ("http://pages.example.org", "Open the https://", "http instead of https", "http://pages.example.org"),
    (f"{HTTPS}:8443", "with the port", "another port", f"{HTTPS}:8443"),
    (f"{HTTPS}.", f"Open {HTTPS}, just as", "another spelling", None),
    ("chrome-extension://abc", "no address of a page", "no origin", None),
    ("https://x;rm -rf ~", "no address of a page", "no origin", None),
]


@pytest.mark.parametrize(("origin", "words", "why", "setting"), WRONG, ids=[each[0] for each in WRONG])
def test_a_form_of_another_origin_is_refused_with_the_origin_and_the_cure(
    browser: Client,
    origin: str,
    words: str,
    why: str,
    setting: str | None,
    notes: list[dict[str, str]],
) -> None:
    answer = browser.post(LOGIN, {}, headers={"Origin": origin}, secure=True)
    assert answer.status_code == 403
    text = told(answer)
    assert words in text
    assert "Nothing was changed" in text
    line = only(notes)
    assert line["event"] == "form_refused"
    assert line["origin"] == origin
    assert line["host"] == HTTPS
    assert line["why"] == why
    assert line["cure"]
    assert line.get("setting") == (setting and f"PAGECAST_ORIGIN={setting}")
    if setting:
        assert line["setting"] in text


def test_a_proxy_that_ends_tls_before_an_origin_without_it_is_named(
    settings: Any, browser: Client, notes: list[dict[str, str]]
) -> None:
    settings.PAGECAST_ORIGIN = settings.CSRF_TRUSTED_ORIGINS = [
        "http://pages.example.org",
        "http://localhost",
    ]
    answer = browser.post(LOGIN, {}, headers={"Origin": HTTPS})
    assert "A proxy in front of this server ends TLS" in told(answer)
    line = only(notes)
    assert (line["why"], line["setting"]) == (
        "https instead of http",
        f"PAGECAST_ORIGIN={HTTPS},http://localhost",
    )


def test_without_an_origin_the_setting_is_the_one_line(
    settings: Any, browser: Client, notes: list[dict[str, str]]
) -> None:
    settings.PAGECAST_ORIGIN = settings.CSRF_TRUSTED_ORIGINS = []
    browser.post(LOGIN, {}, headers={"Origin": HTTPS, "Host": "localhost"})
    assert only(notes)["setting"] == f"PAGECAST_ORIGIN={HTTPS}"


def test_a_browser_that_hides_where_it_comes_from_over_tls_is_told_so(
    browser: Client, notes: list[dict[str, str]]
) -> None:
    answer = browser.post(LOGIN, {}, secure=True)
    assert "no Origin, no Referer" in told(answer)
    assert only(notes)["why"] == "origin is hidden"


def test_an_old_browser_names_its_origin_in_its_referer(browser: Client, notes: list[dict[str, str]]) -> None:
    browser.post(LOGIN, {}, headers={"Referer": "https://forum.example.org/thread/5"}, secure=True)
    assert only(notes)["origin"] == "https://forum.example.org"


def test_a_form_without_a_cookie_is_another_matter(notes: list[dict[str, str]]) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Host": "pages.example.org", "Origin": HTTPS})
    answer = client.post(LOGIN, {}, secure=True)
    assert "Allow cookies for pages.example.org" in told(answer)
    assert only(notes)["why"] == "no cookie"


@pytest.mark.parametrize("token", [{}, {"csrfmiddlewaretoken": "a" * 32}, {"csrfmiddlewaretoken": "short"}])
def test_a_token_that_is_old_or_missing_is_another_matter(
    browser: Client, token: dict[str, str], notes: list[dict[str, str]]
) -> None:
    answer = browser.post(LOGIN, token, headers={"Origin": HTTPS}, secure=True)
    assert "reload the page" in told(answer)
    assert "PAGECAST" not in told(answer)
    assert only(notes)["why"] == "token is missing or old"


@pytest.mark.parametrize(("origin", "words", "why", "setting"), WRONG, ids=[each[0] for each in WRONG])
def test_the_api_says_the_same_as_a_problem(
    browser: Client,
    origin: str,
    words: str,
    why: str,
    setting: str | None,
    notes: list[dict[str, str]],
) -> None:
    answer = browser.post(CONTENTS, "{}", "application/json", headers={"Origin": origin}, secure=True)
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == 403
    assert words in problem["detail"]
    assert only(notes)["why"] == why


def test_who_asks_by_a_name_that_nobody_knows_is_told_both_names(
    browser: Client,
) -> None:
    answer = browser.get("/", headers={"Host": "new.example.org:8443"})
    assert answer.status_code == 400
    text = told(answer)
    setting = f"PAGECAST_ORIGIN={HTTPS},https://new.example.org:8443"
    for words in (f"knows itself as {HTTPS}", "asked as new.example.org:8443", setting, "$http_host"):
        assert words in text
    assert mismatches.host_fields("new.example.org:8443")["setting"] == setting


def test_the_api_tells_both_names_as_a_problem(browser: Client) -> None:
    answer = browser.get(CONTENTS, headers={"Host": "new.example.org"})
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "knows itself as" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["<script>", "${jndi:ldap://x}", "x;rm -rf ~", ""])
def test_what_is_no_host_gets_no_line_to_paste(browser: Client, host: str) -> None:
    answer = browser.get("/", headers={"Host": host})
    if answer.status_code == 400:
        assert "<script>" not in answer.content.decode()
        assert "setting" not in mismatches.host_fields(host)


@pytest.mark.parametrize("path", ["/", CONTENTS])
def test_a_proxy_that_asks_by_the_name_of_its_upstream_is_told_the_cure(browser: Client, path: str) -> None:
    """Such a name has an underscore as often as not, and is no host then."""
    text = told(browser.get(path, headers={"Host": "pagecast_nodes"}))
    assert "asked as pagecast_nodes, which is no host" in text
    assert "proxy_set_header Host $http_host;" in text


def test_what_is_said_of_an_origin_without_any_setting_names_this_machine(settings: Any) -> None:
    settings.PAGECAST_ORIGIN = []
    mismatch = mismatches.unknown_host("192.168.1.5:8000")
    assert "localhost, 127.0.0.1, [::1]" in mismatch.text
    assert mismatch.fields["setting"] == "PAGECAST_ORIGIN=https://192.168.1.5:8000"
