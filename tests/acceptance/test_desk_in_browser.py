"""An editor makes a page of twelve files, at a real server in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from tests.acceptance.browser import Visits
from tests.acceptance.desk import AGAIN, CONTRACT, FLOWER, Desk, twelve
from tests.acceptance.server import PATIENCE, Server, wait_for

__all__ = ["twelve"]

STORIES = [("en", "desk", False), ("ru", "phone", True), ("ru", "desk", False), ("en", "phone", True)]
SAY = {
    "en": {
        "title": "Twelve",
        "refused": "PDF",
        "here": "Already here",
        "place": "is let go at place 3 of",
        "completed": "Completed",
    },
    "ru": {
        "title": "Двенадцать",
        "refused": "PDF",
        "here": "Уже есть",
        "place": "на месте 3 из",
        "completed": "Готово",
    },
}


def shown(server: Server, page: int) -> list[dict[str, Any]]:
    """What readers get."""
    found: list[dict[str, Any]] = server.get(f"/api/page/content/{page}/").json()["contents"]
    return found


@pytest.mark.parametrize(("language", "width", "dark"), STORIES)
def test_an_editor_makes_a_page_of_twelve_files(
    visit: Visits, server: Server, twelve: list[Path], language: str, width: str, dark: bool
) -> None:
    editor = visit(language, width, dark=dark)
    editor.log_in()
    desk, page, say = Desk(editor), editor.page, SAY[language]
    desk.open()
    # Slow enough for the connection to be cut in the middle.
    network = editor.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 700_000}
    network.send("Network.emulateNetworkConditions", slow)

    desk.drop(twelve)
    expect(desk.rows).to_have_count(12)
    page.locator("[data-upload][data-state=sending] progress").first.wait_for()
    page.fill("#id_title", f"{say['title']} {width}")
    editor.shot("desk-sending")
    # A row is dragged while its file is coming in.
    desk.drag(twelve[11].name, twelve[9].name)
    network.send("Network.emulateNetworkConditions", slow | {"offline": True})
    page.locator("[data-upload][data-state=offline]").first.wait_for()
    editor.shot("desk-offline")
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1, "latency": 0})
    desk.all_in()
    # Whoever comes back while bytes of the cut connection are still written is told to ask anew, and does;
    # so is, and does, who meets a database that is busy for too long.
    expected = ("ERR_INTERNET", "status of 409", "status of 503")
    editor.complaints = [each for each in editor.complaints if not any(word in each for word in expected)]

    # One is refused, says why, and costs the others nothing.
    refused = page.locator("[data-upload][data-state=refused]")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text(say["refused"])
    expect(refused).to_contain_text(CONTRACT)
    refused.locator("[data-cancel]").click()
    expect(desk.rows).to_have_count(11)
    titles = desk.titles()
    assert len(titles) == 11
    # Their statuses change while we look.
    expect(page.locator("[data-pending]")).to_have_count(0, timeout=PATIENCE * 1000)
    expect(page.locator("[data-rows]").get_by_text(say["here"]).first).to_be_visible()
    editor.shot("desk-in")

    # The order is changed by mouse or finger, and by the keyboard.
    moved = titles[0]
    desk.drag(moved, titles[3], by_touch=width == "phone")
    assert desk.titles() == [*titles[1:4], moved, *titles[4:]]
    desk.carry(titles[4], "ArrowUp", "ArrowUp")
    expect(desk.announced()).to_contain_text(say["place"])
    wanted = [titles[1], titles[2], titles[4], titles[3], moved, *titles[5:]]
    assert desk.titles() == wanted
    key = desk.save()
    assert desk.titles() == wanted
    contents = shown(server, key)
    assert [content["title"] for content in contents] == wanted
    flowers = {
        content["video_path"]
        for content in contents
        if content["title"] in {Path(FLOWER).stem, Path(AGAIN).stem}
        and "video_path" in content
        and content["video_path"].endswith(".mp4")
    }
    assert len(flowers) == 1
    editor.shot("desk-saved")
    editor.ends_well()


def test_leaving_and_saving_wait_for_files(visit: Visits, server: Server, twelve: list[Path]) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open()
    network = editor.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    network.send("Network.emulateNetworkConditions", slow)
    page.fill("#id_title", "Patience")
    desk.drop(twelve[:2])
    page.locator("[data-upload][data-state=sending]").first.wait_for()
    # The browser asks before it leaves.
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    page.locator("#nav-sidebar a", has_text="Contents").first.click()
    assert asked == ["beforeunload"]
    page.locator("[name=_continue]").click()
    expect(page.locator("[data-leaving]")).to_be_visible()
    editor.shot("desk-leaving")
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    with page.expect_navigation(wait_until="load"):
        page.locator("[data-wait]").click()
    desk.is_ready()
    assert desk.titles() == [path.stem for path in twelve[:2]]
    editor.ends_well()


def test_a_file_that_is_dropped_while_the_server_is_asked_is_asked_about(
    visit: Visits, server: Server, twelve: list[Path]
) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open()
    page.fill("#id_title", "Dropped late")
    questions, arrivals = _held(page, "**/admin/live/"), _held(page, "**/desk/take/")
    page.locator("[name=_continue]").click()
    wait_for("the question", lambda: page.evaluate("1") and questions)
    expect(page.locator("#live-notice")).to_contain_text("Saving")
    desk.drop(twelve[:1])
    page.locator("[data-upload][data-state=checking]").wait_for()
    page.locator("[name=_continue]").click()
    expect(page.locator("[data-leaving]")).to_be_hidden()
    questions[0].continue_()
    page.unroute("**/admin/live/")
    expect(page.locator("[data-leaving]")).to_be_visible()
    page.locator("[data-wait]").click()
    with page.expect_navigation():
        arrivals[0].continue_()
    desk.is_ready()
    assert desk.titles() == [twelve[0].stem]
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
    network = editor.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    network.send("Network.emulateNetworkConditions", slow)
    # The subtitles come first and have to wait for their film.
    desk.drop([words, film])
    page.locator("[data-upload][data-state=sending]").first.wait_for()
    page.locator("[name=_continue]").click()
    page.locator("[data-wait]").click()
    expect(page.locator("[data-waiting]")).to_be_visible()
    with page.expect_navigation(wait_until="load"):
        network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    desk.is_ready()
    assert desk.titles() == [film.stem]
    key = int(page.url.split("/")[-3])
    wait_for(
        "the subtitles to be filed", lambda: bool(shown(server, key)) and shown(server, key)[0]["subtitles"]
    )
    editor.ends_well()


def test_a_row_that_is_carried_while_a_file_comes_in_loses_nothing(
    visit: Visits, server: Server, twelve: list[Path]
) -> None:
    client = server.editor()
    keys = [_text(client, name) for name in ("Elm", "Fir")]
    key = client.post("/api/page/content/", json={"title": "Carried", "contents": keys}).json()["id"]
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open(key)
    arrivals = _held(page, "**/desk/take/")
    desk.drop(twelve[:1])
    page.locator("[data-upload][data-state=checking]").wait_for()
    handle = desk.row("Elm").locator("[data-handle]")
    handle.focus()
    page.keyboard.press(" ")
    page.keyboard.press("ArrowDown")
    arrivals[0].continue_()
    expect(desk.coming).to_have_count(0)
    page.keyboard.press("Escape")
    assert desk.titles() == ["Elm", "Fir", twelve[0].stem]
    desk.carry("Fir", "ArrowUp")
    page.locator("[data-undo]").click()
    assert desk.titles() == ["Elm", "Fir", twelve[0].stem]
    desk.save()
    assert desk.titles() == ["Elm", "Fir", twelve[0].stem]
    editor.ends_well()


def test_whoever_is_logged_out_meanwhile_is_told_and_goes_on_after_logging_in(
    visit: Visits, server: Server, twelve: list[Path]
) -> None:
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open()
    arrivals = _held(page, "**/desk/take/")
    desk.drop(twelve[:1])
    page.locator("[data-upload][data-state=checking]").wait_for()
    cookies: Any = editor.context.cookies()
    editor.context.clear_cookies(name="sessionid")
    arrivals[0].continue_()
    row = page.locator("[data-upload][data-state=failed]")
    expect(row).to_contain_text("not logged in")
    page.fill("#desk-find", "a")
    expect(page.locator("#desk-found")).to_contain_text("not logged in")
    editor.context.add_cookies(cookies)
    page.unroute("**/desk/take/")
    row.locator("[data-again]").click()
    expect(desk.coming).to_have_count(0)
    assert desk.titles() == [twelve[0].stem]


def test_a_file_is_paused_cancelled_and_resumed_over_a_killed_server(
    visit: Visits, server: Server, tmp_path: Path, film: Path
) -> None:
    large = tmp_path / "large.mp4"
    large.write_bytes(film.read_bytes() + (6_000_008).to_bytes(4) + b"free" + bytes(6_000_000))
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open()
    page.fill("#id_title", "Killed")
    network = editor.context.new_cdp_session(page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 1_500_000}
    network.send("Network.emulateNetworkConditions", slow)
    desk.drop([large, film])
    row = desk.row("large.mp4")
    progress = row.locator("progress")
    wait_for("a part of it to be there", lambda: float(progress.evaluate("bar => bar.value")) > 0.2)
    row.locator("[data-pause]").click()
    expect(row).to_have_attribute("data-state", "paused")
    expect(row.locator("[data-resume]")).to_be_focused()
    there = float(progress.evaluate("bar => bar.value"))
    row.locator("[data-resume]").click()
    wait_for("it to go on", lambda: float(progress.evaluate("bar => bar.value")) > max(there, 0.4))
    server.kill()
    row.and_(page.locator("[data-state=offline]")).wait_for()
    server.serve()
    network.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    desk.all_in()
    key = desk.save()
    wait_for("the films to be filed", lambda: len(shown(server, key)) == 2)
    assert [content["title"] for content in shown(server, key)] == ["large", film.stem]
    # The server was away on purpose.
    assert [each for each in editor.complaints if "ERR_" not in each] == []


def _held(page: Page, address: str) -> list[Route]:
    """Requests that wait until they are let go."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(address, hold)
    return held


def _text(client: httpx.Client, title: str) -> int:
    made = client.post("/api/content/", json={"content_type": "text", "title": title, "text": title})
    return int(made.json()["id"])


def test_what_is_done_can_be_undone_until_it_is_saved(visit: Visits, server: Server) -> None:
    client = server.editor()
    names = ["Aster", "Birch", "Clover"]
    keys = [
        client.post("/api/content/", json={"content_type": "text", "title": name, "text": name}).json()["id"]
        for name in names
    ]
    key = client.post("/api/page/content/", json={"title": "Undone", "contents": keys[:2]}).json()["id"]
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open(key)
    undo = page.locator("[data-undo]")
    expect(undo).to_be_disabled()
    desk.find("clo", "Clover")
    desk.row("Aster").locator("[data-remove]").click()
    assert desk.titles() == ["Birch", "Clover"]
    desk.row("Clover").locator("[data-up]").click()
    assert desk.titles() == ["Clover", "Birch"]
    undo.click()
    assert desk.titles() == ["Birch", "Clover"]
    undo.click()
    assert desk.titles() == ["Aster", "Birch", "Clover"]
    undo.click()
    assert desk.titles() == ["Aster", "Birch"]
    expect(undo).to_be_disabled()
    # A content that is there already is not added twice.
    page.locator("#desk-find").fill("ast")
    page.locator("#desk-found [data-content]").first.wait_for()
    page.keyboard.press("Enter")
    expect(desk.announced()).to_contain_text("stands on the page already")
    assert desk.titles() == ["Aster", "Birch"]
    desk.row("Aster").locator("[data-preview]").click()
    expect(desk.row("Aster").locator("[data-shown]")).to_contain_text("Aster")
    editor.shot("desk-preview")
    desk.carry("Birch", "ArrowUp")
    desk.row("Birch").locator("[data-handle]").press(" ")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert desk.titles() == ["Birch", "Aster"]
    page.locator(f"[name=title-{keys[0]}]").fill("Aster, renamed")
    desk.save()
    assert [content["title"] for content in shown(server, key)] == ["Birch", "Aster, renamed"]
    editor.ends_well()


def test_an_order_survives_a_save_that_fails_on_another_field(visit: Visits, server: Server) -> None:
    client = server.editor()
    keys = [
        client.post("/api/content/", json={"content_type": "text", "title": name, "text": "1"}).json()["id"]
        for name in ("One", "Two", "Three")
    ]
    client.post("/api/page/content/", json={"title": "Taken", "slug": "taken"})
    key = client.post("/api/page/content/", json={"title": "Order", "contents": keys[:2]}).json()["id"]
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open(key)
    desk.find("three", "Three")
    desk.drag("Three", "One")
    desk.row("Three").locator("[data-up]")
    page.fill("#id_slug", "taken")
    order = desk.titles()
    assert order[0] == "Three"
    with page.expect_navigation():
        page.locator("[name=_continue]").click()
    desk.is_ready()
    expect(page.locator(".errorlist, .errornote").first).to_be_visible()
    assert desk.titles() == order
    page.fill("#id_slug", "order-kept")
    desk.save()
    assert [content["title"] for content in shown(server, key)] == order
    editor.ends_well()


def test_the_second_of_two_editors_is_told_what_the_first_has_changed(visit: Visits, server: Server) -> None:
    client = server.editor()
    keys = [
        client.post("/api/content/", json={"content_type": "text", "title": name, "text": "1"}).json()["id"]
        for name in ("Ash", "Beech", "Cedar", "Date")
    ]
    key = client.post("/api/page/content/", json={"title": "Trees", "contents": keys[:3]}).json()["id"]
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open(key)
    desk.carry("Cedar", "ArrowUp", "ArrowUp")
    client.patch(
        f"/api/page/content/{key}/", json={"contents": [keys[3], keys[0], keys[1]], "title": "Old trees"}
    )
    with page.expect_navigation():
        page.locator("[name=_continue]").click()
    desk.is_ready()
    told = page.locator(".errornote, .errorlist, [role=alert]")
    expect(page.locator("#content-main")).to_contain_text("Put on the page: “Date”.")
    expect(page.locator("#content-main")).to_contain_text("Taken off the page: “Cedar”.")
    editor.shot("desk-conflict")
    assert told
    assert desk.titles() == ["Date", "Ash", "Beech"]
    desk.row("Cedar").locator("[data-restore]").click()
    desk.save()
    assert [content["title"] for content in shown(server, key)] == ["Date", "Cedar", "Ash", "Beech"]
    assert server.get(f"/api/page/content/{key}/").json()["title"] == "Old trees"
    editor.ends_well()
