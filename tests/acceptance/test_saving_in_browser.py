"""Saving and leaving, in a real browser: what was typed or dropped is never lost without a question."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.acceptance.browser import Visit, Visits
from tests.acceptance.desk import CONTRACT, Desk, held, shown, twelve
from tests.acceptance.server import Server, wait_for

__all__ = ["twelve"]

# What is asked before a form leaves.
KNOCK = "**/admin/live/"


def let(visit: Visit, what: str, routes: list[Route], count: int = 1) -> Route:
    """Wait for one more of the requests that are held."""

    def is_here() -> bool:
        visit.page.wait_for_timeout(20)
        return len(routes) >= count

    wait_for(what, is_here)
    return routes[count - 1]


def test_leaving_and_saving_wait_for_files(visit: Visits, server: Server, twelve: list[Path]) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open()
    editor.throttle(50_000)
    page.fill("#id_title", "Patience")
    desk.drop(twelve[:2])
    page.locator("[data-upload][data-state=sending]").first.wait_for()
    # The browser asks before it leaves.
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => document.querySelector('#nav-sidebar a[href*=content]').click())")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    page.locator("[name=_continue]").click()
    expect(page.locator("[data-leaving]")).to_be_visible()
    editor.shot("desk-leaving")
    editor.throttle(-1)
    with page.expect_navigation(wait_until="load"):
        page.locator("[data-wait]").click()
    desk.is_ready()
    assert desk.titles() == [path.stem for path in twelve[:2]]
    editor.ends_well()


@pytest.mark.parametrize("answer", ["wait", "now"])
def test_a_file_that_is_dropped_while_the_server_is_asked_is_asked_about(
    visit: Visits, server: Server, twelve: list[Path], answer: str
) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open()
    page.fill("#id_title", f"Dropped late, {answer}")
    questions, arrivals = held(page, KNOCK), held(page, "**/desk/take/")
    dialog = page.locator("[data-leaving]")
    page.locator("[name=_continue]").click()
    let(editor, "the question", questions)
    expect(page.locator("#live-notice")).to_contain_text("Saving")
    desk.drop(twelve[:1])
    page.locator("[data-upload][data-state=checking]").wait_for()
    # While it is asked for one press, another one changes nothing.
    page.locator("[name=_continue]").click()
    expect(dialog).to_be_hidden()
    questions[0].continue_()
    expect(dialog).to_be_visible()
    page.locator(f"[data-{answer}]").click()
    if answer == "wait":
        let(editor, "the file", arrivals).continue_()
    question = let(editor, "the next question", questions, 2)
    # Nothing was said of this one yet.
    desk.drop(twelve[1:2])
    page.locator(f'[data-upload][data-state=checking]:has-text("{twelve[1].name}")').wait_for()
    question.continue_()
    expect(dialog).to_be_visible()
    page.unroute(KNOCK)
    page.locator(f"[data-{answer}]").click()
    with page.expect_navigation():
        if answer == "wait":
            let(editor, "the next file", arrivals, 2).continue_()
    desk.is_ready()
    assert desk.titles() == ([path.stem for path in twelve[:2]] if answer == "wait" else [])
    page.unroute("**/desk/take/")
    editor.ends_well()


def test_saving_waits_for_what_is_coming_although_something_was_refused(
    visit: Visits, server: Server, twelve: list[Path], tmp_path: Path
) -> None:
    film, contract = twelve[0], next(path for path in twelve if path.name == CONTRACT)
    words = tmp_path / f"{film.stem}.en.srt"
    words.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open()
    page.fill("#id_title", "With words")
    desk.drop([contract])
    page.locator("[data-upload][data-state=refused]").wait_for()
    editor.throttle(50_000)
    # The subtitles come first and have to wait for their film.
    desk.drop([words, film])
    page.locator("[data-upload][data-state=sending]").first.wait_for()
    page.locator("[name=_continue]").click()
    page.locator("[data-wait]").click()
    expect(page.locator("[data-waiting]")).to_be_visible()
    with page.expect_navigation(wait_until="load"):
        editor.throttle(-1)
    desk.is_ready()
    assert desk.titles() == [film.stem]
    key = int(page.url.split("/")[-3])
    wait_for(
        "the subtitles to be filed", lambda: bool(shown(server, key)) and shown(server, key)[0]["subtitles"]
    )
    editor.ends_well()


def test_whoever_is_logged_out_meanwhile_is_told_and_goes_on_after_logging_in(
    visit: Visits, server: Server, twelve: list[Path]
) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open()
    arrivals = held(page, "**/desk/take/")
    desk.drop(twelve[:1])
    page.locator("[data-upload][data-state=checking]").wait_for()
    editor.context.clear_cookies(name="sessionid")
    arrivals[0].continue_()
    row = page.locator("[data-upload][data-state=failed]")
    expect(row).to_contain_text("not logged in")
    page.fill("#desk-find", "a")
    expect(page.locator("#desk-found")).to_contain_text("not logged in")
    editor.log_in_elsewhere()
    page.unroute("**/desk/take/")
    row.locator("[data-again]").click()
    expect(desk.coming).to_have_count(0)
    assert desk.titles() == [twelve[0].stem]
    editor.ends_well()


@pytest.mark.parametrize("screen", ["pages/page", "pages/text"])
def test_what_was_typed_outlives_the_login_and_the_server(visit: Visits, server: Server, screen: str) -> None:
    editor = visit("en", "phone")
    editor.log_in()
    page = editor.page
    editor.go(f"/admin/{screen}/add/")
    page.fill("#id_title", f"Typed on {screen}")
    page.fill("#id_text", "A long evening's work")
    save, notice = page.locator("[name=_continue]"), page.locator("#live-notice")

    editor.context.clear_cookies(name="sessionid")
    save.click()
    expect(notice).to_contain_text("Not saved: you are not logged in any more.")
    expect(notice.locator("a")).to_have_attribute("target", "_blank")
    editor.shot("not-saved")
    # What was typed is not lost by going away either.
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => location.reload())")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    editor.log_in_elsewhere()
    page.route(KNOCK, lambda route: route.abort())
    save.click()
    expect(notice).to_contain_text("Not saved: the server does not answer.")
    page.unroute(KNOCK)
    with page.expect_navigation():
        save.click()
    expect(page.locator("#id_text")).to_have_value("A long evening's work")
    expect(page.locator("#id_title")).to_have_value(f"Typed on {screen}")
    # The server was away on purpose.
    editor.ends_well("ERR_FAILED")


def test_a_button_that_is_pressed_twice_saves_once(visit: Visits, server: Server) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    editor.go("/admin/pages/text/add/")
    editor.page.fill("#id_title", "Pressed twice")
    editor.page.fill("#id_text", "once")
    with editor.page.expect_navigation():
        editor.page.locator("[name=_save]").dblclick()
    found = server.editor().get("/api/content/?page_size=100").json()["results"]
    assert [content["title"] for content in found].count("Pressed twice") == 1
    editor.ends_well()


# Press twice, see that it is being saved, stop it, see that it is not, and press again.
STOPPED = """(stop) => {
    const press = () => document.querySelector("[name=_save]").click();
    const isSaid = () => !document.getElementById("live-notice").hidden;
    const when = (isSo, then) => setTimeout(() => (isSo() ? then() : when(isSo, then)), 20);
    setTimeout(press);
    when(isSaid, () => {
        press();
        when(() => true, () => {
            if (stop === "Escape") dispatchEvent(new KeyboardEvent("keydown", { key: stop }));
            else window.stop();
            when(() => !isSaid(), press);
        });
    });
}"""


@pytest.mark.parametrize("stop", ["Escape", "the browser's button"])
def test_a_form_on_its_way_is_not_sent_again_until_it_is_stopped(
    visit: Visits, server: Server, stop: str
) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    page = editor.page
    editor.go("/admin/pages/text/add/")
    page.fill("#id_title", f"Stopped by {stop}")
    page.fill("#id_text", "again")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {urlsplit(request.url).path}"))
    # The one part of the browser that answers while a form is on its way.
    tools = editor.context.new_cdp_session(page)
    once = ["GET /admin/live/", "POST /admin/pages/text/add/"]
    with closing(sqlite3.connect(server.data / "pagecast.sqlite3", isolation_level=None)) as database:
        # Nobody else writes meanwhile: the form takes its time.
        database.execute("BEGIN IMMEDIATE")
        page.evaluate(STOPPED, stop)
        wait_for("the form again", lambda: tools.send("Page.getNavigationHistory") and len(asked) >= 4)
    page.wait_for_url("**/admin/pages/content/")
    assert asked[:4] == once * 2
    editor.ends_well("ERR_ABORTED")
