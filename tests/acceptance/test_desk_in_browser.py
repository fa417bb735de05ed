"""An editor makes a page of twelve files, at a real server in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.acceptance.browser import Visits
from tests.acceptance.desk import AGAIN, CONTRACT, FLOWER, Desk, held, page_of, shown, texts, twelve
from tests.acceptance.server import PATIENCE, Server, wait_for

__all__ = ["twelve"]

STORIES = [("en", "desk", True), ("ru", "phone", True), ("ru", "desk", False), ("en", "phone", False)]
SAY = {
    "en": {
        "title": "Twelve",
        "refused": "PDF",
        "here": "Already here",
        "place": "is let go at place 3 of",
    },
    "ru": {
        "title": "Двенадцать",
        "refused": "PDF",
        "here": "Уже есть",
        "place": "на месте 3 из",
    },
}


@pytest.mark.parametrize(("language", "width", "dark"), STORIES)
def test_an_editor_makes_a_page_of_twelve_files(
    visit: Visits, server: Server, twelve: list[Path], language: str, width: str, dark: bool
) -> None:
    editor = visit(language, width, dark=dark)
    editor.log_in()
    desk, page, say = Desk(editor), editor.page, SAY[language]
    desk.open()
    # Slow enough for the connection to be cut in the middle.
    editor.throttle(300_000)
    desk.drop(twelve)
    expect(desk.rows).to_have_count(12)
    page.locator("[data-upload][data-state=sending] progress").first.wait_for()
    page.fill("#id_title", f"{say['title']} {width}")
    editor.shot("desk-sending")
    # A row is dragged while its file is coming in.
    desk.drag(twelve[11].name, twelve[9].name)
    editor.complained_only_of()
    editor.throttle(300_000, offline=True)
    page.locator("[data-upload][data-state=offline]").first.wait_for()
    editor.shot("desk-offline")
    editor.throttle(-1)
    desk.all_in()
    # Whoever comes back while bytes of the cut connection are still written is told to ask anew, and does.
    editor.complained_only_of("ERR_INTERNET_DISCONNECTED", r"status of 409 .*/api/upload/", *busy(server))

    # One is refused, says why, and costs the others nothing.
    refused = page.locator("[data-upload][data-state=refused]")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text(say["refused"])
    expect(refused).to_contain_text(CONTRACT)
    refused.locator("[data-cancel]").click()
    expect(desk.rows).to_have_count(11)
    titles = desk.titles()
    assert len(titles) == 11
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


def busy(server: Server) -> list[str]:
    """What is expected of whoever has met a disk that stood still: he was told to try again, and did."""
    return [r"status of 503 .*/api/upload/"] if "database is locked" in server.log() else []


def test_a_row_that_is_carried_while_a_file_comes_in_loses_nothing(
    visit: Visits, server: Server, twelve: list[Path]
) -> None:
    key = page_of(server, "Carried", texts(server, "Elm", "Fir"))
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open(key)
    arrivals = held(page, "**/desk/take/")
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
    editor.throttle(500_000)
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
    editor.throttle(-1)
    desk.all_in()
    key = desk.save()
    wait_for("the films to be filed", lambda: len(shown(server, key)) == 2)
    assert [content["title"] for content in shown(server, key)] == ["large", film.stem]
    # The server was away on purpose.
    editor.ends_well("ERR_CONNECTION", "ERR_EMPTY_RESPONSE", r"status of 409 .*/api/upload/")


def test_what_is_done_can_be_undone_until_it_is_saved(visit: Visits, server: Server) -> None:
    keys = texts(server, "Aster", "Birch", "Clover")
    key = page_of(server, "Undone", keys[:2])
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
    keys = texts(server, "One", "Two", "Three")
    page_of(server, "Taken", [], slug="taken")
    key = page_of(server, "Order", keys[:2])
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open(key)
    desk.find("three", "Three")
    desk.drag("Three", "One")
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
    keys = texts(server, "Ash", "Beech", "Cedar", "Date")
    key = page_of(server, "Trees", keys[:3])
    editor = visit("en", "desk")
    editor.log_in()
    desk, page = Desk(editor), editor.page
    desk.open(key)
    desk.carry("Cedar", "ArrowUp", "ArrowUp")
    changed = {"contents": [keys[3], keys[0], keys[1]], "title": "Old trees"}
    server.editor().patch(f"/api/page/content/{key}/", json=changed)
    with page.expect_navigation():
        page.locator("[name=_continue]").click()
    desk.is_ready()
    expect(page.locator("#content-main")).to_contain_text("Put on the page: “Date”.")
    expect(page.locator("#content-main")).to_contain_text("Taken off the page: “Cedar”.")
    editor.shot("desk-conflict")
    assert desk.titles() == ["Date", "Ash", "Beech"]
    desk.row("Cedar").locator("[data-restore]").click()
    desk.save()
    assert [content["title"] for content in shown(server, key)] == ["Date", "Cedar", "Ash", "Beech"]
    assert server.get(f"/api/page/content/{key}/").json()["title"] == "Old trees"
    editor.ends_well()
