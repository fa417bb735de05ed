"""Whoever looks for what is not here gets Django's answers, without Django."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path, re_path

from pagecast.conf import strangers as module
from pagecast.conf.addresses import LENGTH, LONGEST, REMEMBERED
from pagecast.conf.strangers import Strangers
from pagecast.pages.models import Page
from tests.conf.exploits import exploits
from tests.delivery.desk import Answer

HANDED_ON = Answer(200, {}, b"handed on")
# Nobody waits for anything of the network here, and nothing of a database: no test asks for one.
RUSSIAN = {"accept-language": "ru"}


async def _behind(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": HANDED_ON.body})


class Asking:
    """The layer, and who asks it."""

    def __init__(self) -> None:
        self.layer = Strangers(_behind)

    def __call__(self, method: str, target: str, /, scheme: str = "http", **more: Any) -> Answer:
        headers = {"host": "testserver", **{key.replace("_", "-"): value for key, value in more.items()}}
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "scheme": scheme,
            "path": unquote(target.partition("?")[0]),
            "query_string": target.partition("?")[2].encode(),
            "headers": [
                (name.encode(), value.encode("latin-1"))
                for name, value in headers.items()
                if name != "known-host"
            ],
        }
        if not headers.get("known-host", True):
            scope["pagecast.host"] = None
        return self.answer(scope)

    def answer(self, scope: dict[str, Any]) -> Answer:
        messages: list[Any] = []

        async def receive() -> Any:
            raise AssertionError("nobody reads what strangers send")

        async def send(message: Any) -> None:
            messages.append(message)

        with pytest.raises(StopIteration):
            self.layer(scope, receive, send).__await__().send(None)
        start, body = messages
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        assert len(headers) == len(start["headers"])
        return Answer(start["status"], headers, body["body"])


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """What the log would be told."""
    found: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(module, "note", lambda event, _cure, **fields: found.append((event, fields)))
    return found


@pytest.fixture
def ask(noted: object) -> Asking:
    return Asking()


def of_django(method: str, target: str, *, secure: bool = False, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = Client().generic(method, target, secure=secure, headers=named)
    assert not answer.cookies
    found = {name.lower(): value for name, value in answer.items()}
    return Answer(answer.status_code, found, b"" if method == "HEAD" else answer.content)


# --- Paths -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        *(
            "/wp-login.php",
            "/.env?x=1",
            "/static/nope.js",
            "/%00",
            "//api/x",
            "/api",
            "/pages/a.b/",
            "/admin/.env",
        ),
        *(
            "/api/.env",
            "/api/%00/",
            '/api/"x"\\/',
            "/api/<b>/%D0%B9/",
            "/api/page/content/x/",
            "/api/upload/a/b/",
        ),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("language", ["", "ru", "en", "de,ru;q=0.5,en;q=0.1", "*"])
def test_an_unknown_path_is_answered_byte_for_byte_as_by_django(
    ask: Asking, target: str, method: str, language: str
) -> None:
    answer = ask(method, target, accept_language=language)
    assert answer == of_django(method, target, accept_language=language)
    assert answer.status == 404


def test_who_chose_a_language_here_gets_it(ask: Asking) -> None:
    chosen: Any = {"cookie": "a=b; django_language=ru", "accept_language": "en"}
    answer = ask("GET", "/.env", **chosen)
    assert answer == of_django("GET", "/.env", **chosen)
    assert answer.headers["content-language"] == "ru"


def test_a_stranger_with_an_invented_session_costs_no_query(ask: Asking) -> None:
    plain, claimed = ask("GET", "/.env"), ask("GET", "/.env", cookie="sessionid=invented")
    assert claimed == plain


@pytest.mark.parametrize(("host", "for_good"), [("one.example.org", True), ("two.example.org:8443", False)])
def test_over_tls_the_answer_says_so_as_django_does(
    host: str, for_good: bool, settings: Any, noted: object
) -> None:
    settings.PAGECAST_ORIGIN = ["https://one.example.org", "https://two.example.org:8443"]
    settings.ALLOWED_HOSTS = ["one.example.org", "two.example.org"]
    settings.SECURE_HSTS_SECONDS = 1000
    answer = Asking()("GET", "/.env", "https", host=host)
    assert answer == of_django("GET", "/.env", secure=True, host=host)
    assert ("strict-transport-security" in answer.headers) is for_good


def test_every_address_of_django_is_handed_on(ask: Asking) -> None:
    addresses = list(_addresses(get_resolver().url_patterns))
    assert len(addresses) > 80
    for address in addresses:
        allowed = ask.layer._addresses.find(address)
        assert allowed, address
        method = allowed.methods[0] if allowed.methods else "GET"
        assert ask(method, address) == HANDED_ON, address


def _addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """A path for each pattern of Django's."""
    values = {"int": "1", "uuid": "c9a646d3-9c61-4cb7-bfcd-ee2522c8f633", "unicode_slug": "слово-1"}
    for each in patterns:
        route = before + re.sub(r"\^\(\?P<app_label>.*", "pages/", str(each.pattern))
        if isinstance(each, URLResolver):
            yield from _addresses(each.url_patterns, route)
            continue
        while "<" in route:
            start, _, rest = route.partition("<")
            wish, _, end = rest.partition(">")
            route = start + values.get(wish.partition(":")[0], "x") + end
        yield route


@pytest.mark.parametrize(
    "target", ["/swagger", "/api/page/content", "/pages/x", "/admin", "/admin/pages/page"]
)
def test_readers_who_forgot_the_slash_are_left_to_django(ask: Asking, target: str) -> None:
    assert ask("GET", target) == ask("HEAD", target) == HANDED_ON
    assert ask("POST", target).status == of_django("POST", target).status == 404


def test_static_files_are_handed_on_and_only_those_that_are_there(settings: Any, noted: object) -> None:
    settings.WHITENOISE_USE_FINDERS = True
    ask = Asking()
    assert ask("GET", "/static/site/site.css") == HANDED_ON
    assert ask("GET", "/static/site/site.php").status == 404


def test_where_static_files_are_looked_for_each_time_all_are_handed_on(settings: Any, noted: object) -> None:
    settings.WHITENOISE_AUTOREFRESH = True
    assert Asking()("GET", "/static/new.css") == HANDED_ON


def test_media_say_themselves_what_is_there(ask: Asking) -> None:
    assert ask("GET", "/media/../.env") == ask("PUT", "/media/x.php") == HANDED_ON


def test_pages_are_handed_on_whatever_their_number(ask: Asking) -> None:
    for number in range(1, 100):
        assert ask("GET", f"/api/page/content/{number}/") == HANDED_ON
        assert ask("POST", f"/api/page/content/{number}/views/") == HANDED_ON
    assert ask.layer._addresses._remembered.cache_info().currsize == 0


def test_addresses_of_somebody_elses_are_known_too(
    settings: Any, noted: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hook(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    def own(*patterns: Any) -> Asking:
        urls = ModuleType(f"tests.conf.urls_{len(patterns)}")
        vars(urls)["urlpatterns"] = [*patterns, *get_resolver("pagecast.conf.urls").url_patterns]
        settings.ROOT_URLCONF = urls
        return Asking()

    ask = own(path("hooks/<slug:name>/", hook))
    assert ask("POST", "/hooks/paid/") == HANDED_ON
    assert ask("GET", "/wp-login.php").status == 404
    ask = own(re_path(r"^v\d+/.*$", hook), path("<slug:anything>/x/", hook))
    assert ask("DELETE", "/v2/wp-login.php") == ask("GET", "/a/x/") == HANDED_ON
    assert ask("GET", "/wp-login.php").status == 404


def test_a_page_of_another_site_that_may_edit_is_left_to_django(settings: Any, noted: object) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://desk.example.org"]
    ask = Asking()
    assert ask("GET", "/api/x/", origin="https://desk.example.org") == HANDED_ON
    assert ask("GET", "/api/x/", origin="https://evil.example").status == 404


# --- Methods -----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "target",
    [
        *("/api/page/content/", "/api/page/content/1/", "/api/page/content/1/views/", "/api/content/"),
        *("/api/content/1/", "/api/upload/", "/api/upload/1/", "/swagger/", "/swagger.json/"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_an_odd_method_at_the_api_is_answered_as_by_django(ask: Asking, target: str, language: str) -> None:
    ours, theirs = (answer("PROPFIND", target, accept_language=language) for answer in (ask, of_django))
    assert (ours.status, ours.headers["allow"]) == (405, theirs.headers["allow"])
    # Where one has to log in first, Django asks for that before it looks at the method.
    assert theirs.status in {401, 405}
    if theirs.status == 405:
        assert ours.body == theirs.body


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "CONNECT", "get", "X" * 1000])
@pytest.mark.parametrize(
    "target", ["/", "/pages/x/", "/admin/login/", "/nowhere", "", "*", "example.org:443"]
)
def test_a_method_that_nobody_knows_is_405(ask: Asking, method: str, target: str) -> None:
    answer = ask(method, target)
    assert (answer.status, answer.body, answer.headers["allow"]) == (405, b"", "GET, HEAD")


@pytest.mark.parametrize("target", ["/", "/pages/x/"])
def test_what_is_for_readers_takes_nothing_else(ask: Asking, target: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = ask(method, target)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert ask("OPTIONS", target).headers == of_django("OPTIONS", "/").headers


def test_whose_body_was_not_read_is_hung_up_on(ask: Asking) -> None:
    assert ask("POST", "/x.php", content_length="4").headers["connection"] == "close"
    assert ask("PUT", "/", transfer_encoding="chunked").headers["connection"] == "close"
    assert "connection" not in ask("POST", "/x.php", content_length="0").headers
    assert "connection" not in ask("GET", "/x.php").headers


# --- Hosts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.1", "evil_example", "-", ""])
@pytest.mark.parametrize("target", ["/", "/.env", "/admin/", "/api/page/content/1/", "/media/x", "/api/x"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_an_unknown_host_is_told_what_django_would_have_said(
    ask: Asking, host: str, target: str, language: str
) -> None:
    answer = ask("GET", target, host=host, known_host="", accept_language=language)
    theirs = of_django("GET", target, host=host, accept_language=language)
    assert (answer.status, answer.body) == (400, theirs.body)
    del answer.headers["content-length"]
    assert answer.headers == theirs.headers


@pytest.mark.parametrize("target", ["/healthz", "/readyz", "/metrics"])
def test_health_checks_may_ask_by_any_host(ask: Asking, target: str) -> None:
    assert b"testserver" not in ask("GET", target, known_host="").body
    assert ask("GET", target, known_host="").status != 400


def test_the_page_that_says_so_has_its_looks(settings: Any, noted: object) -> None:
    settings.WHITENOISE_USE_FINDERS = True
    ask = Asking()
    assert ask("GET", "/static/site/site.css", known_host="", host="evil.example") == HANDED_ON
    assert ask("GET", "/static/site/none.css", known_host="", host="evil.example").status == 400


def test_a_host_brings_nothing_into_the_page(ask: Asking) -> None:
    evil = "<script>alert('1')</script>\\\"\x9b"
    page = ask("GET", "/", host=evil, known_host="").body
    assert b"<script" not in page
    assert b"&lt;script&gt;" in page
    told = json.loads(ask("GET", "/api/", host=evil, known_host="").body)
    assert "<script>alert('1')</script>" in told["detail"]


# --- All together ------------------------------------------------------------------------------------


def test_the_list_of_exploits_is_long() -> None:
    assert len(set(exploits())) == len(exploits()) > 220


@pytest.mark.parametrize(("method", "target"), exploits())
def test_an_exploit_ends_here(ask: Asking, noted: list[Any], method: str, target: str) -> None:
    answer = ask(method, target.removeprefix("http://192.0.2.1").removeprefix("http://example.org:80"))
    if target.startswith("/media/"):
        assert answer == HANDED_ON
        return
    assert answer.status in {404, 405}
    assert "set-cookie" not in answer.headers
    assert len(noted) == 1


def test_what_is_remembered_of_strangers_is_bounded(ask: Asking) -> None:
    for number in range(3 * REMEMBERED):
        ask("GET", f"/admin/{number}", accept_language=f"ru-{number}")
        ask("GET", f"/pages/{'x' * LENGTH}{number}.php", accept_language="ru," * 100)
    layer = ask.layer
    assert layer._addresses._remembered.cache_info().currsize == REMEMBERED
    assert layer._language.cache_info().currsize == module.REMEMBERED


def test_a_long_path_keeps_nobody_waiting(ask: Asking) -> None:
    longest = max(map(len, _addresses(get_resolver().url_patterns)))
    slug = Page._meta.get_field("slug").max_length
    assert slug
    assert longest + slug < LONGEST
    for target in ("/admin/r/" + "a/" * 30_000 + "x", "/admin/r/" + "a/" * 30_000, "/pages/" + "a" * LONGEST):
        started = time.process_time()
        assert ask("GET", target).status == 404
        # It were tens of seconds.
        assert time.process_time() - started < 1


def test_the_log_is_told_what_was_asked_for(ask: Asking, noted: list[Any]) -> None:
    ask("GET", "/.env?key=secret")
    ask("TRACE", "/")
    ask("GET", "/", known_host="", host="evil.example")
    assert noted == [
        ("unknown_path", {"path": "/.env"}),
        ("odd_method", {"method": "TRACE", "path": "/"}),
        ("unknown_host", {"host": "evil.example", "setting": "PAGECAST_ORIGIN=https://evil.example"}),
    ]


def test_nothing_but_requests_is_looked_at() -> None:
    asked: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["type"])

    with pytest.raises(StopIteration):
        Strangers(app)({"type": "lifespan"}, None, None).__await__().send(None)  # type: ignore[arg-type]
    assert asked == ["lifespan"]
