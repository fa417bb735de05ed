"""An editor's day in a real browser, at a real server: on desk and phone, in English and Russian."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.acceptance.browser import Visits
from tests.acceptance.server import Server, wait_for

# Each language is seen at each width by one of these two.
STORIES = [("en", "desk"), ("ru", "phone")]
ROUNDS = [("en", "phone"), ("ru", "desk")]


def api(server: Server, path: str) -> Any:
    answer = server.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("language", "width"), STORIES)
def test_an_editor_adds_a_film_and_it_is_filed(visit: Visits, film: Path, language: str, width: str) -> None:
    editor = visit(language, width)
    editor.log_in()
    page, say = editor.page, editor.words
    video = editor.add("video", f"{say['title']} {width}", film)
    editor.go(f"/admin/pages/content/{video}/change/")
    row = page.locator(".form-row", has=page.get_by_text(say["status"], exact=True))

    def is_completed() -> bool:
        state = row.locator(".readonly").inner_text().strip().lower()
        assert state in say["states"]
        if state == say["states"][-1]:
            return True
        page.reload()
        return False

    wait_for("the film to be filed", is_completed)
    editor.ends_well()


def test_the_list_of_contents_is_sorted_by_counter(visit: Visits, server: Server) -> None:
    client = server.editor()
    made = [
        client.post("/api/content/", json={"content_type": "text", "title": title}).json()["id"]
        for title in ("Xylophone", "Xenon")
    ]
    both = client.post("/api/page/content/", json={"title": "Both", "contents": made}).json()["id"]
    one = client.post("/api/page/content/", json={"title": "One", "contents": made[:1]}).json()["id"]
    for key in (both, one, one):
        api(server, f"/api/page/content/{key}/")
    # The order is that of the settled counts.
    settled = server.python("from pagecast.counting import ledger\nledger.settle_all()")
    assert settled.returncode == 0, settled.stderr
    editor = visit("en", "desk")
    editor.log_in()
    editor.go("/admin/pages/content/?q=x")
    for numbers in (["1", "3"], ["3", "1"]):
        with editor.page.expect_navigation():
            editor.page.locator("th.column-counter a").first.click()
        cells = editor.page.locator("#result_list .field-counter").all_inner_texts()
        assert [cell.strip() for cell in cells] == numbers
    editor.ends_well()


def test_the_list_of_contents_is_filtered_by_first_letter(visit: Visits, server: Server) -> None:
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
    expect(page.locator("#result_list .field-titled")).to_have_count(1)
    expect(page.locator("#result_list .field-titled")).to_contain_text("Ёлка")
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
    visit: Visits, language: str, width: str
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
def test_the_documentation_of_the_api_asks_no_other_host(visit: Visits, path: str) -> None:
    reader = visit("en", "desk")
    reader.go(path)
    expect(reader.page.get_by_text("/api/page/content/").first).to_be_visible()
    reader.page.wait_for_load_state("networkidle")
    # Redoc asks for its logo; the page's policy keeps the question in the browser.
    assert [url for url in reader.strange if url not in reader.blocked] == []
    assert [each for each in reader.complaints if "Content Security Policy" not in each] == []


def test_a_film_plays_on_the_site(visit: Visits, server: Server, film: Path) -> None:
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
    wait_for("the film to play", lambda: video.evaluate("film => film.currentTime > 0.2"))
    expect(reader.page.locator(".views")).to_have_text("1 view")
    reader.ends_well()
