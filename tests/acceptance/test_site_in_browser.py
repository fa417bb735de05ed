"""The site as readers use it, in a real browser: films and sounds play, and pages are alive."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Locator, Request, Response, Route, expect

from tests.acceptance.browser import Visit, Visits
from tests.acceptance.server import Server, wait_for

CAPTIONS = "subtitles/multilingual/captions"
# By the names that they get here: what of the real media they are.
EVENING = {
    "1 Battle.webm": "video/tears-of-steel-battle-clip-medium.webm",
    "1 Battle.en.vtt": f"{CAPTIONS}.en.vtt",
    "1 Battle.ru.vtt": f"{CAPTIONS}.ru.vtt",
    "2 Viper.mp3": "audio/viper.mp3",
    "3 Water.mp4": "video/stream-of-water.mp4",
    "4 Flower.mp4": "video/flower.mp4",
    "4 Flower.ru.vtt": "video/stream-of-water.vtt",
}
PLAYER = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&rel=0"
PLAYS = "player => !player.paused && player.currentTime > {} && player.readyState > 2"


@dataclass
class Pages:
    """What there is to see."""

    evening: str
    reading: str
    key: int
    contents: list[int]


@pytest.fixture(scope="module")
def pages(server: Server, shared_media: Path, tmp_path_factory: pytest.TempPathFactory) -> Pages:
    folder = tmp_path_factory.mktemp("real") / "Evening"
    folder.mkdir()
    for name, real in EVENING.items():
        shutil.copy(shared_media / real, folder / name)
    done = server.run("import", str(folder.parent))
    assert done.returncode == 0, done.stderr
    editor = server.editor()
    (found,) = editor.get("/api/page/content/").json()["results"]
    wait_for("the files", lambda: len(_page(server, found["id"])["contents"]) == 4)
    words = "Plain words, [a link](https://example.org/)"
    text = _made(server, "/api/content/", content_type="text", title="Note", text=words)
    link = {"content_type": "video", "title": "Elsewhere", "video_url": "https://youtu.be/dQw4w9WgXcQ"}
    elsewhere = _made(server, "/api/content/", **link)
    reading = _made(server, "/api/page/content/", title="Reading", contents=[text["id"], elsewhere["id"]])
    for number in range(25):
        _made(server, "/api/page/content/", title=f"Часть {number}")
    contents = [content["id"] for content in _page(server, found["id"])["contents"]]
    return Pages(f"/pages/{found['slug']}/", f"/pages/{reading['slug']}/", found["id"], contents)


def _page(server: Server, key: int) -> Any:
    return server.editor().get(f"/api/page/content/{key}/").json()


def _made(server: Server, path: str, **fields: Any) -> Any:
    answer = server.editor().post(path, json=fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


def section(visit: Visit, title: str) -> Locator:
    return visit.page.locator("section.content", has=visit.page.get_by_role("heading", name=title))


def player(visit: Visit, title: str) -> Locator:
    return section(visit, title).locator("video, audio")


def comes(place: Locator, is_so: str) -> None:
    """Wait until it holds of the element; it is looked at in the browser."""
    wait_for(is_so, lambda: place.evaluate(is_so))


def start(place: Locator) -> None:
    """Play it as people without a mouse do."""
    place.focus()
    place.press("Space")
    comes(place, PLAYS.format(0))


def seek(place: Locator, seconds: float) -> None:
    place.evaluate(f"player => {{ player.currentTime = {seconds}; }}")
    comes(place, "player => !player.seeking && player.readyState > 1")


def position(place: Locator) -> float:
    found: float = place.evaluate("player => player.currentTime")
    return found


# --- Players ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["Battle", "Viper", "Water", "Flower"])
def test_films_and_sounds_play_and_are_not_asked_for_before(visit: Visits, pages: Pages, title: str) -> None:
    reader = visit("en", "desk")
    asked: list[str] = []
    reader.page.on("request", lambda request: asked.append(request.resource_type))
    reader.go(pages.evening)
    reader.page.wait_for_load_state("networkidle")
    assert "media" not in asked
    assert "texttrack" not in asked
    start(player(reader, title))
    comes(player(reader, title), PLAYS.format(0.5))
    reader.ends_well()


def test_one_goes_to_the_end_and_back_by_parts(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    answers: list[tuple[int, str]] = []

    def listen(answer: Response) -> None:
        if answer.request.resource_type == "media":
            answers.append((answer.status, answer.headers.get("content-range", "")))

    reader.page.on("response", listen)
    reader.go(pages.evening)
    film = player(reader, "Battle")
    start(film)
    seek(film, 68)
    comes(film, "player => player.currentTime > 68.2 || player.ended")
    seek(film, 1)
    film.evaluate("player => player.play()")
    comes(film, PLAYS.format(1.2))
    assert position(film) < 20
    assert {status for status, _ in answers} == {206}
    assert all(re.fullmatch(r"bytes \d+-\d+/3451423", part) for _, part in answers)
    reader.ends_well()


def test_subtitles_come_at_their_second_and_in_the_language_chosen_last(visit: Visits, pages: Pages) -> None:
    reader = visit("ru", "desk")
    reader.go(pages.evening)
    film, next_film = player(reader, "Battle"), player(reader, "Flower")
    start(film)
    film.evaluate(
        "player => { for (const track of player.textTracks)"
        " track.mode = track.language === 'ru' ? 'showing' : 'disabled'; }"
    )
    cues = (
        "player => [...player.textTracks].flatMap(track => [...track.activeCues ?? []]).map(cue => cue.text)"
    )
    seek(film, 13)
    film.evaluate("player => player.pause()")
    assert film.evaluate(cues) == []
    seek(film, 15.5)
    wait_for("the words", lambda: film.evaluate(cues) == ["Слева мы видим..."])
    seek(film, 19)
    wait_for("the next words", lambda: film.evaluate(cues) == ["справа мы видим..."])
    start(next_film)
    comes(next_film, "player => player.textTracks[0].mode === 'showing'")
    # Chosen for good, until another language is, or none.
    reader.go(pages.evening)
    start(next_film)
    comes(next_film, "player => player.textTracks[0].mode === 'showing'")
    next_film.evaluate("player => { player.textTracks[0].mode = 'disabled'; }")
    wait_for("it to be remembered", lambda: remembered(reader, "subtitles") == {"language": ""})
    start(film)
    assert film.evaluate("player => [...player.textTracks].map(track => track.mode)") == ["disabled"] * 2
    reader.ends_well()


def remembered(visit: Visit, name: str) -> Any:
    return json.loads(visit.page.evaluate(f"localStorage.getItem('pagecast.{name}')") or "null")


def test_one_goes_on_where_one_left_off(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    reader.go(pages.evening)
    sound = player(reader, "Viper")
    start(sound)
    expect(section(reader, "Viper").get_by_role("button", name="From the beginning")).to_be_hidden()
    seek(sound, 20)
    reader.go(pages.evening)
    start(sound)
    assert 20 <= position(sound) < 30
    reader.shot("resumed")
    section(reader, "Viper").get_by_role("button", name="From the beginning").click()
    comes(sound, "player => player.currentTime < 10 && !player.paused")
    # Neither the first seconds are worth while nor the last.
    sound.evaluate("player => player.pause()")
    wait_for("it to be forgotten", lambda: remembered(reader, "places") == {})
    seek(sound, 35)
    reader.go(pages.evening)
    start(sound)
    assert position(sound) < 5
    reader.ends_well()


def test_so_many_places_are_remembered_and_no_more(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    reader.go(pages.evening)
    reader.page.evaluate(
        "localStorage.setItem('pagecast.places', JSON.stringify(Object.fromEntries("
        "[...Array(500).keys()].map(number => [`x${number}`, [20, number]]))))"
    )
    sound = player(reader, "Viper")
    start(sound)
    seek(sound, 20)
    wait_for("it to be written", lambda: len(remembered(reader, "places")) < 500)
    places = remembered(reader, "places")
    assert len(places) == 200
    assert {str(pages.contents[1]), "x499", "x301"} <= places.keys()
    reader.ends_well()


@pytest.mark.parametrize(
    "broken",
    [
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no'); } });",
        "Storage.prototype.setItem = () => { throw new DOMException('full'); };",
        """
        const junk = ['[1', '{"1": null}', '99', 'null', '"x"'];
        for (const name of ['places', 'speed', 'follow', 'subtitles'])
            localStorage.setItem(`pagecast.${name}`, junk[name.length % 5]);
        """,
    ],
)
def test_a_memory_that_does_not_work_breaks_nothing(visit: Visits, pages: Pages, broken: str) -> None:
    reader = visit("en", "desk")
    reader.context.add_init_script(broken)
    reader.go(pages.evening)
    sound = player(reader, "Viper")
    start(sound)
    seek(sound, 20)
    section(reader, "Viper").get_by_label("Speed").select_option("2")
    assert sound.evaluate("player => player.playbackRate") == 2
    sound.evaluate("player => player.pause()")
    reader.ends_well()


def test_the_speed_is_remembered_for_all(visit: Visits, pages: Pages) -> None:
    reader = visit("ru", "desk")
    reader.go(pages.evening)
    speed = section(reader, "Battle").get_by_role("combobox")
    expect(speed.locator("option")).to_have_text(["0,5×", "0,75×", "1×", "1,25×", "1,5×", "1,75×", "2×"])
    speed.select_option("1,5×")
    reader.go(pages.evening)
    expect(section(reader, "Viper").get_by_role("combobox")).to_have_value("1.5")
    start(player(reader, "Water"))
    assert player(reader, "Water").evaluate("player => player.playbackRate") == 1.5
    # The browser has a menu for it, too.
    player(reader, "Water").evaluate("player => { player.playbackRate = 0.75; }")
    expect(section(reader, "Flower").get_by_role("combobox")).to_have_value("0.75")
    reader.ends_well()


def test_the_next_follows_by_itself_if_that_is_wanted(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    reader.go(pages.evening)
    sound, film = player(reader, "Viper"), player(reader, "Water")
    start(sound)
    seek(sound, 40.5)
    comes(sound, "player => player.ended")
    assert film.evaluate("player => player.paused && player.readyState === 0")
    switch = section(reader, "Viper").get_by_role("checkbox")
    expect(switch).not_to_be_checked()
    switch.check()
    expect(section(reader, "Battle").get_by_role("checkbox")).to_be_checked()
    expect(section(reader, "Flower").get_by_role("checkbox")).to_have_count(0)
    reader.go(pages.evening)
    expect(switch).to_be_checked()
    start(sound)
    seek(sound, 40.5)
    comes(film, PLAYS.format(0.2))
    expect(film).to_be_in_viewport()
    reader.ends_well()


def test_one_plays_at_a_time_and_the_system_is_told_which(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    reader.go(pages.evening)
    start(player(reader, "Battle"))
    start(player(reader, "Viper"))
    comes(player(reader, "Battle"), "player => player.paused")
    told = reader.page.evaluate(
        "(({title, album, artwork}) => [title, album, artwork.length])(navigator.mediaSession.metadata)"
    )
    assert told == ["2 Viper", "Evening", 1]
    reader.ends_well()


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "It could not be loaded. Try again"), ("ru", "Загрузить не удалось. Повторить")],
)
def test_what_cannot_be_loaded_says_so_and_goes_on_once_it_can(
    visit: Visits, pages: Pages, language: str, words: str
) -> None:
    reader = visit(language, "phone")
    reader.go(pages.evening)
    key = pages.contents[1]
    reader.page.evaluate(f"localStorage.setItem('pagecast.places', '{{\"{key}\": [20, 1]}}')")
    alerts = reader.page.get_by_role("alert")
    expect(alerts).to_have_count(0)
    reader.page.route("**/*.mp3", lambda route: route.fulfill(status=404))
    sound = player(reader, "Viper")
    sound.focus()
    sound.press("Space")
    expect(alerts).to_have_text([words])
    expect(section(reader, "Viper").get_by_role("alert")).to_be_visible()
    reader.shot("broken")
    reader.page.unroute("**/*.mp3")
    alerts.get_by_role("button").click()
    comes(sound, PLAYS.format(20))
    expect(alerts).to_have_count(0)
    expect(sound).to_be_focused()
    reader.ends_well("404")


def test_nothing_moves_when_the_tools_come(visit: Visits, pages: Pages) -> None:
    reader = visit("ru", "desk")
    # As narrow as a phone, without its touch: pages are told of that when they are there already.
    reader.page.set_viewport_size({"width": 390, "height": 1200})
    reader.context.add_init_script("""
        window.shifts = [];
        const seen = list => shifts.push(...list.getEntries().map(shift => [
            shift.value, ...shift.sources.map(source => [
                source.node?.outerHTML?.slice(0, 60), source.previousRect.y, source.currentRect.y,
                source.previousRect.height, source.currentRect.height,
            ]),
        ]));
        new PerformanceObserver(seen).observe({ type: 'layout-shift', buffered: true });
    """)
    reader.go(pages.evening)
    expect(section(reader, "Flower").get_by_role("combobox")).to_be_visible()
    reader.page.wait_for_load_state("networkidle")
    reader.shot("tools")
    shifts = reader.page.evaluate("shifts")
    assert sum(shift[0] for shift in shifts) < 0.02, shifts
    reader.ends_well()


# What is drawn around the element that has the focus, or around what holds it, and is cut off by nothing.
MARKED = """element => {
  // The browser marks its own controls, within a player.
  if (!element.matches(':focus')) return true;
  const cuts = (outer, inner, room) => {
    const [one, other] = [outer.getBoundingClientRect(), inner.getBoundingClientRect()];
    return getComputedStyle(outer).overflow !== 'visible' && (one.left > other.left - room ||
      one.top > other.top - room || one.right < other.right + room || one.bottom < other.bottom + room);
  };
  for (let inner = element; inner !== document.body; inner = inner.parentElement) {
    const style = getComputedStyle(inner);
    const room = parseFloat(style.outlineOffset) + parseFloat(style.outlineWidth);
    let outer = inner.parentElement;
    while (outer !== document.body && !cuts(outer, inner, room)) outer = outer.parentElement;
    if (style.outlineStyle !== 'none' && outer === document.body) return true;
  }
  return false;
}"""


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_one_sees_where_one_is_by_keyboard(server: Server, visit: Visits, pages: Pages, width: str) -> None:
    texts = [_made(server, "/api/content/", content_type="text", title=f"Text {each}") for each in range(20)]
    listed = _made(server, "/api/page/content/", title="List", contents=[text["id"] for text in texts])
    reader = visit("en", width)
    seen = set()
    for path in (pages.evening, pages.reading, f"/pages/{listed['slug']}/"):
        reader.go(path)
        reader.page.keyboard.press("Tab")
        while (where := reader.page.evaluate("document.activeElement.localName")) != "body":
            what = reader.page.evaluate("document.activeElement.outerHTML")
            assert reader.page.evaluate(f"({MARKED})(document.activeElement)"), what
            seen.add(where)
            reader.page.keyboard.press("Tab")
    assert {"a", "audio", "button", "input", "select", "video"} <= seen
    reader.ends_well()


def test_paper_has_addresses_and_no_room_for_what_does_not_print(
    server: Server, visit: Visits, pages: Pages
) -> None:
    film = {"content_type": "video", "title": "Film", "video_url": "https://films.example.org/a.mp4"}
    link = {"content_type": "audio", "title": "Link", "audio_url": "https://soundcloud.com/forss/flickermood"}
    contents = [_made(server, "/api/content/", **each)["id"] for each in (film, link)]
    paper = _made(server, "/api/page/content/", title="Paper", contents=contents)
    reader = visit("en", "desk")
    reader.page.emulate_media(media="print")
    reader.go(f"/pages/{paper['slug']}/")
    reader.shot("paper")
    for title, address in (("Film", film["video_url"]), ("Link", link["audio_url"])):
        expect(section(reader, title).get_by_text(address)).to_be_visible()
        box = section(reader, title).locator(".stage").bounding_box()
        assert box is not None
        assert box["height"] < 40, title
    reader.go(pages.evening)
    expect(player(reader, "Battle")).to_be_visible()
    reader.ends_well()


# --- Players of other sites ----------------------------------------------------------------------------


def test_another_site_is_asked_for_its_player_after_a_click_and_not_before(
    visit: Visits, pages: Pages
) -> None:
    reader = visit("en", "desk")
    page = "<title>Player</title><button>Play</button>"
    reader.context.route("https://*/**", lambda route: route.fulfill(content_type="text/html", body=page))
    reader.go(pages.reading)
    reader.page.wait_for_load_state("networkidle")
    assert reader.strange == []
    reader.page.locator("a[data-embed]").click()
    frame = reader.page.locator("iframe")
    expect(frame).to_be_focused()
    expect(reader.page.frame_locator("iframe").get_by_role("button", name="Play")).to_be_visible()
    told = {name: frame.get_attribute(name) for name in ("src", "title", "referrerpolicy", "allowfullscreen")}
    assert told == {
        "src": PLAYER,
        "title": "Elsewhere",
        "referrerpolicy": "strict-origin-when-cross-origin",
        "allowfullscreen": "",
    }
    assert "allow-top-navigation" not in (frame.get_attribute("sandbox") or "allow-top-navigation")
    assert reader.strange == [PLAYER]
    reader.complained_only_of()
    reader.shot("embedded")


def test_a_frame_of_nobody_else_is_shown(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    reader.go(pages.reading)
    refused = reader.page.evaluate(
        "new Promise(done => { document.body.append(document.createElement('iframe'));"
        "addEventListener('securitypolicyviolation', event => done(event.effectiveDirective));"
        "setTimeout(done, 5000, 'nobody refuses');"
        "document.querySelector('iframe').src = 'https://example.org/'; })"
    )
    assert refused == "frame-src"
    reader.ends_well("frame-src|Framing")


# --- A page inside of other people's --------------------------------------------------------------------


@pytest.fixture
def elsewhere(pages: Pages, server: Server) -> Iterator[Callable[[str], str]]:
    """The address of a page of another site, which shows in a frame what is at this path of ours."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            source = f"{server.url}{unquote(self.path)}embed/"
            self.wfile.write(f'<iframe src="{source}" width="640" height="500" allowfullscreen>'.encode())

        def log_message(self, *_words: Any) -> None:
            """Nobody wants to know."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        Thread(target=site.serve_forever).start()
        yield lambda path: f"http://localhost:{site.server_port}{path}"
        site.shutdown()


def test_films_in_a_frame_play_with_their_tools_one_after_the_other(
    visit: Visits, pages: Pages, elsewhere: Callable[[str], str]
) -> None:
    reader = visit("en", "desk")
    reader.page.goto(elsewhere(pages.evening))
    frame = reader.page.frame_locator("iframe")
    section = frame.locator("section.content", has=frame.get_by_role("heading", name="Viper"))
    sound, film = section.locator("audio"), frame.locator("video").nth(1)
    section.get_by_role("checkbox", name="Autoplay next").check()
    section.get_by_label("Speed").select_option("2")
    start(sound)
    assert sound.evaluate("player => player.playbackRate") == 2
    seek(sound, 40.5)
    comes(film, PLAYS.format(0.2))
    reader.complained_only_of()


def test_links_in_a_frame_play_in_it_or_open_a_window_of_their_own(
    visit: Visits, pages: Pages, elsewhere: Callable[[str], str]
) -> None:
    reader = visit("en", "desk")
    page = "<title>Player</title><button>Play</button>"
    reader.context.route("https://*/**", lambda route: route.fulfill(content_type="text/html", body=page))
    reader.page.goto(elsewhere(pages.reading))
    frame = reader.page.frame_locator("iframe")
    frame.locator("a[data-embed]").click()
    expect(frame.frame_locator("iframe").get_by_role("button", name="Play")).to_be_visible()
    with reader.context.expect_page() as opened:
        frame.get_by_role("link", name="a link").click()
    assert opened.value.url == "https://example.org/"
    assert frame.get_by_role("heading", name="Note").is_visible()
    reader.complained_only_of()


def test_players_of_others_fit_into_a_frame_as_films_do(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    reader.context.route("https://*/**", lambda route: route.fulfill(content_type="text/html", body="Play"))
    reader.page.set_viewport_size({"width": 640, "height": 374})
    reader.go(f"{pages.reading}embed/")
    for what in ("a[data-embed]", "iframe"):
        box = reader.page.locator(what).bounding_box()
        assert box is not None
        assert (round(box["width"]), round(box["height"])) == (616, 374 - 108), what
        reader.page.locator(what).click()
    reader.complained_only_of()


# --- What is alive -------------------------------------------------------------------------------------


def counter(visit: Visit, content: int) -> Locator:
    return visit.page.locator(f"[data-content='{content}']")


def test_counters_rise_while_one_looks_and_looking_counts_nothing(
    visit: Visits, server: Server, pages: Pages
) -> None:
    reader = visit("ru", "desk")
    reader.page.clock.install()
    reader.go(pages.evening)
    film = counter(reader, pages.contents[0])
    assert re.fullmatch(r"\d+ просмотр(а|ов)?", film.inner_text())
    seen = int(film.inner_text().split()[0])
    for _ in range(3):
        server.get(f"/api/page/content/{pages.key}/")
    with reader.page.expect_response("**/counters/"):
        reader.page.clock.fast_forward(13_000)
    expect(film).to_have_text(re.compile(rf"^{seen + 3} просмотр(а|ов)?$"))
    # The page has been opened as often as the film on it has been seen.
    expect(reader.page.locator("[data-views]")).to_have_text(film.inner_text())
    for _ in range(3):
        with reader.page.expect_response("**/counters/"):
            reader.page.clock.fast_forward(60_000)
    assert int(film.inner_text().split()[0]) == seen + 3
    assert film.get_attribute("aria-live") is None
    reader.ends_well()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", {1: "1 view", 2: "2 views", 1234567: "1,234,567 views"}),
        ("ru", {1: "1 просмотр", 3: "3 просмотра", 11: "11 просмотров", 1022: "1\u00a0022 просмотра"}),
    ],
)
def test_counters_are_said_as_the_server_says_them(
    visit: Visits, pages: Pages, language: str, said: dict[int, str]
) -> None:
    reader = visit(language, "desk")
    answers = iter(said)
    reader.page.route("**/counters/", lambda route: route.fulfill(json=told(pages, next(answers))))
    reader.page.clock.install()
    reader.go(pages.evening)
    for words in said.values():
        with reader.page.expect_response("**/counters/"):
            reader.page.clock.fast_forward(13_000)
        expect(counter(reader, pages.contents[0])).to_have_text(words)
        # The next time has been planned.
        reader.page.wait_for_timeout(30)
    reader.ends_well()


def told(pages: Pages, number: int) -> Any:
    contents = [{"id": content, "counter": number} for content in pages.contents]
    return {"id": pages.key, "contents": contents, "views": number}


class Asked:
    """How often the counters were asked for, and what the server says to it from now on."""

    def __init__(self, visit: Visit) -> None:
        self.times = 0
        self.answer: dict[str, Any] = {"status": 200, "json": {"id": 1, "contents": []}}
        visit.page.route("**/counters/", self._answer)
        visit.page.clock.install()
        self._page = visit.page

    def after(self, seconds: int, step: int = 5) -> int:
        """How often they were asked for within so many seconds, which go by in steps."""
        before = self.times
        for _ in range(seconds // step):
            self._page.clock.fast_forward(step * 1000)
            # An answer has come before the next seconds go by.
            self._page.wait_for_timeout(30)
        return self.times - before

    def _answer(self, route: Route) -> None:
        self.times += 1
        route.fulfill(**self.answer)


def test_the_server_is_asked_politely(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    asked = Asked(reader)
    reader.go(pages.evening)
    # A number that has changed would be asked for again as soon as the first time.
    shown = reader.page.locator("[data-views]").inner_text()
    asked.answer["json"]["views"] = int(shown.split()[0])
    assert asked.after(5) == 0
    assert asked.after(60) in {2, 3}
    # Nothing changes: minutes go by between two.
    asked.after(900, 30)
    assert asked.after(600, 30) in {1, 2, 3}
    asked.answer = {"status": 503, "headers": {"Retry-After": "3600"}, "body": "{}"}
    asked.after(600, 60)
    assert asked.after(2400, 60) == 0
    asked.answer = {"status": 404, "body": "{}"}
    assert asked.after(2400, 60) == 1
    assert asked.after(1200, 60) == 0
    reader.ends_well("503", "404")


def test_nobody_is_asked_while_nobody_looks(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    asked = Asked(reader)
    reader.go(pages.evening)
    hide = (
        "Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    reader.page.evaluate(hide.format("true"))
    assert asked.after(300) == 0
    reader.page.evaluate(hide.format("false"))
    assert asked.after(5) == 1
    reader.ends_well()


def test_a_page_asks_for_the_scripts_that_it_needs(visit: Visits, pages: Pages) -> None:
    reader = visit("en", "desk")
    asked: list[str] = []

    def listen(request: Request) -> None:
        if request.resource_type == "script":
            asked.append(request.url.rpartition("/")[2])

    reader.page.on("request", listen)
    for path, expected in {
        "/": ["search.js", "site.js"],
        pages.reading: ["counters.js", "embeds.js", "site.js"],
        pages.evening: [
            "counters.js",
            "memory.js",
            "places.js",
            "players.js",
            "site.js",
            "subtitles.js",
            "system.js",
        ],
    }.items():
        reader.go(path)
        reader.page.wait_for_load_state("networkidle")
        assert sorted(set(asked)) == expected
        asked.clear()
    reader.ends_well()


# --- Searching -----------------------------------------------------------------------------------------


@pytest.fixture
def results(visit: Visits, pages: Pages) -> Iterator[tuple[Visit, Locator]]:
    reader = visit("en", "desk")
    reader.go("/")
    yield reader, reader.page.locator("[data-results]")
    reader.ends_well()


def test_the_list_is_searched_as_one_types(results: tuple[Visit, Locator]) -> None:
    reader, found = results
    field = reader.page.get_by_role("searchbox")
    reader.page.evaluate("window.same = true")
    field.press_sequentially("eVen", delay=30)
    expect(found.get_by_role("article")).to_have_count(1)
    expect(found).to_contain_text("Evening")
    expect(reader.page.get_by_role("status")).to_have_text("1 page")
    assert reader.page.url == f"{reader.server.url}/?search=eVen"
    field.press_sequentially("ingx")
    expect(found.get_by_role("article")).to_have_count(0)
    expect(field).to_have_value("eVeningx")
    expect(field).to_be_focused()
    reader.shot("searched")
    field.fill("")
    expect(found).to_contain_text("Часть 24")
    assert reader.page.url == f"{reader.server.url}/"
    assert reader.page.evaluate("same")


def test_the_last_that_was_typed_is_what_is_shown(results: tuple[Visit, Locator]) -> None:
    reader, found = results
    field = reader.page.get_by_role("searchbox")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    reader.page.route("**/?search=Even", hold)
    field.fill("Even")
    wait_for("the first to be asked", lambda: reader.page.evaluate("1") and waiting)
    field.fill("Read")
    expect(found).to_contain_text("Reading")
    waiting[0].fulfill(body=reader.server.get("/?search=Even").text, content_type="text/html")
    reader.page.wait_for_timeout(200)
    expect(found).not_to_contain_text("Evening")
    assert reader.page.url.endswith("/?search=Read")


def test_a_search_that_fails_leaves_everything_as_it_is(results: tuple[Visit, Locator]) -> None:
    reader, found = results
    reader.page.route("**/?search=*", lambda route: route.fulfill(status=503, body="no"))
    field = reader.page.get_by_role("searchbox")
    with reader.page.expect_response("**/?search=Even"):
        field.fill("Even")
    expect(field).to_have_value("Even")
    expect(found).to_contain_text("Часть 24")
    reader.page.unroute("**/?search=*")
    field.press("Enter")
    reader.page.wait_for_url("**/?search=Even")
    expect(found).not_to_contain_text("Часть 24")
    reader.complained_only_of("503")


# --- Without any script --------------------------------------------------------------------------------


@pytest.fixture
def plain(browser: Browser, server: Server, pages: Pages) -> Iterator[Visit]:
    context = browser.new_context(
        java_script_enabled=False, locale="en", viewport={"width": 390, "height": 900}
    )
    yield (reader := Visit(context, server, "en", "plain"))
    reader.ends_well()
    context.close()


def test_without_scripts_one_plays(plain: Visit, pages: Pages) -> None:
    plain.go(pages.evening)
    start(player(plain, "Water"))
    expect(plain.page.locator("[data-tools]").first).to_be_hidden()
    plain.shot("evening")


def test_without_scripts_one_reads_and_goes_elsewhere(plain: Visit, pages: Pages) -> None:
    plain.go(pages.reading)
    expect(section(plain, "Note")).to_contain_text("Plain words")
    link = section(plain, "Elsewhere").locator("a[data-embed]")
    expect(link).to_have_attribute("href", "https://youtu.be/dQw4w9WgXcQ")
    expect(counter(plain, pages.contents[0])).to_have_count(0)


def test_without_scripts_one_searches_and_turns_pages(plain: Visit, pages: Pages) -> None:
    plain.go("/")
    plain.page.get_by_role("searchbox").fill("Часть")
    plain.page.get_by_role("searchbox").press("Enter")
    plain.page.wait_for_url("**/?*search=*")
    expect(plain.page.get_by_role("article")).to_have_count(20)
    plain.page.get_by_role("link", name=re.compile("Next")).first.click()
    plain.page.wait_for_url("**/?*page=2*")
    expect(plain.page.get_by_role("article")).to_have_count(5)
