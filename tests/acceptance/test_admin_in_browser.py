"""An editor's day in a real browser, at a real server: on a desk and on a phone, in English and in Russian.

The browser is Debian's Chromium; Playwright drives it. Whatever the browser complains of, or asks of another
host, fails the story it happened in.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect, sync_playwright

from tests.acceptance.server import PATIENCE, Server, wait_for

SHARED_FILM = Path(__file__).resolve().parents[3] / "shared" / "media" / "video" / "flower.mp4"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
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
        "kinds": {"text": "text", "video": "video"},
        "status": "Status",
        "states": ["pending", "processing", "completed"],
    },
    "ru": {
        "title": "Рассвет над холмами",
        "kinds": {"text": "текст", "video": "видео"},
        "status": "Статус",
        "states": ["ожидает", "обрабатывается", "готово"],
    },
}
# What the password is made to be before the story begins.
PASSWORD = "correct horse battery"

# Each language is seen at each width by one of these two.
STORIES = [("en", "desk"), ("ru", "phone")]
ROUNDS = [("en", "phone"), ("ru", "desk")]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all stories; each gets a fresh profile in it."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("a browser is missing: apt-get install chromium")
        pytest.skip("browser: Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all stories, with an admin whose password is known."""
    with Server(tmp_path_factory.mktemp("browser")) as server:
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


class Visit:
    """A browser at the server, as one editor uses it, and what it complained of."""

    def __init__(self, context: BrowserContext, server: Server, language: str) -> None:
        self.server = server
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

    def go(self, path: str) -> None:
        """Open an address of the server, and find it in good order."""
        answer = self.page.goto(f"{self.server.url}{path}", wait_until="load")
        assert answer is not None
        assert answer.ok, (path, answer.status)

    def save(self, name: str = "_save") -> None:
        """Press a button of the form, and wait until what it leads to is there."""
        with self.page.expect_navigation(wait_until="load"):
            self.page.locator(f"[name={name}]").click()
        expect(self.page.locator(".errorlist, .errornote")).to_have_count(0)

    def log_in(self) -> None:
        self.go("/admin/login/")
        self.page.fill("#id_username", "admin")
        self.page.fill("#id_password", PASSWORD)
        self.page.press("#id_password", "Enter")
        self.page.wait_for_url(f"{self.server.url}/admin/")

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

    def place(self, typed: str, title: str) -> None:
        """Add a row to the form of a page, and find its content by the beginning of its title."""
        self.page.locator("#placements-group .add-row").click()
        self.page.locator("#placements-group .template:not(.empty-form) .select2-selection").last.click()
        self.page.locator(".select2-search__field").fill(typed)
        self.page.locator(".select2-results__option", has_text=title).first.click()

    def rows(self) -> Locator:
        """The rows of the form that are saved already."""
        return self.page.locator("#placements-data .form-group.original")

    def drag(self, source: int, target: int) -> None:
        """Take a row by its handle, and let it go behind another one."""
        handles = self.page.locator("#placements-data .original [x-sort\\:handle]")
        # The bar with the buttons lies over the end of the window.
        self.rows().nth((source + target) // 2).evaluate("row => row.scrollIntoView({block: 'center'})")
        start, end = handles.nth(source).bounding_box(), self.rows().nth(target).bounding_box()
        assert start
        assert end
        mouse, x = self.page.mouse, start["x"] + start["width"] / 2
        first, last = start["y"] + start["height"] / 2, end["y"] + end["height"] - 4
        mouse.move(x, first)
        mouse.down()
        for step in range(1, 21):
            mouse.move(x, first + (last - first) * step / 20)
            self.page.wait_for_timeout(15)  # a hand is not infinitely fast, and the rows move aside meanwhile
        self.page.wait_for_timeout(250)
        mouse.up()
        self.page.wait_for_timeout(250)

    def _is_ours(self, request: Request) -> bool:
        return request.url.startswith((self.server.url, "data:", "blob:"))

    def _watch(self, request: Request) -> None:
        if not self._is_ours(request):
            self.strange.append(request.url)

    def _listen(self, message: Any) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"console: {message.text} {message.location}")

    def ends_well(self) -> None:
        """Nothing was complained of, and nothing asked of another host has left the browser."""
        assert self.complaints == []
        assert [url for url in self.strange if url not in self.blocked] == []


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Callable[[str, str], Visit]]:
    """Opens a browser of its own for a story."""
    contexts: list[BrowserContext] = []

    def open_one(language: str, width: str) -> Visit:
        size: Any = WIDTHS[width]
        context = browser.new_context(locale=language, viewport=size, has_touch=width == "phone")
        context.set_default_timeout(PATIENCE / 2 * 1000)
        contexts.append(context)
        return Visit(context, server, language)

    yield open_one
    for context in contexts:
        context.close()


def api(server: Server, path: str) -> Any:
    answer = server.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("language", "width"), STORIES)
def test_an_editor_makes_a_page(
    visit: Callable[[str, str], Visit], server: Server, film: Path, language: str, width: str
) -> None:
    editor = visit(language, width)
    editor.log_in()
    page, say = editor.page, editor.words
    # Three contents of this story's own, in the order of its alphabet.
    mark = f"{language}-{width}"
    names = [f"{say['title']} {mark} {number}" for number in (1, 2, 3)]
    video = editor.add("video", names[0], film)
    for name in names[1:]:
        editor.add("text", name)

    # The film waits, is filed, and says so when it is looked at again.
    editor.go(f"/admin/pages/content/{video}/change/")

    def is_completed() -> bool:
        row = page.locator(".form-row", has=page.get_by_text(say["status"], exact=True))
        state = row.locator(".readonly").inner_text().strip().lower()
        assert state in say["states"]
        if state == say["states"][-1]:
            return True
        page.reload()
        return False

    wait_for("the film to be filed", is_completed)

    # A page of all three, each found by the beginning of its title, typed in small letters.
    editor.go("/admin/pages/page/add/")
    page.fill("#id_title", f"Page {mark}")
    for name in names:
        editor.place(name.lower()[: len(say["title"]) - 2], name)
    editor.save("_continue")
    found = re.search(r"/(\d+)/change/", page.url)
    assert found
    address = f"/api/page/content/{found[1]}/"

    def order() -> list[str]:
        return [content["title"] for content in api(server, address)["contents"]]

    assert order() == names

    # The first row is dragged behind the last.
    editor.drag(0, 2)
    editor.save("_continue")
    assert order() == [names[1], names[2], names[0]]

    # The middle row is taken away.
    editor.rows().nth(1).locator("label:has(.delete)").click()
    editor.save("_continue")
    assert order() == [names[1], names[0]]
    editor.ends_well()


def test_the_list_of_contents_is_sorted_by_counter(
    visit: Callable[[str, str], Visit], server: Server
) -> None:
    client = server.editor()
    made = [
        client.post("/api/content/", json={"content_type": "text", "title": title}).json()["id"]
        for title in ("Xylophone", "Xenon")
    ]
    both = client.post("/api/page/content/", json={"title": "Both", "contents": made}).json()["id"]
    one = client.post("/api/page/content/", json={"title": "One", "contents": made[:1]}).json()["id"]
    for key in (both, one, one):
        api(server, f"/api/page/content/{key}/")
    editor = visit("en", "desk")
    editor.log_in()
    editor.go("/admin/pages/content/?q=x")
    for numbers in (["1", "3"], ["3", "1"]):
        with editor.page.expect_navigation():
            editor.page.locator("th.column-counter a").first.click()
        cells = editor.page.locator("#result_list .field-counter").all_inner_texts()
        assert [cell.strip() for cell in cells] == numbers
    editor.ends_well()


def test_the_list_of_contents_is_filtered_by_first_letter(
    visit: Callable[[str, str], Visit], server: Server
) -> None:
    for title in ("Ёлка", "Лес"):
        server.editor().post("/api/content/", json={"content_type": "text", "title": title})
    editor = visit("ru", "phone")
    editor.log_in()
    editor.go("/admin/pages/content/")
    page = editor.page
    page.locator("a, button", has_text="Фильтры").first.click()
    page.locator("select[name=letter] + .select2 .select2-selection").click()
    page.locator(".select2-results__option", has_text=re.compile("^Е$")).click()
    with page.expect_navigation():
        page.get_by_role("button", name="Применить").click()
    assert page.locator("#result_list .field-title").all_inner_texts() == ["Ёлка"]
    editor.ends_well()


SCREENS = (
    *("/admin/", "/admin/password_change/", "/admin/media/upload/", "/admin/knox/authtoken/"),
    *(f"/admin/{each}/" for each in ("pages/page", "pages/content", "auth/user", "auth/group")),
    *(f"/admin/{each}/add/" for each in ("pages/page", "pages/content", "auth/user", "auth/group")),
    *(f"/admin/pages/{each}/add/" for each in ("video", "audio", "text")),
    "/admin/auth/user/1/change/",
)


@pytest.mark.parametrize(("language", "width"), ROUNDS)
def test_no_screen_of_the_admin_complains_or_asks_another_host(
    visit: Callable[[str, str], Visit], language: str, width: str
) -> None:
    editor = visit(language, width)
    editor.log_in()
    for screen in SCREENS:
        editor.go(screen)
        overflow = editor.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"{screen} is wider than the window"
    editor.ends_well()
    assert editor.strange == []


@pytest.mark.parametrize("path", ["/swagger/", "/redoc/"])
def test_the_documentation_of_the_api_asks_no_other_host(
    visit: Callable[[str, str], Visit], path: str
) -> None:
    reader = visit("en", "desk")
    reader.go(path)
    expect(reader.page.get_by_text("/api/page/content/").first).to_be_visible()
    reader.page.wait_for_load_state("networkidle")
    # Redoc asks for its logo; the page's policy keeps the question in the browser.
    assert [url for url in reader.strange if url not in reader.blocked] == []
    assert [each for each in reader.complaints if "Content Security Policy" not in each] == []


def test_a_film_plays_on_the_site(visit: Callable[[str, str], Visit], server: Server, film: Path) -> None:
    client = server.editor()
    form = {"content_type": "video", "title": "Flower"}
    sent = client.post("/api/content/", data=form, files={"file": ("flower.mp4", film.read_bytes())}).json()
    made = client.post("/api/page/content/", json={"title": "Cinema", "contents": [sent["id"]]}).json()
    wait_for(
        "the film to be filed",
        lambda: client.get(f"/api/content/{sent['id']}/").json()["upload_status"] == "completed",
    )
    reader = visit("en", "phone")
    reader.go("/")
    with reader.page.expect_navigation():
        reader.page.get_by_role("link", name="Cinema").click()
    assert reader.page.url.endswith(f"/pages/{made['slug']}/")
    video = reader.page.locator("video")
    video.evaluate("film => { film.muted = true; return film.play() }")
    reader.page.wait_for_function("document.querySelector('video').currentTime > 0.2")
    expect(reader.page.locator(".views")).to_have_text("1 view")
    reader.ends_well()
