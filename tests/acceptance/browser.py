"""A real browser at a real server, for tests of what people see.

    def test_the_list_opens(visit: Visits) -> None:
        editor = visit("ru", "phone", dark=True)
        editor.log_in()
        editor.go("/admin/pages/page/")
        editor.shot("pages")
        editor.ends_well()

The browser is Debian's Chromium; Playwright drives it. Whatever it complains of, or asks of another host,
fails the story that it happened in. The fixtures here are known to every test of this folder by its conftest.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import av
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from tests.acceptance.server import PATIENCE, Server

SHARED_FILM = Path(__file__).resolve().parents[3] / "shared" / "media" / "video" / "flower.mp4"
# Without a window first: the window's own parts take a whole processor now and then.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
# The phone is a tall one, so that three rows can be dragged without scrolling.
WIDTHS = {"desk": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 1200}}
WORDS = {
    "en": {
        "title": "Dawn over the hills",
        "kinds": {"text": "text", "video": "video", "audio": "audio"},
        "status": "Status",
        "states": ["pending", "processing", "completed"],
    },
    "ru": {
        "title": "Рассвет над холмами",
        "kinds": {"text": "текст", "video": "видео", "audio": "аудио"},
        "status": "Статус",
        "states": ["ожидает", "обрабатывается", "готово"],
    },
}
# What the admin's password is made to be before a story begins.
PASSWORD = "correct horse battery"


class Visit:
    """A browser at the server, as one editor uses it, and what it complained of.

    `page` is Playwright's page, `words` what the language calls things.
    """

    def __init__(self, context: BrowserContext, server: Server, language: str, look: str) -> None:
        self.context = context
        self.server = server
        self.look = look
        self.words: dict[str, Any] = WORDS[language]
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(f"page error: {error}"))
        self.page.on("console", self._listen)
        self.page.on("request", self._watch)
        # What a policy of ours has blocked never left the browser.
        self.blocked: list[str] = []
        self.page.on("requestfailed", lambda request: self.blocked.append(request.url))
        self.strange: list[str] = []
        self._network: CDPSession | None = None

    def go(self, path: str, status: int = 200) -> None:
        """Open an address of the server, and find it in good order: `status` is what it must answer."""
        answer = self.page.goto(f"{self.server.url}{path}", wait_until="load")
        assert answer is not None
        assert answer.status == status, (path, answer.status)

    def save(self, name: str = "_save") -> None:
        """Press a button of the form, and wait until what it leads to is there."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.locator(f"[name={name}]").click()
        expect(self.page.locator(".errorlist, .errornote")).to_have_count(0)

    def log_in(self, name: str = "admin", password: str = PASSWORD) -> None:
        """Come in through the form, as far as the front page."""
        self.go("/admin/login/")
        self._fill_in(self.page, name, password)

    def log_in_elsewhere(self) -> None:
        """The same in another window, while this one stays as it is."""
        other = self.context.new_page()
        other.goto(f"{self.server.url}/admin/login/")
        self._fill_in(other, "admin", PASSWORD)
        other.close()

    def add(self, kind: str, title: str, file: Path | None = None) -> int:
        """Make a content by its form, and answer with its id."""
        self.go("/admin/pages/content/add/")
        self.page.get_by_label(self.words["kinds"][kind], exact=True).check()
        self.save()
        self.page.fill("#id_title", title)
        if file is not None:
            self.page.set_input_files("#id_file", str(file))
        self.save("_continue")
        found = re.search(r"/(\d+)/change/", self.page.url)
        assert found, self.page.url
        return int(found[1])

    def shot(self, name: str) -> None:
        """Take a picture of the whole page, where the environment variable PAGECAST_SHOTS names a folder."""
        if folder := os.environ.get("PAGECAST_SHOTS"):
            self.page.screenshot(path=Path(folder) / f"{name}-{self.look}.png", full_page=True)

    def throttle(self, bytes_a_second: int, *, offline: bool = False) -> None:
        """How quickly files leave the browser from now on; -1: as quickly as they can."""
        if self._network is None:
            self._network = self.context.new_cdp_session(self.page)
            self._network.send("Network.enable")
        told = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
        self._network.send("Network.emulateNetworkConditions", told | {"offline": offline})

    def complained_only_of(self, *expected: str) -> None:
        """It complained of nothing until now, but of what one of these patterns finds."""
        found = [each for each in self.complaints if not any(re.search(one, each) for one in expected)]
        assert found == [], f"{found}\nThe server said:\n{self.server.log()[-4000:]}"
        self.complaints.clear()

    def ends_well(self, *expected: str) -> None:
        """It complained of nothing else, and nothing asked of another host has left the browser."""
        self.complained_only_of(*expected)
        assert [url for url in self.strange if url not in self.blocked] == []

    def _fill_in(self, page: Page, name: str, password: str) -> None:
        page.fill("#id_username", name)
        page.fill("#id_password", password)
        page.press("#id_password", "Enter")
        page.wait_for_url(f"{self.server.url}/admin/")

    def _watch(self, request: Request) -> None:
        if not request.url.startswith((self.server.url, "data:", "blob:")):
            self.strange.append(request.url)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console: {message.text} {message.location}")


class Visits(Protocol):
    """Opens a browser with a fresh profile: a language of `WORDS`, a width of `WIDTHS`, light or dark."""

    def __call__(self, language: str, width: str, *, dark: bool = False) -> Visit: ...


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all stories of a module; each gets a fresh profile in it."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("a browser is missing: apt-get install chromium")
        pytest.skip("browser: Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        # A worker may have to look at a file meanwhile, on a machine that may be busy.
        expect.set_options(timeout=PATIENCE * 1000)
        yield browser
        browser.close()


def _patient(folder: Path) -> dict[str, str]:
    """Settings with which no story fails because a disk that others use, too, stands still for a while.

    In production whoever waits to write into SQLite is told after 20 seconds to try again.
    """
    if os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return {}
    database = folder / "installation" / "pagecast.sqlite3"
    return {"DATABASE_URL": f"sqlite:///{database}?timeout={PATIENCE / 2:.0f}"}


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all stories of a module, with an admin whose password is known."""
    folder = tmp_path_factory.mktemp("browser")
    with Server(folder, work=True, **_patient(folder)) as server:
        program = (
            "from django.contrib.auth.models import User\n"
            "import sys\n"
            "admin = User.objects.get(username='admin')\n"
            "admin.set_password(sys.argv[1])\n"
            "admin.save()\n"
        )
        done = server.python(program, PASSWORD)
        assert done.returncode == 0, done.stderr
        yield server


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film that a browser can play: a real one where it is at hand, else one made here."""
    if SHARED_FILM.is_file():
        return SHARED_FILM
    path = tmp_path_factory.mktemp("films") / "made.mp4"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(100):
            frame = av.VideoFrame(320, 240, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number * 2]) * plane.buffer_size)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visits]:
    """Opens a browser of its own for a story."""
    contexts: list[BrowserContext] = []

    def open_one(language: str, width: str, *, dark: bool = False) -> Visit:
        size: Any = WIDTHS[width]
        scheme: Any = "dark" if dark else "light"
        context = browser.new_context(
            locale=language, viewport=size, has_touch=width == "phone", color_scheme=scheme
        )
        context.set_default_timeout(PATIENCE * 1000)
        contexts.append(context)
        return Visit(context, server, language, f"{language}-{width}-{scheme}")

    yield open_one
    for context in contexts:
        context.close()
