"""Statuses that change by themselves, in a real browser: nobody loads a screen again to see what became."""

from __future__ import annotations

import re
import time
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, expect

from tests.acceptance.browser import Visit, Visits
from tests.acceptance.server import Server, wait_for
from tests.films import film

LIST = "/admin/pages/content/"
# A worker that nobody sees has the file in hand, lets go of it, or has given it up.
PROGRAM = """
import datetime as dt
import sys
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4
from django.utils import timezone
from pagecast.media import leases
from pagecast.media.errors import GaveUp
from pagecast.media.models import Upload
from pagecast.media.receiving import receive_path
from pagecast.pages import editing
from pagecast.pages.models import Content, Video

verb, title, *path = sys.argv[1:]
if verb == "add":
    upload = receive_path(Path(path[0]))
    later = timezone.now() + dt.timedelta(hours=1)
    Upload.objects.filter(pk=upload.pk).update(
        state=Upload.State.PROCESSING, lease_until=later, holder=uuid4(), attempts=1
    )
    editing.write_content(Video(title=title), {}, upload)
content = Content.objects.get(title=title)
if verb == "let go":
    Upload.objects.filter(pk=content.upload_id).update(lease_until=timezone.now() - dt.timedelta(seconds=1))
if verb == "give up":
    leases.refuse({content.upload: GaveUp(content.upload.name, 5).words}, [content.upload])
print(content.pk)
"""


class Stage:
    """A film at the server, unlike all others, and what becomes of it behind the scenes."""

    def __init__(self, server: Server, title: str) -> None:
        self._server, self.title = server, title
        path = server.data / f"{title}.mp4"
        path.write_bytes(film(title))
        self.key = self._do("add", str(path))

    def let_go(self) -> None:
        """The worker that had it in hand is gone, and the next one files it."""
        self._do("let go")

    def give_up(self) -> None:
        """It was tried too often."""
        self._do("give up")

    @property
    def form(self) -> str:
        return f"/admin/pages/video/{self.key}/change/"

    def cell(self, visit: Visit, name: str) -> Locator:
        return visit.page.locator(f"[data-live='content/{self.key}'][data-cell={name}]").first

    def _do(self, verb: str, *words: str) -> int:
        done = self._server.python(PROGRAM, verb, self.title, *words)
        assert done.returncode == 0, done.stderr
        return int(done.stdout)


def is_(state: str) -> re.Pattern[str]:
    return re.compile(state, re.IGNORECASE)


def mark(visit: Visit) -> None:
    """A screen that is loaded again does not have it any more."""
    visit.page.evaluate("window.isTheSame = true")


def is_the_same(visit: Visit) -> bool:
    return bool(visit.page.evaluate("window.isTheSame === true"))


def questions(visit: Visit) -> list[str]:
    """The questions that the screen asks from now on."""
    asked: list[str] = []
    visit.page.on(
        "request", lambda request: asked.append(request.url) if "/admin/live/" in request.url else None
    )
    return asked


def test_a_list_shows_what_became_of_a_file_and_then_asks_no_more(visit: Visits, server: Server) -> None:
    editor, dawn = visit("en", "desk"), Stage(server, "Dawn")
    editor.log_in()
    editor.go(LIST)
    mark(editor)
    asked = questions(editor)
    expect(dawn.cell(editor, "status")).to_contain_text(is_("processing"))
    dawn.let_go()
    expect(dawn.cell(editor, "status")).to_contain_text(is_("completed"))
    expect(dawn.cell(editor, "picture").locator("img")).to_be_visible()
    expect(dawn.cell(editor, "length")).to_have_text(re.compile(r"^\d+:\d\d$"))
    expect(editor.page.locator("#live-announcer")).to_have_text(re.compile("Dawn: completed"))
    expect(editor.page.locator("[data-pending]")).to_have_count(0)
    assert is_the_same(editor)
    assert asked
    asked.clear()
    editor.page.wait_for_timeout(2500)
    assert asked == []
    editor.shot("live-list")
    editor.ends_well()


@pytest.mark.parametrize(("language", "width", "dark"), [("ru", "phone", False), ("en", "desk", True)])
def test_a_file_that_was_given_up_is_tried_again_without_a_reload(
    language: str, width: str, dark: bool, visit: Visits, server: Server
) -> None:
    editor, rain = visit(language, width, dark=dark), Stage(server, f"Rain {width}")
    rain.give_up()
    editor.log_in()
    editor.go(rain.form)
    mark(editor)
    status = rain.cell(editor, "status")
    expect(status.locator(".live-reason")).to_contain_text(rain.title)
    expect(editor.page.locator(".live-preview video")).to_have_count(0)
    editor.shot("live-given-up")
    status.locator("[data-retry]").click()
    expect(status).to_contain_text(is_(editor.words["states"][2]))
    expect(status.locator("[data-retry]")).to_have_count(0)
    expect(editor.page.locator(".live-preview video")).to_be_visible()
    assert is_the_same(editor)
    editor.shot("live-tried-again")
    editor.ends_well()


def test_a_retry_by_keyboard_keeps_its_place(visit: Visits, server: Server) -> None:
    editor, dusk = visit("en", "desk"), Stage(server, "Dusk")
    dusk.give_up()
    editor.log_in()
    editor.go(dusk.form)
    status = dusk.cell(editor, "status")
    status.locator("[data-retry]").focus()
    editor.page.keyboard.press("Enter")
    expect(status).to_contain_text(is_("completed"))
    expect(status).to_be_focused()
    editor.ends_well()


def test_a_file_that_was_refused_leads_to_the_field_for_another_one(visit: Visits, tmp_path: Path) -> None:
    editor, text = visit("en", "desk"), tmp_path / "Dawn.mp4"
    text.write_text("no film")
    editor.log_in()
    editor.add("video", "No film", text)
    status = editor.page.locator("[data-cell=status]").first
    expect(status).to_contain_text("not a video")
    status.get_by_role("link", name="Choose another file").click()
    expect(editor.page.locator("#id_file")).to_be_focused()
    editor.ends_well()


def test_what_the_server_does_while_it_is_away_is_seen_when_it_is_back(visit: Visits, server: Server) -> None:
    editor, storm = visit("en", "desk"), Stage(server, "Storm")
    editor.log_in()
    editor.go(LIST)
    mark(editor)
    expect(storm.cell(editor, "status")).to_contain_text(is_("processing"))
    server.kill()
    expect(editor.page.locator("#live-notice")).to_be_visible()
    storm.let_go()
    server.serve()
    expect(storm.cell(editor, "status")).to_contain_text(is_("completed"))
    expect(editor.page.locator("#live-notice")).to_be_hidden()
    assert is_the_same(editor)
    # The browser itself says of each question that it found nobody.
    editor.ends_well("ERR_.*/admin/live/")


def test_who_was_logged_out_is_told_so_and_asks_no_more(visit: Visits, server: Server) -> None:
    editor, fog = visit("en", "desk"), Stage(server, "Fog")
    editor.log_in()
    editor.go(LIST)
    expect(fog.cell(editor, "status")).to_contain_text(is_("processing"))
    editor.context.clear_cookies()
    notice = editor.page.locator("#live-notice")
    expect(notice).to_contain_text("not logged in any more")
    login = f"/admin/login/?next={quote(LIST, safe='')}"
    expect(notice.get_by_role("link")).to_have_attribute("href", login)
    asked = questions(editor)
    editor.page.wait_for_timeout(2500)
    assert asked == []
    editor.ends_well()


def test_who_has_logged_in_elsewhere_goes_on_where_he_was(visit: Visits, server: Server) -> None:
    editor, rime = visit("en", "desk"), Stage(server, "Rime")
    editor.log_in()
    editor.go(rime.form)
    mark(editor)
    expect(rime.cell(editor, "status")).to_contain_text(is_("processing"))
    editor.context.clear_cookies()
    notice = editor.page.locator("#live-notice")
    expect(notice).to_contain_text("not logged in any more")
    # What is typed here must not go by the way to the login.
    expect(notice.get_by_role("link")).to_have_attribute("target", "_blank")
    show(editor, hidden=True)
    editor.log_in_elsewhere()
    rime.give_up()
    show(editor, hidden=False)
    expect(rime.cell(editor, "status")).to_contain_text(is_("failed"))
    expect(notice).to_be_hidden()
    rime.cell(editor, "status").locator("[data-retry]").click()
    expect(rime.cell(editor, "status")).to_contain_text(is_("completed"))
    assert is_the_same(editor)
    editor.ends_well()


def test_what_was_not_saved_is_said_until_it_is(visit: Visits, server: Server) -> None:
    editor, gale = visit("en", "desk"), Stage(server, "Gale")
    editor.log_in()
    editor.go(gale.form)
    expect(gale.cell(editor, "status")).to_contain_text(is_("processing"))
    notice, asked = editor.page.locator("#live-notice"), questions(editor)
    editor.page.route("**/admin/live/**", lambda route: route.abort())
    editor.page.locator("[name=_continue]").click()
    expect(notice).to_contain_text("Not saved")
    # Long enough for the statuses to complain, too.
    wait_for("questions without an answer", lambda: _is_asked(editor, asked, 5))
    expect(notice).to_contain_text("Not saved")
    editor.page.unroute("**/admin/live/**")
    gale.give_up()
    expect(gale.cell(editor, "status")).to_contain_text(is_("failed"))
    expect(notice).to_contain_text("Not saved")
    with editor.page.expect_navigation():
        editor.page.locator("[name=_continue]").click()
    editor.ends_well("ERR_FAILED.*/admin/live/")


def test_a_tab_that_nobody_sees_asks_nothing(visit: Visits, server: Server) -> None:
    editor, haze = visit("en", "desk"), Stage(server, "Haze")
    editor.log_in()
    editor.go(LIST)
    expect(haze.cell(editor, "status")).to_contain_text(is_("processing"))
    show(editor, hidden=True)
    editor.page.wait_for_timeout(500)
    asked = questions(editor)
    editor.page.wait_for_timeout(2500)
    assert asked == []
    haze.let_go()
    show(editor, hidden=False)
    expect(haze.cell(editor, "status")).to_contain_text(is_("completed"))
    editor.ends_well()


def show(visit: Visit, *, hidden: bool) -> None:
    """Bring the tab behind another one, or in front of it."""
    visit.page.evaluate(
        "hidden => { Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });"
        " document.dispatchEvent(new Event('visibilitychange')); }",
        hidden,
    )


def test_rows_that_come_later_are_watched_too(visit: Visits, server: Server) -> None:
    editor, hail = visit("en", "desk"), Stage(server, "Hail")
    editor.log_in()
    editor.go("/admin/pages/page/")
    editor.page.evaluate(
        "row => document.getElementById('content').insertAdjacentHTML('beforeend', `<p>"
        "<span data-live='${row}' data-cell='status' data-state='processing' data-pending>…</span></p>`)",
        f"content/{hail.key}",
    )
    expect(hail.cell(editor, "status")).to_contain_text(is_("processing"))
    hail.let_go()
    expect(hail.cell(editor, "status")).to_contain_text(is_("completed"))
    editor.ends_well()


def test_the_questions_become_rarer_while_nothing_happens(visit: Visits, server: Server) -> None:
    editor, mist = visit("en", "desk"), Stage(server, "Mist")
    editor.log_in()
    editor.go(LIST)
    moments: list[float] = []
    asked = questions(editor)
    for number in range(1, 6):
        wait_for(f"question {number}", lambda: _is_asked(editor, asked, number))  # noqa: B023 - it is called at once
        moments.append(time.monotonic())
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    # One of them may be long because the machine was busy.
    assert gaps[-1] > min(gaps[:2])
    # What the screen knows already is not sent again.
    assert re.search(rf"row=content/{mist.key}/[0-9a-f]{{8}}", asked[-1])
    editor.ends_well()


def _is_asked(visit: Visit, asked: list[str], number: int) -> bool:
    visit.page.wait_for_timeout(20)
    return len(asked) >= number
