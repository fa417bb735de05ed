"""On the internet: behind a real nginx that ends TLS, as the documentation has it or as bare as can be."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Response, expect, sync_playwright

from tests import films
from tests.acceptance.browser import CHROMIUM, FLAGS, PASSWORD, WIDTHS, Visit
from tests.acceptance.desk import Desk
from tests.acceptance.server import PATIENCE, Server
from tests.front import HOST, Front, documented, over_http
from tests.front import server as block

LOGIN = "/admin/login/"
MIB = 2**20
GIB = 2**30
# nginx as it comes, then the one of the documentation, a chain of two, another port, no TLS.
BARE, PAGES, CHAIN, ODD, PLAIN, HIDING = (
    "https://bare.example.org",
    "https://pages.example.org",
    "https://chain.example.org",
    "https://odd.example.org:8443",
    "http://plain.example.org",
    "https://hiding.example.org",
)
ORIGINS = (BARE, PAGES, CHAIN, ODD, PLAIN, HIDING)
FORWARDED = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
SET_PASSWORD = (
    "import sys\n"
    "from django.contrib.auth.models import User\n"
    "admin = User.objects.get(username='admin')\n"
    "admin.set_password(sys.argv[1])\n"
    "admin.save()\n"
)


def host(origin: str) -> str:
    return str(httpx.URL(origin).host)


def ready(server: Server) -> Server:
    """With an admin whose password is known."""
    done = server.python(SET_PASSWORD, PASSWORD)
    assert done.returncode == 0, done.stderr
    return server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with six addresses, behind an nginx at 127.0.0.1 and nobody else."""
    folder = tmp_path_factory.mktemp("server")
    with Server(folder, PAGECAST_ORIGIN=",".join(ORIGINS), PAGECAST_TRUSTED_PROXIES="127.0.0.1") as server:
        yield ready(server)


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose operator has set two of its addresses, and neither as it is."""
    wrong = "http://scheme.example.org,https://port.example.org:9443"
    with Server(tmp_path_factory.mktemp("mistaken"), PAGECAST_ORIGIN=wrong) as server:
        yield ready(server)


@pytest.fixture(scope="module")
def unset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose operator has set nothing."""
    with Server(tmp_path_factory.mktemp("unset")) as server:
        yield ready(server)


@pytest.fixture(scope="module")
def front(
    server: Server, mistaken: Server, unset: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Front]:
    """The nginx in front of all of them."""
    no_referrer = (
        "proxy_hide_header Referrer-Policy;",
        "add_header Referrer-Policy no-referrer always;",
    )
    ours = [
        block(host(BARE)),
        documented(host(PAGES)),
        # The one that ends TLS, and the one behind it.
        block(host(CHAIN), HOST, FORWARDED).replace("127.0.0.1:8000", "127.0.0.1:80"),
        over_http(block(host(CHAIN), HOST, FORWARDED)),
        block(host(ODD), HOST, FORWARDED).replace("listen 443", "listen 8443"),
        over_http(block(host(PLAIN), HOST, FORWARDED)),
        block(host(HIDING), HOST, *no_referrer),
    ]
    wrong = [
        block("scheme.example.org", HOST),
        block("port.example.org", HOST).replace("listen 443", "listen 8443"),
        block("other.example.org", HOST),
    ]
    nobodys = [block("unset.example.org"), block("passed.example.org", HOST)]
    servers = [(each, server.port) for each in ours]
    servers += [(each, mistaken.port) for each in wrong] + [(each, unset.port) for each in nobodys]
    front = Front(tmp_path_factory.mktemp("front") / "nginx", servers)
    with front.running():
        yield front


@pytest.fixture(scope="module")
def browser(front: Front) -> Iterator[Browser]:
    """A browser for which example.org is here."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("a browser is missing: apt-get install chromium")
        pytest.skip("browser: Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *front.flags()])
        expect.set_options(timeout=PATIENCE * 1000)
        yield browser
        browser.close()


class Seen:
    """A server as the internet sees it."""

    def __init__(self, url: str, server: Server) -> None:
        self.url, self._server = url, server

    def log(self) -> str:
        return self._server.log()


@contextmanager
def visiting(
    browser: Browser, origin: str, server: Server, language: str = "en", width: str = "desk"
) -> Iterator[Visit]:
    """A browser of its own at an origin of the server."""
    size: Any = WIDTHS[width]
    context = browser.new_context(locale=language, viewport=size)
    context.set_default_timeout(PATIENCE * 1000)
    seen: Any = Seen(origin, server)
    try:
        yield Visit(context, seen, language, f"{language}-{width}")
    finally:
        context.close()


def send_login(visit: Visit) -> None:
    """Fill in the form and send it, wherever that leads."""
    visit.page.fill("#id_username", "admin")
    visit.page.fill("#id_password", PASSWORD)
    with visit.page.expect_navigation(wait_until="load"):
        visit.page.press("#id_password", "Enter")


def refused(server: Server) -> list[dict[str, str]]:
    """What the log says of forms and hosts that were refused, as fields."""
    lines = [line for line in server.log().splitlines() if "form_refused" in line or "unknown_host" in line]
    fields = re.compile(r"(\w+)=('[^']*'|\S+)")
    found = [{name: value.strip("'") for name, value in fields.findall(line)} for line in lines]
    events = ["form_refused" if "form_refused" in line else "unknown_host" for line in lines]
    return [{"event": event, **each} for event, each in zip(events, found, strict=True)]


# --- The way it is meant -------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", [BARE, PAGES, CHAIN, ODD, PLAIN])
def test_an_editor_logs_in_and_changes_a_page(origin: str, browser: Browser, server: Server) -> None:
    with visiting(browser, origin, server) as editor:
        editor.log_in()
        is_secure = origin.startswith("https")
        cookies: list[Any] = editor.context.cookies()
        assert {cookie["name"]: cookie["secure"] for cookie in cookies} == {
            "sessionid": is_secure,
            "csrftoken": is_secure,
        }
        desk = Desk(editor)
        desk.open()
        editor.page.fill("#id_title", f"Through {origin}")
        page = desk.save()
        editor.page.fill("#id_title", f"Again through {origin}")
        desk.save()
        assert editor.page.url.startswith(f"{origin}/admin/")
        title = server.get(f"/api/page/content/{page}/").json()["title"]
        assert title == f"Again through {origin}"
        editor.page.locator("#nav-sidebar").wait_for()
        # Over plain HTTP browsers tell of headers that they pass over there.
        editor.ends_well(*([] if is_secure else ["Cross-Origin-Opener-Policy"]))


@pytest.mark.parametrize("origin", [BARE, PAGES, CHAIN, ODD, PLAIN])
def test_addresses_in_the_api_are_those_of_the_browser_both_ways(
    origin: str, front: Front, server: Server
) -> None:
    for title in ("One", "Two"):
        server.editor().post("/api/page/content/", json={"title": title})
    with front.client(origin) as reader:
        # A cookie of ours sends a request past the fast path.
        quick = reader.get("/api/page/content/?page_size=1")
        slow = reader.get("/api/page/content/?page_size=1", headers={"Cookie": "sessionid=nobody"})
        assert quick.content == slow.content
        found = quick.json()
        assert found["next"] == f"{origin}/api/page/content/?page=2&page_size=1"
        assert found["results"][0]["url"].startswith(f"{origin}/api/page/content/")
        hsts = [answer.headers.get("Strict-Transport-Security") for answer in (quick, slow)]
        is_for_good = origin.startswith("https") and origin != ODD
        assert hsts == [("max-age=31536000" if is_for_good else None)] * 2


def test_health_is_told_by_any_name(server: Server) -> None:
    for path in ("/healthz", "/readyz"):
        assert server.get(path, headers={"Host": "10.0.3.7:8000"}).status_code == 200
    assert server.get("/", headers={"Host": "10.0.3.7:8000"}).status_code == 400


def test_figures_are_hidden_behind_a_bare_nginx(front: Front, server: Server) -> None:
    assert server.get("/metrics").status_code == 200
    with front.client(BARE) as stranger:
        assert stranger.get("/metrics").status_code == 404


def test_who_works_at_the_machine_itself_logs_in_as_well(browser: Browser, server: Server) -> None:
    with visiting(browser, server.url, server) as editor:
        editor.log_in()
        desk = Desk(editor)
        desk.open()
        editor.page.fill("#id_title", "From here")
        desk.save()


def test_serve_says_where_people_reach_it(server: Server) -> None:
    assert f"People reach it at {', '.join(ORIGINS)}." in server.printed()


# --- Large files, films, what is going on ------------------------------------------------------------


def peak(process: int) -> int:
    """The most memory that a process has had, in bytes."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found
    return int(found[1]) * 1024


@contextmanager
def watched(front: Front) -> Iterator[list[int]]:
    """How much nginx keeps on its disk meanwhile."""
    kept: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            kept.append(front.kept())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield kept
    finally:
        over.set()
        thread.join()


def large_film(path: Path, size: int) -> Path:
    """A film that plays, with a box at its end that players pass over (ISO/IEC 14496-12, 4.2)."""
    film = films.film("large")
    with path.open("wb") as file:
        file.write(film)
        rest = size - len(film)
        file.write((1).to_bytes(4) + b"free" + rest.to_bytes(8))
        file.truncate(size)
    return path


def test_a_large_film_goes_through_is_filed_before_ones_eyes_and_is_sought_in(
    browser: Browser, front: Front, server: Server, tmp_path: Path
) -> None:
    size = GIB
    film = large_film(tmp_path / "large.mp4", size)
    with visiting(browser, PAGES, server) as editor, watched(front) as kept:
        editor.log_in()
        desk = Desk(editor)
        desk.open()
        editor.page.fill("#id_title", "A large film")
        editor.page.set_input_files("#desk-files", str(film))
        editor.page.locator("[data-upload]").wait_for()
        expect(editor.page.locator("[data-upload]")).to_have_count(0, timeout=600_000)
        number = desk.save()
        # Nobody loads the screen again.
        status = editor.page.locator("[data-row] [data-cell=status]").first
        expect(status).to_have_attribute("data-state", "completed", timeout=300_000)
        film.unlink()
        (content,) = server.get(f"/api/page/content/{number}/").json()["contents"]
        assert content["video_path"]
        _plays_from_the_middle(editor, number)
        with front.client(PAGES) as reader:
            _is_read_in_the_middle(reader, content["video_path"], size)
        editor.ends_well()
    assert max(kept) < 16 * MIB
    assert peak(front.process) < 128 * MIB
    assert max(map(peak, server.processes())) < size // 2


def _plays_from_the_middle(editor: Visit, number: int) -> None:
    answers: list[tuple[str, int]] = []

    def listen(answer: Response) -> None:
        answers.append((answer.url, answer.status))

    editor.page.on("response", listen)
    slug = editor.page.evaluate(
        "number => fetch(`/api/page/content/${number}/`).then(a => a.json()).then(a => a.slug)", number
    )
    editor.go(f"/pages/{slug}/")
    # It is loaded when it is wanted.
    sought = """() => new Promise((done) => {
        const video = document.querySelector("video");
        video.onseeked = () => done(video.currentTime);
        video.onloadedmetadata = () => { video.currentTime = video.duration / 2; };
        video.preload = "metadata";
        video.load();
    })"""
    assert editor.page.evaluate(sought) > 0
    assert 206 in {status for url, status in answers if "/media/" in url}


def _is_read_in_the_middle(reader: httpx.Client, path: str, size: int) -> None:
    answer = reader.get(path, headers={"Range": f"bytes={size // 2}-{size // 2 + 99}"})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {size // 2}-{size // 2 + 99}/{size}"
    assert len(answer.content) == 100
    # Whoever reads slowly does not make nginx keep the film.
    with reader.stream("GET", path) as answer:
        # Let go of, it would end the answer.
        pieces = answer.iter_bytes(2**16)
        assert next(pieces)
        # Time enough for the rest to come to nginx's disk, if it were to.
        time.sleep(2)


def test_a_tus_client_is_sent_on_to_the_address_that_it_knows(front: Front, server: Server) -> None:
    token = str(server.editor().headers["Authorization"])
    told = {"Authorization": token, "Tus-Resumable": "1.0.0", "Upload-Length": "5"}
    for origin in (BARE, PAGES, CHAIN, ODD, PLAIN):
        with front.client(origin, headers=told) as client:
            begun = client.post("/api/upload/")
            assert begun.status_code == 201
            assert begun.headers["Location"].startswith(f"{origin}/api/upload/")


# --- Who guesses passwords -----------------------------------------------------------------------------


def guess(front: Front, at: str, origin: str, **headers: str) -> int:
    """The status of a wrong password, sent from an address of this machine."""
    with front.client(origin, at=at, headers={"Origin": origin, **headers}) as client:
        token = client.get(LOGIN).cookies["csrftoken"]
        form = {"username": "nobody", "password": "guess", "csrfmiddlewaretoken": token}
        return client.post(LOGIN, data=form, headers={"Cookie": f"csrftoken={token}"}).status_code


@pytest.mark.parametrize(("origin", "network"), [(PAGES, 20), (CHAIN, 30)])
def test_a_guesser_locks_out_himself_and_chooses_no_address(origin: str, network: int, front: Front) -> None:
    guesser, neighbour = f"127.0.0.{network}", f"127.0.0.{network + 1}"
    lies = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(4)]
    lies += [
        {"X-Real-IP": "198.51.100.9", "Forwarded": "for=198.51.100.9", "X_Forwarded_For": "198.51.100.9"}
    ]
    assert [guess(front, guesser, origin, **lie) for lie in lies] == [200, 200, 200, 200, 429]
    assert guess(front, guesser, origin) == 429
    assert guess(front, neighbour, origin) == 200
    assert guess(front, neighbour, origin, **{"X-Forwarded-For": guesser}) == 200


def test_behind_a_bare_nginx_all_are_one_and_nobody_chooses_an_address(front: Front) -> None:
    lies = [{"X-Forwarded-For": f"198.51.100.{number}"} for number in range(5)]
    lies[0]["X-Forwarded-Host"] = host(BARE)
    assert [guess(front, "127.0.0.40", BARE, **lie) for lie in lies] == [200, 200, 200, 200, 429]
    assert guess(front, "127.0.0.41", BARE) == 429


# --- The ways it is not meant: each says what does not match, and what to set --------------------------

REFUSED = {
    "https instead of http": ("https://scheme.example.org", "mistaken", 403, "ends TLS"),
    "another port": ("https://port.example.org:8443", "mistaken", 403, "with the port"),
    "other host": ("https://other.example.org", "mistaken", 400, "knows itself as http://scheme.example.org"),
    "another host": (
        "https://unset.example.org",
        "unset",
        403,
        "is where you see this server",
    ),
    "no host": ("https://passed.example.org", "unset", 400, "asked as passed.example.org"),
    "origin is hidden": (HIDING, "server", 403, "Referrer-Policy: no-referrer"),
}
CURES = {
    "https instead of http": "https://scheme.example.org,https://port.example.org:9443",
    "another port": "http://scheme.example.org,https://port.example.org:8443",
    "other host": "http://scheme.example.org,https://port.example.org:9443,https://other.example.org",
    "another host": "https://unset.example.org",
    "no host": "https://passed.example.org",
}


@pytest.mark.parametrize("width", ["desk", "phone"])
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("why", REFUSED)
def test_what_does_not_match_is_named_with_its_cure(
    why: str, language: str, width: str, browser: Browser, request: pytest.FixtureRequest
) -> None:
    origin, which, status, words = REFUSED[why]
    server: Server = request.getfixturevalue(which)
    with visiting(browser, origin, server, language, width) as editor:
        editor.go(LOGIN, 400 if status == 400 else 200)
        if status == 403:
            send_login(editor)
        main = editor.page.locator("main")
        editor.shot(f"refused-{why.replace(' ', '-')}")
        text = main.inner_text()
        assert "PAGECAST_ORIGIN=" in text or why == "origin is hidden"
        if why in CURES:
            assert f"PAGECAST_ORIGIN={CURES[why]}" in text
        if language == "en":
            assert words in text
        # Nothing has to be scrolled sideways, however long the line to paste.
        assert editor.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def afresh(server: Server) -> Server:
    """Started again: the first of a kind that is refused is in its log at once."""
    server.kill()
    server.serve()
    return server


@pytest.mark.parametrize("why", REFUSED)
def test_the_log_names_what_does_not_match_and_the_line_to_paste(
    why: str, front: Front, request: pytest.FixtureRequest
) -> None:
    origin, which, status, _words = REFUSED[why]
    server = afresh(request.getfixturevalue(which))
    sender = "null" if origin == HIDING else origin
    with front.client(origin, headers={"Origin": sender}) as client:
        answer = client.get(LOGIN) if status == 400 else client.post(LOGIN)
        assert answer.status_code == status
    (line,) = refused(server)
    assert line["event"] == ("unknown_host" if status == 400 else "form_refused")
    assert line.get("setting", "").removeprefix("PAGECAST_ORIGIN=") == CURES.get(why, "")
    assert line["host"]
    assert line["cure"]
    if status == 403:
        assert line["why"] == why
        assert line["origin"] == sender


SPOIL = "document.querySelector('[name=csrfmiddlewaretoken]').value = 'a'.repeat(64)"


@pytest.mark.parametrize("width", ["desk", "phone"])
@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("why", ["no cookie", "token is missing or old"])
def test_a_form_without_its_cookie_or_with_an_old_token_is_another_matter(
    why: str, language: str, width: str, browser: Browser, server: Server
) -> None:
    with visiting(browser, PAGES, server, language, width) as editor:
        editor.go(LOGIN)
        if why == "no cookie":
            editor.context.clear_cookies()
        else:
            editor.page.evaluate(SPOIL)
        send_login(editor)
        editor.shot(f"refused-{why.replace(' ', '-')}")
        text = editor.page.locator("main").inner_text()
        assert "CSRF" in text
        assert "PAGECAST_ORIGIN" not in text
        assert ("cookie" in text) == (why == "no cookie")


def test_the_api_says_the_same_as_a_problem(browser: Browser, server: Server, front: Front) -> None:
    with visiting(browser, PAGES, server) as editor:
        editor.log_in()
        cookies: list[Any] = editor.context.cookies()
    jar = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)
    (token,) = (cookie["value"] for cookie in cookies if cookie["name"] == "csrftoken")
    told = {"Cookie": jar, "X-CSRFToken": token, "Referer": f"{PAGES}/admin/"}
    with front.client(PAGES, headers=told) as client:
        refusal = client.post("/api/page/content/", json={"title": "x"}, headers={"Origin": "null"})
        assert refusal.status_code == 403
        assert refusal.headers["Content-Type"] == "application/problem+json"
        assert "Origin: null" in refusal.json()["detail"]
        made = client.post("/api/page/content/", json={"title": "x"}, headers={"Origin": PAGES})
        assert made.status_code == 201
    unknown = server.get("/api/page/content/", headers={"Host": "new.example.org"})
    assert unknown.status_code == 400
    assert "PAGECAST_ORIGIN=" in unknown.json()["detail"]


def test_the_line_in_the_log_is_the_cure(browser: Browser, unset: Server, front: Front) -> None:
    origin = "https://unset.example.org"
    with visiting(browser, origin, afresh(unset)) as editor:
        editor.go(LOGIN)
        send_login(editor)
        assert editor.page.locator("main").inner_text()
    name, _equals, value = refused(unset)[0]["setting"].partition("=")
    unset.kill()
    unset._settings[name] = value
    try:
        unset.serve()
        with visiting(browser, origin, unset) as editor:
            editor.log_in()
    finally:
        unset.kill()
        del unset._settings[name]
        unset.serve()


def test_what_is_no_origin_stops_the_start_and_is_named(unset: Server) -> None:
    for name, value in {
        "PAGECAST_ORIGIN": "pages.example.org",
        "PAGECAST_TRUSTED_PROXIES": "10.0.0.0/8,proxy",
    }.items():
        unset._settings[name] = value
        try:
            done = unset.run("check")
        finally:
            del unset._settings[name]
        assert done.returncode != 0
        assert f"pagecast: {name}" in done.stderr
