"""Every check from outside, before a real nginx that is set up well, and one that is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from pagecast.cli.doctor import speaking
from pagecast.cli.doctor.asking import Answer, Site
from pagecast.cli.doctor.check import Outcome
from pagecast.cli.doctor.inside import exposure
from pagecast.cli.doctor.outside import reaching
from pagecast.cli.doctor.outside.proxying import HEADERS
from pagecast.cli.doctor.visit import Visit
from tests import services
from tests.acceptance.server import Server, free_port, wait_for
from tests.cli.patients import is_bad, is_well, look, visited
from tests.cli.proxy import RIGHT, certificate, proxy
from tests.films import film

Proxied = Callable[..., str]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a page that shows a text and a film."""
    with Server(tmp_path_factory.mktemp("served")) as server:
        editor = server.editor()
        text = editor.post("/api/content/", json={"content_type": "text", "title": "Note", "text": "x"})
        dawn = editor.post(
            "/api/content/",
            data={"content_type": "video", "title": "Dawn"},
            files={"file": ("Dawn.mp4", film())},
        )
        contents = [text.json()["id"], dawn.json()["id"]]
        editor.post("/api/page/content/", json={"title": "Handbook", "contents": contents}).raise_for_status()
        address = f"/api/content/{contents[1]}/"
        wait_for("the film", lambda: editor.get(address).json()["upload_status"] == "completed")
        # Where there is a broker, beat begins later than its worker.
        wait_for("a pulse", lambda: server.get("/readyz").json()["worker"] == "ok")
        yield server


@pytest.fixture
def proxied(server: Server, tmp_path: Path) -> Iterator[Proxied]:
    """The address of an nginx with these lines of configuration, before the server."""
    with ExitStack() as exits:

        def start(inside: str = "", behind: int = 0, base: str = RIGHT, **told: Any) -> str:
            lines = f"{base} {inside}"
            return exits.enter_context(proxy(tmp_path / "nginx", behind or server.port, lines, **told))

        yield start


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this machine's loopback was a name in the world, to which everybody finds the way."""
    monkeypatch.setattr(speaking, "is_here", lambda host: False)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "address",
            "server-clock",
            "ready",
            "hidden",
            "debug-outside",
            "host",
            "forms",
            "headers",
            "errors",
        ),
        *("upload-limit", "upload-buffering", "patience", "views", "range", "statuses", "compression"),
    ],
)
def test_all_is_well_behind_a_proxy_that_is_set_up_well(name: str, proxied: Proxied, world: None) -> None:
    is_well(name, visited(proxied(), name))


def test_nobody_is_there() -> None:
    found = visited(f"http://127.0.0.1:{free_port()}", "address")
    is_bad("address", found, "Connection refused", "`pagecast serve` run")


def test_the_proxy_does_not_reach_the_server(proxied: Proxied) -> None:
    found = visited(proxied(behind=free_port()), "address")
    is_bad("address", found, "The proxy does not reach Pagecast (its answer: 502)", "proxy_pass")


def test_somebody_else_answers(proxied: Proxied) -> None:
    found = visited(proxied(beside="location = /healthz { return 200 Hello; }"), "address")
    is_bad("address", found, "but not Pagecast", "Check the name")


def test_the_proxy_invents_a_host(proxied: Proxied) -> None:
    url = proxied(base="proxy_set_header Host pages.wrong.example;")
    found = visited(url, "host")
    is_bad("host", found, "is not to be had (the answer: 400)", f"Set PAGECAST_ORIGIN={url}")


def test_the_server_takes_itself_for_another(proxied: Proxied, tmp_path: Path) -> None:
    with Server(tmp_path, work=False, PAGECAST_ORIGIN="http://pages.other.example") as server:
        server.editor().post("/api/page/content/", json={"title": "Handbook"}).raise_for_status()
        url = proxied(behind=server.port, base="proxy_set_header Host pages.other.example;")
        found = visited(url, "host")
    sentence = f"takes itself for http://pages.other.example, and not for {url}"
    is_bad(
        "host", found, sentence, f"Set PAGECAST_ORIGIN={url}\nIn the proxy, nginx say: proxy_set_header Host"
    )


def test_an_origin_on_the_way_refuses_forms(proxied: Proxied) -> None:
    url = proxied("proxy_set_header Origin null;")
    is_bad("forms", visited(url, "forms"), "is refused: nobody can log in", f"PAGECAST_ORIGIN={url}")


def test_cookies_that_are_lost_on_the_way_refuse_forms(proxied: Proxied) -> None:
    is_bad("forms", visited(proxied("proxy_set_header Cookie '';"), "forms"), "is refused", "PAGECAST_ORIGIN")


def test_cookies_that_are_lost_on_the_way_back_are_missed(proxied: Proxied) -> None:
    found = visited(proxied("proxy_hide_header Set-Cookie;"), "forms")
    is_bad("forms", found, "comes without its cookie", "Let the proxy pass Set-Cookie on")


def test_a_header_that_the_proxy_takes_away_is_missed(proxied: Proxied) -> None:
    found = visited(proxied("proxy_hide_header X-Frame-Options;"), "headers")
    is_bad("headers", found, "x-frame-options", "proxy_hide_header", Outcome.WARNING)


def test_a_referrer_policy_that_breaks_forms_is_named(proxied: Proxied) -> None:
    lines = "proxy_hide_header Referrer-Policy; add_header Referrer-Policy no-referrer always;"
    is_bad(
        "headers",
        visited(proxied(lines), "headers"),
        "`Origin: null`",
        "Take Referrer-Policy out of the proxy",
    )


def test_a_limit_of_the_proxy_is_measured(proxied: Proxied) -> None:
    found = visited(
        proxied("client_max_body_size 100m;", base="proxy_request_buffering off;"), "upload-limit"
    )
    is_bad("upload-limit", found, "MiB or more (413)", "client_max_body_size 0")
    limit = int(found.sentence.split(" MiB")[0].rpartition(" ")[2])
    assert 100 < limit <= 111


def test_the_limit_that_nginx_has_by_itself_is_found(proxied: Proxied) -> None:
    found = visited(proxied(base=""), "upload-limit", timeout=6)
    is_bad(
        "upload-limit",
        found,
        "refuses uploads of 2 MiB or more (413), and 5120 MiB",
        "client_max_body_size 0",
    )


def test_a_proxy_that_keeps_bodies_back_is_found(proxied: Proxied) -> None:
    url = proxied(base="", beside="client_max_body_size 0;")
    is_well("upload-limit", visited(url, "upload-limit", timeout=10))
    found = visited(url, "upload-buffering", timeout=10)
    is_bad(
        "upload-buffering", found, "until they are complete", "proxy_request_buffering off", Outcome.WARNING
    )


class AnswersLast(BaseHTTPRequestHandler):
    """As proxies do that pass a body on, and no answer before its end: Caddy, Traefik, Apache."""

    server_version = "Caddy"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nobody wants to read it."""


def test_a_proxy_that_only_answers_last_is_not_taken_for_one_that_keeps_bodies_back() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), AnswersLast) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        found = visited(f"http://127.0.0.1:{server.server_port}", "upload-buffering", timeout=2)
        server.shutdown()
    assert found.outcome == Outcome.SKIPPED
    assert "Caddy" in found.sentence


def test_a_proxy_without_patience_is_found(proxied: Proxied) -> None:
    found = visited(proxied("client_body_timeout 1s;"), "patience")
    is_bad("patience", found, "is cut off", "client_body_timeout 60s")


def test_a_cache_that_swallows_views_is_found(proxied: Proxied) -> None:
    lines = "proxy_cache kept; proxy_cache_valid 200 1h; proxy_ignore_headers Cache-Control Vary Expires;"
    found = visited(proxied(lines), "views")
    is_bad("views", found, "Of two views 0 arrived", "proxy_cache off")


def test_a_proxy_that_loses_ranges_is_found(proxied: Proxied) -> None:
    found = visited(proxied("proxy_set_header Range '';"), "range")
    is_bad("range", found, "answers 200 with something else", "Let the proxy pass on Range")


def test_a_proxy_that_compresses_films_is_found(proxied: Proxied) -> None:
    lines = "gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1; proxy_set_header Range '';"
    is_bad("range", visited(proxied(lines), "range"), "compressed by the proxy", "keep films out of gzip")


def test_a_proxy_that_lets_statuses_be_kept_is_found(proxied: Proxied) -> None:
    lines = "proxy_hide_header Cache-Control; add_header Cache-Control 'public, max-age=3600' always;"
    found = visited(proxied(lines), "statuses")
    is_bad("statuses", found, "may be kept in a cache", "what sets Cache-Control")


def test_a_proxy_that_lies_about_compression_is_found(proxied: Proxied) -> None:
    found = visited(proxied("add_header Content-Encoding gzip always;"), "compression")
    is_bad("compression", found, "calls itself gzip", "gzip on")


def test_what_the_proxy_compresses_by_itself_is_well(proxied: Proxied) -> None:
    url = proxied("gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1;")
    is_well("compression", visited(url, "compression"), "is the same")


def test_a_proxy_that_replaces_errors_is_found(proxied: Proxied) -> None:
    url = proxied("proxy_intercept_errors on; error_page 404 /wrong.html;")
    is_bad(
        "errors",
        visited(url, "errors"),
        "in the words of a proxy",
        "proxy_intercept_errors off",
        Outcome.WARNING,
    )


def test_metrics_that_everybody_reads_are_found(proxied: Proxied, world: None) -> None:
    url = proxied(beside="location = /metrics { return 200 pagecast_views_total; }")
    is_bad("hidden", visited(url, "hidden"), "/metrics answers everybody", "location = /metrics")


def test_a_server_without_its_database_says_so(tmp_path: Path) -> None:
    with ExitStack() as database:
        address = database.enter_context(services.postgres())
        with Server(tmp_path, work=False, DATABASE_URL=address, REDIS_URL="") as server:
            wait_for("a worker", lambda: visited(server.url, "ready").outcome == Outcome.OK)
            database.close()
            # What it has just found is good for a moment.
            wait_for("the server to notice", lambda: server.get("/readyz").status_code == 503)
            found = visited(server.url, "ready")
            is_bad("ready", found, "503 for /readyz", "Run `pagecast doctor` on the server")


def test_a_server_without_a_worker_says_so(proxied: Proxied) -> None:
    told = '{"database": "ok", "worker": "silent for 50 s"}'
    found = visited(proxied(beside=f"location = /readyz {{ return 200 '{told}'; }}"), "ready")
    is_bad("ready", found, "worker: silent for 50 s", "on the server itself", Outcome.WARNING)


def test_debug_mode_is_seen_from_outside(tmp_path: Path) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.cli.settings_in_debug"}
    with Server(tmp_path, work=False, **settings) as server:
        is_bad("debug-outside", visited(server.url, "debug-outside"), "DEBUG is on", "Take DEBUG = True out")


class Late(BaseHTTPRequestHandler):
    """A server whose clock is wrong by two hours."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(0 if timestamp is None else timestamp)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Nobody wants to read it."""


def test_a_server_clock_that_is_wrong_is_found() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Late) as late:
        thread = Thread(target=late.serve_forever)
        thread.start()
        found = visited(f"http://127.0.0.1:{late.server_port}", "server-clock")
        late.shutdown()
        thread.join()
    is_bad("server-clock", found, "behind ours", "timedatectl")


def test_a_good_certificate_is_good(
    proxied: Proxied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    is_well("certificate", visited(proxied(tls=made), "certificate"), "is good for")


def test_a_certificate_that_nobody_trusts_is_refused(proxied: Proxied, tmp_path: Path) -> None:
    url = proxied(tls=certificate(tmp_path))
    is_bad("certificate", visited(url, "certificate"), "self-signed", "certbot")
    is_well("address", visited(url, "address"))


def test_a_certificate_for_another_name_is_refused(
    proxied: Proxied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificate(tmp_path, "pages.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    found = visited(proxied(tls=made), "certificate")
    is_bad("certificate", found, "mismatch", "certbot --nginx -d 127.0.0.1")


def test_a_certificate_that_ends_soon_is_a_warning(
    proxied: Proxied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificate(tmp_path, days=5)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.path))
    found = visited(proxied(tls=made), "certificate")
    is_bad("certificate", found, "days, and nobody has renewed it", "certbot renew", Outcome.WARNING)


@pytest.mark.parametrize("is_redirected", [True, False])
def test_who_comes_without_encryption_is_sent_to_it(
    is_redirected: bool, proxied: Proxied, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, answer = free_port(), "301 https://$host$request_uri" if is_redirected else "200 Hello"
    others = f"server {{ listen 127.0.0.1:{plain}; return {answer}; }}"
    url = proxied(tls=certificate(tmp_path), others=others)
    monkeypatch.setattr(reaching, "plain_address", lambda site: (site.host, plain))
    found = visited(url, "redirect")
    if is_redirected:
        is_well("redirect", found)
    else:
        is_bad("redirect", found, "is not sent to https://", "return 301", Outcome.WARNING)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_database_that_the_world_reaches_is_found(is_there: bool, server: Server, world: None) -> None:
    with services.postgres() as address:
        port = urlsplit(address).port if is_there else free_port()
        found = visited(server.url, "database-port", database_port=port or 0)
    if is_there:
        is_bad("database-port", found, f"port {port} of 127.0.0.1 is open", "Close the port in the firewall")
    else:
        is_well("database-port", found)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_redis_that_the_world_uses_is_found(is_there: bool, server: Server, world: None) -> None:
    with services.redis() as address:
        port = urlsplit(address).port if is_there else free_port()
        found = visited(server.url, "redis-port", redis_port=port or 0)
    if is_there:
        is_bad("redis-port", found, "wants no password", "requirepass")
    else:
        is_well("redis-port", found)


def test_this_machine_itself_is_not_the_world(server: Server) -> None:
    for name in ("database-port", "redis-port", "hidden"):
        assert visited(server.url, name).outcome == Outcome.SKIPPED


def test_this_machine_is_known_by_whatever_address() -> None:
    assert all(map(speaking.is_here, ["localhost", "127.0.0.1", "::1", *exposure.own_addresses()]))
    assert not speaking.is_here("203.0.113.9")
    assert not speaking.is_here("nobody.invalid")


def test_what_is_said_of_a_host_is_not_missed_at_a_port_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Answer(200, dict.fromkeys(HEADERS, "same-origin"), b"", {})
    monkeypatch.setattr(Site, "login", answer)
    found = look("headers", Visit("https://pages.example.org"))
    is_bad("headers", found, "Strict-Transport-Security", "Set PAGECAST_ORIGIN=https", Outcome.WARNING)
    is_well("headers", look("headers", Visit("https://pages.example.org:8443")))


def test_what_can_not_be_looked_at_is_left_out_with_a_reason(tmp_path: Path) -> None:
    with Server(tmp_path, work=False) as server:
        for name in ("host", "views", "range", "certificate", "redirect"):
            found = visited(server.url, name)
            assert found.outcome == Outcome.SKIPPED, name
            assert found.sentence
