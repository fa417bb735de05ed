"""Every screen of the admin, and something to see on each.

`cast` makes the things; `SCREENS` is the table. What the cast is called has digits and no letters, so that
every letter on a screen is a word of Pagecast's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.acceptance.browser import Visit
from tests.acceptance.server import Server, wait_for


def nothing(_page: Page) -> None:
    """As it comes."""


def open_filters(page: Page) -> None:
    page.locator("#changelist .result-list-wrapper [x-on\\:click='filterOpen = true']").first.click()
    page.locator("#changelist-filter").wait_for(state="visible")


def open_menu(page: Page) -> None:
    """On a narrow window the ways of the sidebar lie behind a button."""
    opener = page.locator("#header-inner [x-on\\:click='sidebarMobileOpen = !sidebarMobileOpen']")
    if opener.is_visible():
        opener.click()
    page.locator("#nav-sidebar").wait_for(state="visible")


def open_account(page: Page) -> None:
    open_menu(page)
    page.locator("#nav-sidebar [x-on\\:click='openUserLinks = !openUserLinks']").click()
    page.locator("#nav-sidebar-inner nav").wait_for(state="visible")


def open_command(page: Page) -> None:
    page.locator("body").press("Control+k")
    page.locator("#search-input-command").wait_for(state="visible")


def open_letters(page: Page) -> None:
    """A filter with more than a few choices is a list that can be searched."""
    open_filters(page)
    page.locator("#changelist-filter .select2-selection").first.click()
    page.locator(".select2-results__option").first.wait_for(state="visible")


def use_desk(page: Page) -> None:
    """Look at one row, take another off, look for more, and send a file that nobody takes."""
    page.locator("#desk[data-is-ready]").wait_for()
    page.locator("[data-preview]").first.click()
    page.locator("[data-shown]:not([hidden])").wait_for()
    page.locator("[data-remove]").nth(1).click()
    page.set_input_files("#desk-files", {"name": "451.bin", "mimeType": "", "buffer": b""})
    page.locator("[data-state=refused]").wait_for()
    page.fill("#desk-find", "4")
    page.locator("#desk-found [data-content]").first.wait_for()


def leave_desk(page: Page) -> None:
    """Save while a file is coming in that never comes."""
    page.route("**/api/upload/", lambda _route: None)
    page.locator("#desk[data-is-ready]").wait_for()
    page.set_input_files("#desk-files", {"name": "451.mp4", "mimeType": "", "buffer": b"451"})
    page.locator("[data-state=sending]").wait_for()
    page.locator("[name=_save]").click()
    page.locator("[data-leaving][open]").wait_for()
    page.once("dialog", lambda dialog: dialog.accept())


def save_too_late(page: Page) -> None:
    """Save when the login is over."""
    page.route("**/admin/live/", lambda route: route.fulfill(status=401))
    page.locator("[name=_save]").click()
    page.locator("#live-notice").get_by_role("link").wait_for()
    page.once("dialog", lambda dialog: dialog.accept())


def guess(page: Page) -> None:
    """Guess a password until the door is shut."""
    for number in range(6):
        if page.locator("#id_username").count():
            page.fill("#id_username", "nobody")
            page.fill("#id_password", str(number))
            with page.expect_navigation():
                page.press("#id_password", "Enter")


def send_empty(page: Page) -> None:
    """Save it as it is, and be told what is missing."""
    page.evaluate("document.querySelectorAll('[required]').forEach(each => each.required = false)")
    with page.expect_navigation():
        page.locator("[name=_save]").click()


@dataclass(frozen=True, kw_only=True)
class Screen:
    """Where it is (with the names of the cast in braces), how it answers, and what is done to it first."""

    name: str
    path: str
    status: int = 200
    prepare: Callable[[Page], None] = nothing
    logged_in: bool = True


def _screens() -> Iterable[Screen]:
    yield Screen(name="login", path="/admin/login/", logged_in=False)
    yield Screen(name="front", path="/admin/")
    yield Screen(name="front-month", path="/admin/?period=month&page={page}")
    yield Screen(name="front-menu", path="/admin/", prepare=open_menu)
    yield Screen(name="front-account", path="/admin/", prepare=open_account)
    yield Screen(name="front-command", path="/admin/", prepare=open_command)
    yield Screen(name="app", path="/admin/pages/")
    yield Screen(name="missing", path="/admin/pages/nothing/", status=404)
    yield Screen(name="password", path="/admin/password_change/")
    for name in ("pages/page", "pages/content", "media/upload", "auth/user", "auth/group", "knox/authtoken"):
        yield Screen(name=f"{name.partition('/')[2]}s", path=f"/admin/{name}/")
    for name in ("pages/page", "pages/content", "media/upload", "auth/user"):
        yield Screen(name=f"{name.partition('/')[2]}s-filters", path=f"/admin/{name}/", prepare=open_filters)
    yield Screen(name="contents-letters", path="/admin/pages/content/", prepare=open_letters)
    yield Screen(name="pages-found", path="/admin/pages/page/?q=45")
    yield Screen(name="pages-empty", path="/admin/pages/page/?q=zzz")
    yield Screen(name="contents-sorted", path="/admin/pages/content/?o=4.1")
    for name in ("page", "content", "video", "audio", "text"):
        yield Screen(name=f"{name}-add", path=f"/admin/pages/{name}/add/")
    for name in ("page", "video", "refused", "audio", "text"):
        kind = {"refused": "video"}.get(name, name)
        yield Screen(name=f"{name}-change", path=f"/admin/pages/{kind}/{{{name}}}/change/")
    yield Screen(name="page-used", path="/admin/pages/page/{page}/change/", prepare=use_desk)
    yield Screen(name="page-left", path="/admin/pages/page/{page}/change/", prepare=leave_desk)
    yield Screen(name="locked-out", path="/admin/login/", logged_in=False, prepare=guess)
    yield Screen(name="page-wrong", path="/admin/pages/page/add/", prepare=send_empty)
    yield Screen(name="text-wrong", path="/admin/pages/text/add/", prepare=send_empty)
    yield Screen(name="text-not-saved", path="/admin/pages/text/{text}/change/", prepare=save_too_late)
    yield Screen(name="page-delete", path="/admin/pages/page/{page}/delete/")
    yield Screen(name="video-delete", path="/admin/pages/video/{video}/delete/")
    yield Screen(name="page-history", path="/admin/pages/page/{page}/history/")
    yield Screen(name="upload", path="/admin/media/upload/{upload}/change/")
    yield Screen(name="upload-refused", path="/admin/media/upload/{failed}/change/")
    for name in ("user", "group"):
        yield Screen(name=f"{name}-add", path=f"/admin/auth/{name}/add/")
        yield Screen(name=f"{name}-change", path=f"/admin/auth/{name}/1/change/")
    yield Screen(name="user-password", path="/admin/auth/user/1/password/")
    # Whoever is logged in can not be deleted.
    yield Screen(name="user-delete", path="/admin/auth/user/2/delete/")
    yield Screen(name="token", path="/admin/knox/authtoken/{token}/change/")


SCREENS = {screen.name: screen for screen in _screens()}

# What no API gives away.
PROGRAM = """
import json, sys
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from knox.models import AuthToken
from pagecast.media.models import Upload
from pagecast.pages.models import Page
page = Page.objects.get(pk=sys.argv[1])
message = json.dumps([{"changed": {"fields": ["Title"]}}])
LogEntry.objects.create(
    user=User.objects.get(username="admin"), content_type=ContentType.objects.get_for_model(Page),
    object_id=page.pk, object_repr=page.title, action_flag=CHANGE, change_message=message,
)
print(json.dumps({
    "upload": str(Upload.objects.filter(state="completed").first().pk),
    "failed": str(Upload.objects.filter(state="failed").first().pk),
    "token": AuthToken.objects.first().pk,
}))
"""


@pytest.fixture(scope="module")
def cast(server: Server, film: Path) -> dict[str, Any]:
    """One of everything, by the names that the paths of screens use."""
    client = server.editor()

    def made(kind: str, title: str, content: bytes | None = None, **more: Any) -> int:
        form = {"content_type": kind, "title": title, **more}
        if content is None:
            answer = client.post("/api/content/", json=form)
        else:
            answer = client.post("/api/content/", data=form, files={"file": ("451.mp4", content)})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    ids: dict[str, Any] = {
        "video": made("video", "451 / 1", film.read_bytes()),
        "refused": made("video", "451 / 2", b"0" * 1000),
        "audio": made("audio", "451 / 3", audio_url="https://127.0.0.1/451.mp3"),
        "text": made("text", "451 / 4", text="1, 2, 3"),
    }
    placed = client.post("/api/page/content/", json={"title": "451", "contents": list(ids.values())})
    assert placed.status_code == 201, placed.text
    ids["page"] = placed.json()["id"]
    server.get(f"/api/page/content/{ids['page']}/")

    def is_decided(key: int) -> bool:
        return client.get(f"/api/content/{key}/").json()["upload_status"] in {"completed", "failed"}

    wait_for("the files to be filed", lambda: is_decided(ids["video"]) and is_decided(ids["refused"]))
    done = server.python(PROGRAM, str(ids["page"]))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return ids | found


# accessible.js runs when all is loaded, where the theme is.
READY = """document.readyState === "complete"
  && (!document.getElementById("accessible") || document.querySelector("[role=main]") !== null)"""


def show(visit: Visit, screen: Screen, cast: dict[str, Any]) -> None:
    """Bring a screen up, and wait until the theme and we have done our work on it."""
    visit.go(screen.path.format(**cast), screen.status)
    wait_for(f"{screen.name} to be ready", lambda: visit.page.evaluate(READY))
    screen.prepare(visit.page)
