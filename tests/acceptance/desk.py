"""The desk as an editor handles it: by mouse, by finger, by keyboard, with files from a folder."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests import films
from tests.acceptance.browser import Visit
from tests.acceptance.server import PATIENCE, Server

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"
#: The film that comes in twice, and what it is called the second time.
FLOWER, AGAIN, CONTRACT = "flower.mp4", "the same flower.mp4", "pdf.pdf"
REAL = (
    *(f"video/{name}" for name in ("flower.mp4", "friday.mp4", "rabbit320.mp4", "stream-of-water.mp4")),
    *("video/stream-of-water-audioless.webm", "video/tears-of-steel-battle-clip-medium.webm"),
    *(f"audio/{name}" for name in ("bear.mp3", "viper.mp3", "t-rex-roar.mp3", "dtmf.mp3")),
    "tiny/pdf.pdf",
)
DROP = """([files, selector]) => {
    const transfer = new DataTransfer();
    for (const [name, type, bytes] of files) {
        const data = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
        transfer.items.add(new File([data], name, { type }));
    }
    const target = document.querySelector(selector);
    for (const name of ["dragenter", "dragover", "drop"]) {
        const told = { dataTransfer: transfer, bubbles: true, cancelable: true };
        target.dispatchEvent(new DragEvent(name, told));
    }
}"""


def twelve_files(folder: Path) -> list[Path]:
    """Twelve files to drop: two of them the same, one of them a PDF. Real ones, where they are at hand."""
    for place in REAL:
        name = Path(place).name
        if (MEDIA / place).is_file():
            shutil.copy(MEDIA / place, folder / name)
        elif name == CONTRACT:
            (folder / name).write_bytes(b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n")
        else:
            make = films.sound if name.endswith("mp3") else films.film
            (folder / name).write_bytes(make(name.encode() + bytes(200_000)))
    shutil.copy(folder / FLOWER, folder / AGAIN)
    return [folder / Path(place).name for place in REAL] + [folder / AGAIN]


class Desk:
    """The form of a page in a browser."""

    def __init__(self, visit: Visit) -> None:
        self.visit, self.page = visit, visit.page
        self.rows: Locator = self.page.locator("[data-rows] > li")
        self.coming: Locator = self.page.locator("[data-rows] > [data-upload]")

    def open(self, page: int | None = None) -> None:
        """The form of a page, or of a new one, ready to be used."""
        self.visit.go(f"/admin/pages/page/{'add' if page is None else f'{page}/change'}/")
        self.is_ready()

    def is_ready(self) -> None:
        self.page.locator("#desk[data-is-ready]").wait_for()

    def titles(self) -> list[str]:
        """The titles of the rows in their order, without those that are taken off."""
        fields = self.page.locator("[data-row]:not(.is-removed) input[data-name]")
        return [str(value) for value in fields.evaluate_all("fields => fields.map(field => field.value)")]

    def row(self, title: str) -> Locator:
        found = self.page.locator(f'[data-rows] > li[data-title="{title}"]')
        expect(found).to_have_count(1)
        return found

    def drop(self, paths: Sequence[Path], on: str = "body") -> None:
        """Let files go over some part of the page."""
        files = [[path.name, "", base64.b64encode(path.read_bytes()).decode()] for path in paths]
        self.page.evaluate(DROP, [files, on])

    def find(self, typed: str, title: str) -> None:
        """Add a content that is found by the beginning of its title."""
        self.page.locator("#desk-find").fill(typed)
        self.page.locator("#desk-found [data-content]", has_text=title).first.click()
        expect(self.page.locator(f'[data-rows] > li[data-title="{title}"]')).to_have_count(1)

    def drag(self, title: str, behind: str, *, by_touch: bool = False) -> None:
        """Take a row by its handle, and let it go behind another one."""
        handle, target = self.row(title).locator("[data-handle]"), self.row(behind)
        # Both have to be in the window, below the head of the page.
        upper = """([one, other]) => [one.closest("li"), other]
            .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)[0]
            .scrollIntoView({block: "start", behavior: "instant"})"""
        self.page.evaluate(upper, [handle.element_handle(), target.element_handle()])
        start, end = handle.bounding_box(), target.bounding_box()
        assert start
        assert end
        x = start["x"] + start["width"] / 2
        first = start["y"] + start["height"] / 2
        last = end["y"] + end["height"] - 6 if end["y"] > start["y"] else end["y"] + 6
        points = [(x, first + (last - first) * step / 20) for step in range(1, 21)]
        if by_touch:
            self._by_finger((x, first), points)
        else:
            self._by_mouse((x, first), points)
        # The rows glide to their places.
        self.page.wait_for_timeout(250)

    def _by_mouse(self, start: tuple[float, float], points: Sequence[tuple[float, float]]) -> None:
        mouse = self.page.mouse
        mouse.move(*start)
        mouse.down()
        for point in points:
            mouse.move(*point)
            self.page.wait_for_timeout(15)  # a hand is not infinitely fast, and the rows move aside meanwhile
        self.page.wait_for_timeout(250)
        mouse.up()

    def _by_finger(self, start: tuple[float, float], points: Sequence[tuple[float, float]]) -> None:
        client = self.visit.context.new_cdp_session(self.page)

        def touch(kind: str, *where: tuple[float, float]) -> None:
            told = [{"x": x, "y": y} for x, y in where]
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

        touch("touchStart", start)
        for point in points:
            touch("touchMove", point)
            self.page.wait_for_timeout(15)
        self.page.wait_for_timeout(250)
        touch("touchEnd")

    def carry(self, title: str, *keys: str) -> None:
        """Pick a row up by the keyboard, press these keys, and let it go."""
        handle = self.row(title).locator("[data-handle]")
        handle.focus()
        for key in (" ", *keys, " "):
            self.page.keyboard.press(key)
        expect(handle).to_be_focused()

    def announced(self) -> Locator:
        """What is said to those who do not see the screen."""
        return self.page.locator("[data-announcement]")

    def all_in(self) -> None:
        """Wait until no file is coming in any more; what was refused stays to be seen."""
        states = ("waiting", "sending", "checking", "offline")
        pending = ", ".join(f"[data-upload][data-state={state}]" for state in states)
        expect(self.page.locator(pending)).to_have_count(0, timeout=PATIENCE * 1000)

    def save(self, name: str = "_continue") -> int:
        """Press a button, and answer with the id of the page."""
        self.visit.save(name)
        found = re.search(r"/(\d+)/change/", self.page.url)
        assert found, self.page.url
        self.is_ready()
        return int(found[1])


def shown(server: Server, page: int) -> list[dict[str, Any]]:
    """What readers get."""
    found: list[dict[str, Any]] = server.get(f"/api/page/content/{page}/").json()["contents"]
    return found


def texts(server: Server, *titles: str) -> list[int]:
    """New texts with these titles."""
    made = [
        server.editor().post("/api/content/", json={"content_type": "text", "title": title, "text": title})
        for title in titles
    ]
    return [int(answer.json()["id"]) for answer in made]


def page_of(server: Server, title: str, contents: Sequence[int], **more: str) -> int:
    """A new page with these contents."""
    told = {"title": title, "contents": list(contents), **more}
    return int(server.editor().post("/api/page/content/", json=told).json()["id"])


def held(page: Page, address: str) -> list[Route]:
    """Requests that wait until they are let go."""
    found: list[Route] = []

    def hold(route: Route) -> None:
        found.append(route)

    page.route(address, hold)
    return found


@pytest.fixture
def twelve(tmp_path: Path) -> list[Path]:
    """Twelve files to drop."""
    folder = tmp_path / "twelve"
    folder.mkdir()
    return twelve_files(folder)
