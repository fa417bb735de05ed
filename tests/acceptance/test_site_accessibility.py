"""The site can be used by everybody: with axe-core's rules, with a keyboard, narrow, and enlarged."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # brings no types

from tests.acceptance.browser import WIDTHS, Visit, Visits
from tests.acceptance.server import Server, wait_for
from tests.acceptance.test_accessibility import COLOURS, FOCUSED, RULES

WORD = "достопримечательность" * 6
TEXT = f"""# Один

{WORD}

| {" | ".join("абвгдежз" for _ in range(12))} |
|{"---|" * 12}
| {" | ".join("клмнопрст" for _ in range(12))} |

- [link](https://example.org)

> quoted

    {"code " * 60}
"""
STATES: dict[str, tuple[str, int]] = {
    "home": ("/", 200),
    "second-part": ("/?page=2", 200),
    "search": (f"/?search={quote('Часть')}", 200),
    "nothing-found": ("/?search=zzz", 200),
    "page": ("/pages/all/", 200),
    "embed": ("/pages/all/embed/", 200),
    "missing": ("/pages/al/", 404),
    "unknown": ("/nothing/", 404),
    "gone": ("/pages/gone/", 410),
}


def violations(visit: Visit, rules: dict[str, Any]) -> list[str]:
    found = Axe().run(visit.page, options=rules).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def looked_at(visit: Visit, path: str, status: int = 200) -> None:
    """In both widths, light and dark."""
    for width in WIDTHS.values():
        window: Any = width
        visit.page.set_viewport_size(window)
        visit.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        visit.go(path, status)
        visit.page.wait_for_load_state("networkidle")
        assert violations(visit, RULES) == []
        visit.page.emulate_media(color_scheme="dark")
        assert violations(visit, COLOURS) == []


def test_axe_finds_nothing_where_there_is_no_page_yet(visit: Visits) -> None:
    looked_at(visit("ru", "desk"), "/")


@pytest.fixture(scope="module")
def site(server: Server) -> None:
    """A page with one of everything that lies elsewhere, one that is off, one that is gone, and more."""
    editor = server.editor()

    def made(path: str, **fields: Any) -> Any:
        answer = editor.post(path, json=fields)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    contents = [
        made("/api/content/", title=title, **fields)
        for title, fields in {
            "Text": {"content_type": "text", "text": TEXT},
            "Film": {"content_type": "video", "video_url": "https://127.0.0.1/1.mp4"},
            "Second film": {"content_type": "video", "video_url": "https://127.0.0.1/2.mp4"},
            "Sound": {"content_type": "audio", "audio_url": "https://127.0.0.1/1.mp3", "text": TEXT},
            WORD: {"content_type": "video", "video_url": "https://youtu.be/dQw4w9WgXcQ"},
            "Elsewhere": {"content_type": "video", "video_url": "https://example.org/watch"},
        }.items()
    ]
    for number in range(25):
        made("/api/page/content/", title=f"Часть {number}")
    made("/api/page/content/", title=WORD, slug="all", text=TEXT, contents=contents)
    made("/api/page/content/", title="Off", slug="off", is_active=False, contents=contents[:1])
    gone = made("/api/page/content/", title="Gone", slug="gone")
    assert editor.delete(f"/api/page/content/{gone}/").status_code == 204


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(visit: Visits, state: str) -> None:
    # Half of them in one language, half in the other.
    language = ("en", "ru")[list(STATES).index(state) % 2]
    looked_at(visit(language, "desk"), *STATES[state])


@pytest.mark.usefixtures("site")
def test_axe_finds_nothing_in_what_an_editor_sees(visit: Visits) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    for path in ("/pages/all/", "/pages/off/"):
        looked_at(editor, path)
        assert editor.page.get_by_role("link", name="Edit this page").is_visible()


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(("width", "size"), [(320, "100%"), (390, "200%"), (1280, "200%")])
def test_nothing_is_cut_off_or_scrolls_sideways(visit: Visits, width: int, size: str) -> None:
    """On the smallest of phones, and with letters that are twice as large."""
    reader = visit("ru", "desk")
    reader.page.set_viewport_size({"width": width, "height": 800})
    for path, status in STATES.values():
        reader.go(path, status)
        reader.page.add_style_tag(content=f"html {{ font-size: {size} !important }}")
        assert reader.page.evaluate("document.documentElement.scrollWidth") <= width, path
        # Beyond the edge is only what can be scrolled to by the keyboard, too.
        beyond = reader.page.evaluate(
            "width => [...document.querySelectorAll('main *')].filter(each =>"
            " each.getBoundingClientRect().right > width + 1 && !each.closest('[tabindex=\"0\"]'))"
            ".map(each => each.outerHTML.slice(0, 120))",
            width,
        )
        assert beyond == [], path


@pytest.mark.usefixtures("site")
def test_the_keyboard_reaches_everything_in_order_and_its_place_is_seen(visit: Visits) -> None:
    reader = visit("en", "desk")
    for path in ("/", "/pages/all/"):
        reader.go(path)
        unseen, reached = [], set()
        for _step in range(120):
            reader.page.keyboard.press("Tab")
            found = reader.page.evaluate(FOCUSED)
            if found is None:
                break
            reached.add(found["order"])
            # A card shows it around all of itself, and a player shows which of its buttons it is.
            is_own = any(beginning in found["name"] for beginning in ("/pages/", "<video", "<audio"))
            if not found["isSeen"] and not is_own:
                unseen.append(found["name"])
        assert unseen == []
        assert len(reached) > 10


@pytest.mark.usefixtures("site")
def test_whoever_uses_a_keyboard_skips_to_the_content(visit: Visits) -> None:
    reader = visit("ru", "desk")
    reader.go("/pages/all/")
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.press("Enter")
    assert reader.page.evaluate("document.activeElement.id") == "main"


@pytest.mark.usefixtures("site")
def test_the_tools_of_each_player_say_whose_they_are(visit: Visits) -> None:
    reader = visit("en", "desk")
    reader.go("/pages/all/")
    for title in ("Film", "Second film", "Sound"):
        tools = reader.page.get_by_role("group", name=title, exact=True)
        wait_for(f"the tools of {title}", lambda tools=tools: tools.get_by_label("Speed").is_visible())  # type: ignore[misc]


@pytest.mark.usefixtures("site")
def test_the_title_of_the_window_says_which_part_of_the_list_it_is(visit: Visits) -> None:
    reader = visit("en", "desk")
    for path, title in {
        "/": "Pagecast",
        "/?page=2": "Pages (2) – Pagecast",
        "/?search=off": "off – Pagecast",
    }.items():
        reader.go(path)
        assert reader.page.title() == title
    reader.go("/")
    reader.page.get_by_role("searchbox").fill("Час")
    wait_for("the title", lambda: reader.page.title() == "Час – Pagecast")
