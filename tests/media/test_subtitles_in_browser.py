"""A browser reads the subtitles that were made, cue by cue."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, sync_playwright

from pagecast.media.subtitles import convert
from tests.media.test_subtitles import ASS, EVERYTHING, SAID, SBV, SRT, TTML

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
PAGE = "<!DOCTYPE html><video><track default src=film.vtt></video>"
READ = """() => new Promise((resolve, reject) => {
    const track = document.querySelector("track");
    const told = () => resolve([...track.track.cues].map((cue) => {
        const shown = document.createElement("div");
        shown.append(cue.getCueAsHTML());
        return [cue.startTime, cue.endTime, shown.textContent, shown.innerHTML];
    }));
    track.onload = told;
    track.onerror = () => reject("the track cannot be read");
    track.track.mode = "hidden";
    if (track.readyState === 2) told();
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("a browser is missing: apt-get install chromium")
        pytest.skip("browser: Chromium is not installed (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def read(browser: Browser, vtt: bytes) -> list[Any]:
    """Start, end, text and markup of every cue, as the browser understands it."""

    def answer(route: Route) -> None:
        if route.request.url.endswith(".vtt"):
            route.fulfill(body=vtt, content_type="text/vtt")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    page = browser.new_page()
    try:
        page.route("**/*", answer)
        page.goto("http://pagecast.test/")
        told: list[Any] = page.evaluate(READ)
        return told
    finally:
        page.close()


@pytest.mark.parametrize(
    "text",
    [
        f"{SRT}<i>AT&T</i>\n",
        f"{SBV}<i>AT&T</i>\n",
        f"{ASS}{SAID}{{\\i1}}AT&T\n",
        TTML % ("", '<p begin="1s" end="2s"><span tts:fontStyle="italic">AT&amp;T</span></p>'),
    ],
)
def test_a_browser_shows_what_was_said(browser: Browser, text: str) -> None:
    made = convert(text.encode(), "film").vtt
    assert read(browser, made) == [[1, 2, "AT&T", "<i>AT&amp;T</i>"]]


def test_a_browser_reads_every_cue_and_all_markup(browser: Browser) -> None:
    told = read(browser, convert(EVERYTHING.encode(), "film.vtt").vtt)
    assert [cue[:2] for cue in told] == [[1, 2], [60.5, 62], [60.7, 60.9]]
    assert '<span title="Bob Brown" class="loud">' in told[0][3]
    assert "<ruby>漢<rt>kan</rt></ruby>" in told[0][3]


def test_a_browser_shows_stray_brackets_and_arrows(browser: Browser) -> None:
    said = "1 < 2 <3 --> <John> {x}"
    assert read(browser, convert(f"{SRT}{said}\n".encode(), "film.srt").vtt) == [
        [1, 2, said, "1 &lt; 2 &lt;3 --&gt; &lt;John&gt; {x}"]
    ]
