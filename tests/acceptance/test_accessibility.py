"""Every screen of the admin can be used by everybody: with axe-core's rules, with a keyboard, enlarged.

The rules are those of WCAG 2.0 to 2.2 in the levels A and AA, and what axe-core holds to be best practice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # brings no types
from playwright.sync_api import Browser, Page

from tests.acceptance.browser import PASSWORD, WIDTHS, Visit, Visits
from tests.acceptance.screens import SCREENS, Screen, show
from tests.acceptance.server import Server

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES: dict[str, Any] = {
    "runOnly": {"type": "tag", "values": TAGS},
    # It is of WCAG 2.2, and axe-core leaves it out unless it is asked for.
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}
# Only its colours differ.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}

# What can not be mended: the rule, the beginning of the element's selector, the screens, and why.
EXCEPTIONS: list[tuple[str, str, set[str], str]] = [
    ("target-size", "#searchbar", {"contents-letters"}, "the list of choices that is open lies over it"),
]


def violations(page: Page, screen: Screen, options: dict[str, Any]) -> list[str]:
    """What axe-core finds, each with where it is and what to do."""
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:200]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
        if not any(
            rule["id"] == name and str(node["target"][0]).startswith(place) and screen.name in screens
            for name, place, screens, _why in EXCEPTIONS
        )
    ]


@pytest.fixture(scope="module")
def visits(browser: Browser, server: Server) -> Iterator[dict[tuple[str, bool], Visit]]:
    """A visit in each language, logged in and not: whoever opens sixty screens logs in once."""
    found: dict[tuple[str, bool], Visit] = {}
    for language in ("en", "ru"):
        for logged_in in (True, False):
            context = browser.new_context(locale=language, has_touch=True)
            found[language, logged_in] = visit = Visit(context, server, language, "")
            if logged_in:
                visit.log_in()
    yield found
    for visit in found.values():
        visit.context.close()


@pytest.mark.parametrize("name", SCREENS)
def test_axe_finds_nothing(visits: dict[tuple[str, bool], Visit], cast: dict[str, Any], name: str) -> None:
    screen = SCREENS[name]
    # Half of the screens are looked at in one language, half in the other.
    language = ("en", "ru")[list(SCREENS).index(name) % 2]
    visit = visits[language, screen.logged_in]
    visit.page.emulate_media(reduced_motion="reduce")
    for width, size in WIDTHS.items():
        window: Any = size
        visit.page.set_viewport_size(window)
        visit.page.emulate_media(color_scheme="light")
        show(visit, screen, cast)
        for theme, rules in (("light", RULES), ("dark", COLOURS)):
            # The theme asks the system only when it starts.
            visit.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            visit.page.evaluate(
                "dark => document.documentElement.classList.toggle('dark', dark)", theme == "dark"
            )
            visit.look = f"{language}-{width}-{theme}"
            visit.shot(name)
            assert violations(visit.page, screen, rules) == [], visit.look


@pytest.mark.parametrize("name", SCREENS)
def test_a_window_of_320_pixels_shows_all_without_scrolling_sideways(
    visits: dict[tuple[str, bool], Visit], cast: dict[str, Any], name: str
) -> None:
    screen = SCREENS[name]
    visit = visits["ru", screen.logged_in]
    visit.page.set_viewport_size({"width": 320, "height": 800})
    visit.page.emulate_media(color_scheme="light")
    show(visit, screen, cast)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= 320


FOCUSED = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const seen = [];
  for (let each = focused, step = 0; each && step < 4; each = each.parentElement, step += 1) {
    const style = getComputedStyle(each);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
      && style.opacity !== "0" && each.getBoundingClientRect().width > 8;
    if (outlined) seen.push(each.tagName);
  }
  const name = focused.outerHTML.slice(0, 200);
  focused.dataset.order ??= String(document.querySelectorAll("[data-order]").length);
  return {name, order: focused.dataset.order, isSeen: seen.length > 0};
}"""


@pytest.mark.parametrize("name", ["login", "front", "contents", "page-change", "video-change", "user-change"])
def test_the_keyboard_reaches_what_it_should_and_its_place_is_seen(
    visits: dict[tuple[str, bool], Visit], cast: dict[str, Any], name: str
) -> None:
    screen = SCREENS[name]
    visit = visits["en", screen.logged_in]
    size: Any = WIDTHS["desk"]
    visit.page.set_viewport_size(size)
    show(visit, screen, cast)
    visit.page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    unseen, reached = [], set()
    for _step in range(150):
        visit.page.keyboard.press("Tab")
        found = visit.page.evaluate(FOCUSED)
        if found is None or found["order"] in reached:
            break
        reached.add(found["order"])
        if not found["isSeen"]:
            unseen.append(found["name"])
    assert unseen == []
    assert len(reached) >= 4


def test_whoever_uses_a_keyboard_skips_the_menu(visit: Visits) -> None:
    editor = visit("ru", "desk")
    editor.log_in()
    editor.go("/admin/pages/page/")
    editor.page.keyboard.press("Tab")
    link = editor.page.locator(":focus")
    assert link.get_attribute("class") == "skip-link"
    editor.page.keyboard.press("Enter")
    assert editor.page.evaluate("document.activeElement.getAttribute('role')") == "main"
    editor.ends_well()


def test_the_menu_of_the_account_opens_and_closes_by_keyboard(visit: Visits) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    opener = editor.page.locator("#nav-sidebar [role=button][aria-expanded]", has_text="admin")
    for _step in range(20):
        editor.page.keyboard.press("Tab")
        if opener.evaluate("opener => opener === document.activeElement"):
            break
    assert opener.get_attribute("aria-expanded") == "false"
    editor.page.keyboard.press("Enter")
    editor.page.get_by_role("button", name="Log out").wait_for(state="visible")
    assert opener.get_attribute("aria-expanded") == "true"
    editor.page.keyboard.press("Escape")
    editor.page.get_by_role("button", name="Log out").wait_for(state="hidden")
    assert opener.get_attribute("aria-expanded") == "false"
    editor.ends_well()


def test_the_filters_open_by_keyboard(visit: Visits, cast: dict[str, Any]) -> None:
    editor = visit("en", "phone")
    editor.log_in()
    editor.go("/admin/pages/content/")
    editor.page.get_by_role("button", name="Filters").focus()
    editor.page.keyboard.press("Enter")
    editor.page.locator("#changelist-filter").wait_for(state="visible")
    editor.page.keyboard.press("Escape")
    editor.page.locator("#changelist-filter").wait_for(state="hidden")
    editor.ends_well()


def test_nothing_moves_for_those_who_do_not_want_it(visit: Visits) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    editor.page.emulate_media(reduced_motion="reduce")
    slow = editor.page.evaluate("""() => [...document.querySelectorAll("*")].filter((each) => {
      const style = getComputedStyle(each);
      return [style.transitionDuration, style.animationDuration].some((list) =>
        list.split(",").some((duration) => parseFloat(duration) > 0.001));
    }).length""")
    assert slow == 0


def test_every_screen_has_a_title_of_its_own_and_says_its_language(
    visits: dict[tuple[str, bool], Visit], cast: dict[str, Any]
) -> None:
    for language in ("en", "ru"):
        titles: dict[str, str] = {}
        for screen in SCREENS.values():
            # What is opened on a screen, or found by it, has the title of the screen.
            if "-" in screen.name and not screen.name.endswith(("-add", "-change", "-delete", "-history")):
                continue
            visit = visits[language, screen.logged_in]
            show(visit, screen, cast)
            assert visit.page.evaluate("document.documentElement.lang") == language
            title = visit.page.title().strip()
            assert title not in titles, (screen.name, titles[title], title)
            titles[title] = screen.name


VIEWER = """
import sys
from django.contrib.auth.models import User
from pagecast.pages import access
access.give(User.objects.create_user("viewer", password=sys.argv[1]), access.Role.VIEWER)
"""


def test_axe_finds_nothing_on_what_a_viewer_sees(visit: Visits, server: Server, cast: dict[str, Any]) -> None:
    done = server.python(VIEWER, PASSWORD)
    assert done.returncode == 0, done.stderr
    viewer = visit("ru", "phone")
    viewer.log_in("viewer", PASSWORD)
    for name in ("front", "pages", "contents", "uploads", "page-change", "video-change", "upload"):
        show(viewer, SCREENS[name], cast)
        viewer.shot(f"viewer-{name}")
        assert violations(viewer.page, SCREENS[name], RULES) == [], name
    viewer.ends_well()
