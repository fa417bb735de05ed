"""Who may come in by a password, and what pages of ours may load."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.test import APIClient

from pagecast.conf import security
from pagecast.conf.lockout import client_address
from pagecast.media.stores.address import Bucket
from pagecast.pages.models import Page

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"
RIGHT, WRONG = "correct horse battery", "open sesame 42"


@pytest.fixture
def edda(db: None) -> User:
    """An editor with a password."""
    return User.objects.create_user("edda", password=RIGHT, is_staff=True)


def log_in(password: str, *, name: str = "edda", address: str = "192.0.2.1", language: str = "en") -> Any:
    """What a fresh browser at this address gets for this password."""
    client = Client(headers={"Accept-Language": language}, REMOTE_ADDR=address)
    return client.post(LOGIN, {"username": name, "password": password})


def fail(times: int = 5, **how: str) -> Any:
    for _ in range(times):
        answer = log_in(WRONG, **how)
    return answer


def later(minutes: float) -> None:
    """So much time goes by, for what was failed so far."""
    for attempt in AccessAttempt.objects.all():
        attempt.attempt_time -= dt.timedelta(minutes=minutes)
        attempt.save()


# --- Logging in --------------------------------------------------------------------------------------


def test_the_right_password_comes_in(edda: User) -> None:
    assert log_in(RIGHT).status_code == 302


def test_four_wrong_passwords_do_not_lock_out(edda: User) -> None:
    assert fail(4).status_code == 200
    assert log_in(RIGHT).status_code == 302


def test_after_five_wrong_passwords_the_right_one_does_not_come_in_either(edda: User) -> None:
    assert fail().status_code == 429
    answer = log_in(RIGHT)
    assert answer.status_code == 429
    assert "sessionid" not in answer.cookies


def test_another_browser_at_the_same_address_is_locked_out_too(edda: User) -> None:
    for number in range(5):
        client = Client(headers={"User-Agent": f"Browser {number}"}, REMOTE_ADDR="192.0.2.1")
        client.post(LOGIN, {"username": "edda", "password": WRONG})
    assert log_in(RIGHT).status_code == 429


def test_somebody_else_at_the_same_address_comes_in(edda: User) -> None:
    User.objects.create_user("alma", password=RIGHT, is_staff=True)
    fail()
    assert log_in(RIGHT, name="alma").status_code == 302


def test_the_same_user_at_another_address_comes_in(edda: User) -> None:
    fail()
    assert log_in(RIGHT, address="192.0.2.2").status_code == 302


def test_success_begins_anew(edda: User) -> None:
    fail(4)
    log_in(RIGHT)
    assert fail(4).status_code == 200


def test_the_lock_opens_by_itself_and_attempts_meanwhile_do_not_make_it_longer(edda: User) -> None:
    fail()
    later(9)
    assert log_in(RIGHT).status_code == 429
    later(2)
    assert log_in(RIGHT).status_code == 302


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["Too many wrong passwords", "wrong 5 times in a row", "Try again after"]),
        ("ru", ["Слишком много неверных паролей", "5 раз подряд", "Попробуйте снова после"]),
    ],
)
def test_who_is_locked_out_is_told_why_and_when_to_try_again(
    edda: User, language: str, told: list[str]
) -> None:
    before = timezone.now()
    answer = fail(language=language)
    text = answer.content.decode()
    assert [words for words in told if words not in text] == []
    assert 590 < int(answer.headers["Retry-After"]) <= 600
    until = re.search(r"\d\d:\d\d:\d\d", text)
    assert until
    expected = [timezone.localtime(before + dt.timedelta(minutes=10, seconds=n)) for n in range(-1, 60)]
    assert until[0] in {f"{moment:%H:%M:%S}" for moment in expected}
    assert "unfold/css/styles.css" in text


def test_a_name_that_nobody_has_is_locked_out_alike(edda: User) -> None:
    assert fail(name="nobody").content.decode().count("5 times") == fail().content.decode().count("5 times")


@pytest.mark.parametrize(("name", "said"), [("edda", "edda"), ("my password is 42", "(no such user)")])
def test_the_log_says_who_was_locked_out_once_and_never_a_password(
    edda: User, caplog: pytest.LogCaptureFixture, name: str, said: str
) -> None:
    with caplog.at_level(logging.INFO):
        fail(7, name=name)
    lines = [str(record.msg) for record in caplog.records if "locked out" in str(record.msg)]
    assert len(lines) == 1
    assert said in lines[0]
    assert "192.0.2.1" in lines[0]
    assert WRONG not in caplog.text
    assert "my password" not in caplog.text


def test_what_is_kept_of_failures_holds_no_password_and_is_not_for_ever(edda: User) -> None:
    fail()
    assert WRONG not in str(list(AccessAttempt.objects.values()))
    later(11)
    log_in(RIGHT)
    assert not AccessAttempt.objects.exists()


def test_nobody_keeps_a_diary_of_who_came_and_went(edda: User) -> None:
    client = Client()
    client.post(LOGIN, {"username": "edda", "password": RIGHT})
    client.post("/admin/logout/")
    assert not AccessLog.objects.exists()


def test_the_tables_of_the_lock_are_no_screens_of_the_admin() -> None:
    assert not admin.site.is_registered(AccessAttempt)
    assert not admin.site.is_registered(AccessLog)


@pytest.mark.parametrize(
    "command", [("axes_reset_username", "edda"), ("axes_reset_ip", "192.0.2.1"), ("axes_reset",)]
)
def test_an_administrator_unlocks_by_a_command(
    edda: User, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    fail()
    call_command(*command)
    assert log_in(RIGHT).status_code == 302


def test_the_api_takes_no_password_and_its_tokens_know_no_lock(
    edda: User, alice: User, editor: APIClient
) -> None:
    fail(name="alice")
    assert editor.get("/api/content/").status_code == 200
    basic = APIClient(headers={"Authorization": "Basic ZWRkYTpjb3JyZWN0IGhvcnNlIGJhdHRlcnk="})
    assert basic.post("/api/content/", {}).status_code == 401


def test_a_session_outlives_the_lock(edda: User, client: Client) -> None:
    client.force_login(edda)
    fail(address="127.0.0.1")
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize(
    ("connection", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("", None),
        ("unix:", None),
    ],
)
def test_failures_of_one_network_are_counted_together(connection: str, counted: str | None) -> None:
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=connection)) == counted


def test_a_header_that_anybody_can_send_is_no_address() -> None:
    request = RequestFactory().get("/", headers={"X-Forwarded-For": "198.51.100.1"}, REMOTE_ADDR="192.0.2.1")
    assert client_address(request) == "192.0.2.1"


def test_cookies_are_secure_and_hsts_is_said_where_tls_is_and_there_only(settings: Any, edda: User) -> None:
    origins = [
        "https://a.org",
        "https://odd.org:8443",
        "https://both.org",
        "http://both.org:8080",
        "http://b.org",
    ]
    settings.PAGECAST_ORIGIN = settings.CSRF_TRUSTED_ORIGINS = origins
    settings.ALLOWED_HOSTS = ["a.org", "odd.org", "both.org", "b.org"]
    settings.SECURE_HSTS_SECONDS = 1000
    found = {}
    for origin in origins:
        scheme, _, host = origin.partition("://")
        answer: Any = Client(headers={"Host": host}).get(
            LOGIN, secure=scheme == "https", headers={"Accept-Language": "en"}
        )
        is_secure = bool(answer.cookies["csrftoken"]["secure"])
        found[origin] = (is_secure, "Strict-Transport-Security" in answer.headers)
    # HSTS concerns every port of a host.
    assert list(found.values()) == [
        (True, True),
        (True, False),
        (True, False),
        (False, False),
        (False, False),
    ]


# --- What pages may load -----------------------------------------------------------------------------


def directives(answer: Any) -> dict[str, set[str]]:
    parts = [part.split() for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: set(values) for name, *values in parts}


@pytest.fixture
def opened(client: Client, handbook: Page) -> Callable[[str], Any]:
    """What an administrator gets."""
    client.force_login(User.objects.create_superuser("root"))
    return client.get


@pytest.mark.parametrize(
    "path", [LOGIN, "/admin/", "/admin/pages/page/", "/admin/nothing/", "/", "/swagger/"]
)
def test_every_page_says_what_it_may_load(opened: Callable[[str], Any], path: str) -> None:
    found = directives(opened(path))
    assert found["default-src"] == {"'self'"}
    assert found["object-src"] == {"'none'"}
    assert found["base-uri"] == found["form-action"] == {"'self'"}
    assert found["frame-ancestors"] == {"'none'"}
    assert "'unsafe-inline'" not in found["script-src"]


def test_the_admin_loads_nothing_from_elsewhere(opened: Callable[[str], Any]) -> None:
    found = directives(opened("/admin/"))
    assert found["script-src"] == {"'self'", "'unsafe-eval'"}
    assert found["img-src"] == found["media-src"] == {"'self'", "data:", "blob:"}


def test_the_site_may_show_films_from_anywhere_and_runs_no_script_from_elsewhere(
    opened: Callable[[str], Any], handbook: Page
) -> None:
    found = directives(opened(f"/pages/{handbook.slug}/"))
    assert {"https:", "http:"} <= found["media-src"]
    assert found["script-src"] == {"'self'"}


def test_redoc_runs_its_own_script_and_no_other(opened: Callable[[str], Any]) -> None:
    answers = [opened("/redoc/") for _ in range(2)]
    nonces = [re.search(r'<script nonce="([^"]+)"', answer.content.decode()) for answer in answers]
    assert nonces[0]
    assert nonces[1]
    assert nonces[0][1] != nonces[1][1]
    assert directives(answers[1])["script-src"] == {"'self'", f"'nonce-{nonces[1][1]}'"}


@pytest.mark.parametrize("path", ["/api/page/content/", "/api/nothing/", "/swagger.json/"])
def test_what_is_no_page_carries_no_policy(opened: Callable[[str], Any], path: str) -> None:
    answer = opened(path)
    assert "Content-Security-Policy" not in answer.headers
    assert "Permissions-Policy" not in answer.headers


def test_a_page_uses_no_camera_and_stays_apart_from_other_windows(opened: Callable[[str], Any]) -> None:
    answer = opened("/admin/")
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_admin_may_show_what_lies_in_the_bucket(
    settings: Any, monkeypatch: pytest.MonkeyPatch, opened: Callable[[str], Any]
) -> None:
    pytest.importorskip("storages", reason="the extra `s3` is not installed")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key-of-the-test")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://objects.example.org:9000")
    settings.PAGECAST_BUCKET = Bucket("films-of-the-test", addressing="path")
    found = directives(opened("/admin/pages/page/"))
    assert "https://objects.example.org:9000" in found["img-src"] & found["media-src"]
    assert found["script-src"] == {"'self'", "'unsafe-eval'"}
    settings.PAGECAST_BUCKET = Bucket("films-of-the-test", addressing="path", proxied=True)
    assert "https://objects.example.org:9000" not in directives(opened("/admin/pages/page/"))["img-src"]


def test_a_name_that_is_too_long_for_anybody_is_counted_like_others() -> None:
    answers = [Client().post(LOGIN, {"username": "x" * 5000, "password": "guess"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]


def test_the_policy_is_no_larger_for_one_path_than_for_those_below_it() -> None:
    assert security.policy("/admin/") == security.policy("/admin/pages/page/1/change/")
    assert security.policy("/administrator/") == security.policy("/")
