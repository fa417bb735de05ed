"""Which player plays what a link leads to."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import pytest
from django.template import Context, Template
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from pagecast.conf import security
from pagecast.site import embedding, marks
from pagecast.site.marks import cut

YOUTUBE = "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&rel=0"
RUTUBE = "https://rutube.ru/play/embed/7358ddc35dd78d6f136be8e99f8be457?autoplay=1"
VK = "https://vkvideo.ru/video_ext.php?oid=-22822305&id=456241864&autoplay=1"
DAILYMOTION = "https://geo.dailymotion.com/player.html?video=x7z0ovx"
SOUNDCLOUD = "https://w.soundcloud.com/player/?url=https%3A%2F%2Fsoundcloud.com%2F{}&auto_play=true"

PLAYED = {
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ": YOUTUBE,
    "http://youtube.com/watch?feature=share&v=dQw4w9WgXcQ": YOUTUBE,
    "HTTPS://M.YouTube.com/watch?v=dQw4w9WgXcQ#comments": YOUTUBE,
    "https://music.youtube.com/watch?v=dQw4w9WgXcQ": YOUTUBE,
    "https://youtu.be/dQw4w9WgXcQ?si=abc": YOUTUBE,
    "https://youtu.be/dQw4w9WgXcQ?t=1m30s": f"{YOUTUBE}&start=90",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=42": f"{YOUTUBE}&start=42",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL_x-1": f"{YOUTUBE}&list=PL_x-1",
    "https://www.youtube.com/shorts/dQw4w9WgXcQ": YOUTUBE,
    "https://www.youtube.com/live/dQw4w9WgXcQ": YOUTUBE,
    "https://www.youtube.com/embed/dQw4w9WgXcQ": YOUTUBE,
    "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ": YOUTUBE,
    "https://www.youtube.com/playlist?list=PL_x-1": (
        "https://www.youtube-nocookie.com/embed/videoseries?list=PL_x-1&autoplay=1"
    ),
    "https://vimeo.com/76979871": "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1",
    "https://vimeo.com/76979871/8272103f6e": (
        "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1&h=8272103f6e"
    ),
    "https://player.vimeo.com/video/76979871?h=8272103f6e": (
        "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1&h=8272103f6e"
    ),
    "https://vimeo.com/channels/staffpicks/76979871#t=65s": (
        "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1#t=65s"
    ),
    "https://rutube.ru/video/7358ddc35dd78d6f136be8e99f8be457/": RUTUBE,
    "https://rutube.ru/play/embed/7358ddc35dd78d6f136be8e99f8be457": RUTUBE,
    "https://rutube.ru/shorts/7358ddc35dd78d6f136be8e99f8be457/": RUTUBE,
    "https://rutube.ru/video/private/7358ddc35dd78d6f136be8e99f8be457/?p=Ab-c_1": f"{RUTUBE}&p=Ab-c_1",
    "https://vk.com/video-22822305_456241864": VK,
    "https://vkvideo.ru/video-22822305_456241864": VK,
    "https://vkvideo.ru/playlist/-22822305_-2/video-22822305_456241864": VK,
    "https://vk.com/video?z=video-22822305_456241864%2Fpl_cat_trends": VK,
    "https://vk.com/video/@club?z=video-22822305_456241864": VK,
    "https://m.vk.com/clip-22822305_456241864?t=12s": f"{VK}&t=12s",
    "https://vk.com/video_ext.php?oid=-22822305&id=456241864&hash=4a3b": f"{VK}&hash=4a3b",
    "https://ok.ru/video/1234567890": "https://ok.ru/videoembed/1234567890?autoplay=1",
    "https://www.dailymotion.com/video/x7z0ovx": DAILYMOTION,
    "https://www.dailymotion.com/video/x7z0ovx_a-title_news": DAILYMOTION,
    "https://dai.ly/x7z0ovx": DAILYMOTION,
    "https://geo.dailymotion.com/player.html?video=x7z0ovx": DAILYMOTION,
    "https://soundcloud.com/forss/flickermood": SOUNDCLOUD.format("forss%2Fflickermood"),
    "https://m.soundcloud.com/forss/sets/soulhack": SOUNDCLOUD.format("forss%2Fsets%2Fsoulhack"),
    "https://www.mixcloud.com/spartacus/party-time/": (
        "https://player-widget.mixcloud.com/widget/iframe/?feed=%2Fspartacus%2Fparty-time%2F&autoplay=1"
    ),
    "https://open.spotify.com/intl-de/track/11dFghVXANMlKmJXsNCbNl?si=1": (
        "https://open.spotify.com/embed/track/11dFghVXANMlKmJXsNCbNl"
    ),
    "https://podcasts.apple.com/us/podcast/the-title/id1200361736?i=1000500": (
        "https://embed.podcasts.apple.com/us/podcast/id1200361736?i=1000500"
    ),
    "https://archive.org/details/BigBuckBunny_124": "https://archive.org/embed/BigBuckBunny_124",
    "https://www.ted.com/talks/ken_robinson_on_schools": (
        "https://embed.ted.com/talks/ken_robinson_on_schools"
    ),
    "https://www.bilibili.com/video/BV1GJ411x7h7/": (
        "https://player.bilibili.com/player.html?bvid=BV1GJ411x7h7&autoplay=1"
    ),
}
UNPLAYED = [
    None,
    "",
    "dQw4w9WgXcQ",
    "//www.youtube.com/watch?v=dQw4w9WgXcQ",
    "javascript:alert(1)//youtube.com/watch?v=dQw4w9WgXcQ",
    "data:text/html,https://youtu.be/dQw4w9WgXcQ",
    "ftp://youtu.be/dQw4w9WgXcQ",
    "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
    "https://evil.example/youtube.com/watch?v=dQw4w9WgXcQ",
    "https://evilyoutube.com/watch?v=dQw4w9WgXcQ",
    "https://youtube.com@evil.example/watch?v=dQw4w9WgXcQ",
    "https://user:word@youtube.com/watch?v=dQw4w9WgXcQ",
    "https://youtube.com:8443/watch?v=dQw4w9WgXcQ",
    "https://youtube.com\\@evil.example/watch?v=dQw4w9WgXcQ",
    "https://youtube.com\n.evil.example/watch?v=dQw4w9WgXcQ",
    " https://youtu.be/dQw4w9WgXcQ",
    "https://youtube.com./watch?v=dQw4w9WgXcQ",
    "https://xn--youtube-xyz.com/watch?v=dQw4w9WgXcQ",
    "https://yоutube.com/watch?v=dQw4w9WgXcQ",
    "https://www.youtube.com/watch?v=short",
    'https://www.youtube.com/watch?v="><script>',
    "https://www.youtube.com/watch?v=dQw4w9WgXcQ%0a",
    "https://www.youtube.com/watch?v=dQw4w9WgXcQextra",
    "https://www.youtube.com/watch?v=йцукенгшщзх",
    "https://www.youtube.com/redirect?q=https://evil.example",
    "https://www.youtube.com/@somebody",
    "https://vimeo.com/about",
    "https://vimeo.com/٣٤٥",
    "https://rutube.ru/video/../../evil/",
    "https://rutube.ru/video/person/123/",
    "https://vk.com/video_ext.php?oid=1&id=2/../evil",
    "https://vk.com/durov",
    "https://archive.org/details/..",
    "https://soundcloud.com/forss",
    "https://soundcloud.com/forss/..%2f..%2fevil",
    "https://[::1",
    "https://youtu.be/" + "x" * 3000,
]


@pytest.mark.parametrize("link", PLAYED)
def test_a_link_has_its_player(link: str) -> None:
    found = embedding.find(link)
    assert found is not None
    assert found.address == PLAYED[link]


@pytest.mark.parametrize("link", UNPLAYED)
def test_any_other_link_has_none(link: str | None) -> None:
    assert embedding.find(link) is None


def test_each_player_is_tried_here() -> None:
    assert {urlsplit(address).hostname for address in PLAYED.values()} == {
        player.host for player in embedding.PLAYERS
    }


@given(st.sampled_from(sorted(PLAYED)), st.text(), st.integers(0, 200))
def test_whatever_stands_in_a_link_its_player_is_one_of_the_table(link: str, noise: str, place: int) -> None:
    found = embedding.find(link[:place] + noise + link[place:])
    if found is not None:
        assert re.fullmatch(r"https://[\w.-]+/[\w./?&=%#-]+", found.address, re.ASCII)
        assert found.address.startswith(tuple(f"{frame}/" for frame in embedding.FRAMES))


def test_pages_may_frame_the_players_and_nobody_else() -> None:
    assert set(security.policy("/pages/x/")["frame-src"]) == {
        f"https://{urlsplit(address).hostname}" for address in PLAYED.values()
    }
    assert "frame-src" not in security.policy("/admin/")


@pytest.mark.parametrize(
    ("link", "is_file"),
    [
        ("https://films.example/a.mp4", True),
        ("https://films.example/a%20b.WEBM?token=1", True),
        ("http://films.example/sound.mp3#t=10", True),
        ("https://films.example/a.mp4/page", False),
        ("https://films.example/a.avi", False),
        ("https://films.example/?name=a.mp4", False),
        ("javascript:alert(1)//a.mp4", False),
        ("//films.example/a.mp4", False),
        ("https://films.example\\a.mp4", False),
        (None, False),
    ],
)
def test_a_link_to_a_file_is_told_from_one_to_a_page(link: str | None, is_file: bool) -> None:
    assert embedding.is_media_file(link) is is_file


def test_a_template_gets_the_player_and_its_name() -> None:
    template = Template("{% load pagecast %}{{ link|embed|default_if_none:'-' }} {{ link|player_name }}")
    assert template.render(Context({"link": "https://vimeo.com/1"})) == (
        "https://player.vimeo.com/video/1?autoplay=1&amp;dnt=1 Vimeo"
    )
    assert template.render(Context({"link": "https://example.org/"})) == "- "


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", {1: ["one"], 2: ["other"], 5: ["other"], 21: ["other"]}),
        ("ru", {1: ["one"], 2: ["few"], 5: ["many"], 21: ["one"]}),
    ],
)
def test_scripts_say_views_as_the_server_does(language: str, said: dict[int, list[str]]) -> None:
    with translation.override(language):
        html = Template("{% load pagecast %}{% view_words %}").render(Context())
        answer = cut(html, language).fill(b"", ()).decode()
        found = re.fullmatch(r'<script id="view-words" type="application/json">(.*)</script>', answer)
        assert found
        forms = json.loads(found[1])
        for number, (category,) in said.items():
            assert forms[category].replace("%s", marks.grouped(number)) == marks.words(number)
