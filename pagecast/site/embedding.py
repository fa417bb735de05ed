"""Players of other sites: which one plays what a link leads to.

A link is only ever compared with a table; the player's address is made of what was found in it, never of the
link itself. So the worst that a link can do is to have no player.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, quote, urlsplit

LONGEST = 2000
_NUMBER, _HASH = r"\d{1,20}", r"[0-9a-zA-Z]{1,40}"
_WORD = r"[\w-]{1,200}"
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
#: 90, 90s, 1m30s, 1h1m30s
_MOMENT = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?", re.ASCII)
# Hosts that show the same as those without the prefix.
_PREFIXES = ("www.", "m.", "music.")


@dataclass(frozen=True, slots=True)
class Way:
    """Links of one form: their host with their path, and parameters that they have, or may have."""

    place: str
    needs: Mapping[str, str] = field(default_factory=dict)
    takes: Mapping[str, str] = field(default_factory=dict)

    def found(self, place: str, query: Mapping[str, str]) -> dict[str, str] | None:
        """What the link says by this form; None when it is of another."""
        match = re.fullmatch(self.place, place, re.ASCII)
        if match is None:
            return None
        said = {name: value for name, value in match.groupdict().items() if value}
        for name, pattern in (*self.needs.items(), *self.takes.items()):
            if parameter := re.fullmatch(pattern, query.get(name, ""), re.ASCII):
                said |= {name: parameter[0]} | parameter.groupdict()
            elif name in self.needs:
                return None
        return said


@dataclass(frozen=True, slots=True)
class Player:
    """A player: its frame's address with what is found in a link, and what else a link may say."""

    name: str
    host: str
    address: str
    ways: Sequence[Way]
    #: By what a link said: what the address gets in addition.
    more: Mapping[str, str] = field(default_factory=dict)

    def plays(self, place: str, query: Mapping[str, str], moment: int | None) -> str | None:
        """The address for such a link."""
        for way in self.ways:
            said = way.found(place, query)
            if said is not None:
                if moment:
                    said |= {"moment": str(moment)}
                safe = {name: quote(value, safe="") for name, value in said.items()}
                more = "".join(text.format(**safe) for name, text in self.more.items() if name in safe)
                return f"https://{self.host}{self.address.format(**safe)}{more}"
        return None


_YOUTUBE_ID = r"[\w-]{11}"
_VK = r"(?:vk\.com|vk\.ru|vkvideo\.ru)"
_VK_ID = rf"(?P<oid>-?{_NUMBER})_(?P<id>{_NUMBER})"

PLAYERS = (
    Player(
        "YouTube",
        "www.youtube-nocookie.com",
        "/embed/{v}?autoplay=1&rel=0",
        (
            Way(r"youtube\.com/watch/?", {"v": _YOUTUBE_ID}, {"list": _WORD}),
            Way(rf"youtu\.be/(?P<v>{_YOUTUBE_ID})/?", {}, {"list": _WORD}),
            Way(
                rf"youtube(?:-nocookie)?\.com/(?:embed|shorts|live|v)/(?P<v>(?!videoseries){_YOUTUBE_ID})/?",
                {},
                {"list": _WORD},
            ),
        ),
        {"list": "&list={list}", "moment": "&start={moment}"},
    ),
    Player(
        "YouTube",
        "www.youtube-nocookie.com",
        "/embed/videoseries?list={list}&autoplay=1",
        (Way(r"youtube(?:-nocookie)?\.com/(?:playlist|embed/videoseries)/?", {"list": _WORD}),),
    ),
    Player(
        "Vimeo",
        "player.vimeo.com",
        "/video/{id}?autoplay=1&dnt=1",
        (
            Way(rf"(?:player\.vimeo\.com/video|vimeo\.com)/(?P<id>{_NUMBER})/?", {}, {"h": _HASH}),
            Way(rf"vimeo\.com/(?P<id>{_NUMBER})/(?P<h>{_HASH})/?"),
            Way(rf"vimeo\.com/(?:channels|ondemand)/{_WORD}/(?P<id>{_NUMBER})/?"),
            Way(rf"vimeo\.com/(?:groups|album|showcase)/{_WORD}/videos?/(?P<id>{_NUMBER})/?"),
        ),
        {"h": "&h={h}", "moment": "#t={moment}s"},
    ),
    Player(
        "RuTube",
        "rutube.ru",
        "/play/embed/{id}?autoplay=1",
        (
            Way(
                r"rutube\.ru/(?:video(?:/private)?|shorts|live/video(?:/private)?|play/embed)"
                r"/(?P<id>[0-9a-f]{32}|\d{1,12})/?",
                {},
                {"p": r"[\w-]{1,60}"},
            ),
        ),
        {"p": "&p={p}", "moment": "&t={moment}"},
    ),
    Player(
        "VK Video",
        "vkvideo.ru",
        "/video_ext.php?oid={oid}&id={id}&autoplay=1",
        (
            Way(rf"{_VK}/(?:[\w@./-]{{1,200}}/)?(?:video|clip){_VK_ID}/?"),
            Way(
                rf"{_VK}/[\w@./-]{{1,200}}",
                {"z": rf"(?:video|clip){_VK_ID}(?:/{_WORD})?"},
            ),
            Way(
                rf"{_VK}/video_ext\.php",
                {"oid": rf"-?{_NUMBER}", "id": _NUMBER},
                {"hash": _HASH},
            ),
        ),
        {"hash": "&hash={hash}", "moment": "&t={moment}s"},
    ),
    Player(
        "OK",
        "ok.ru",
        "/videoembed/{id}?autoplay=1",
        (Way(rf"(?:ok|odnoklassniki)\.ru/(?:video|live|videoembed)/(?P<id>{_NUMBER})/?"),),
        {"moment": "&fromTime={moment}"},
    ),
    Player(
        "Dailymotion",
        "geo.dailymotion.com",
        "/player.html?video={video}",
        (
            Way(rf"dailymotion\.com/(?:embed/)?video/(?P<video>{_HASH})(?:_{_WORD})?/?"),
            Way(rf"dai\.ly/(?P<video>{_HASH})/?"),
            Way(r"geo\.dailymotion\.com/player(?:/\w{1,20})?\.html", {"video": _HASH}),
        ),
        {"moment": "&startTime={moment}"},
    ),
    Player(
        "Bilibili",
        "player.bilibili.com",
        "/player.html?bvid={id}&autoplay=1",
        (Way(r"bilibili\.com/video/(?P<id>BV[0-9A-Za-z]{10})/?"),),
        {"moment": "&t={moment}"},
    ),
    Player(
        "TED",
        "embed.ted.com",
        "/talks/{talk}",
        (Way(rf"(?:embed\.)?ted\.com/talks/(?P<talk>{_WORD})/?"),),
    ),
    Player(
        "Internet Archive",
        "archive.org",
        "/embed/{item}",
        (Way(r"archive\.org/(?:details|embed)/(?P<item>\w[\w.-]{0,99})/?"),),
    ),
    Player(
        "SoundCloud",
        "w.soundcloud.com",
        "/player/?url=https%3A%2F%2Fsoundcloud.com%2F{track}&auto_play=true",
        (
            Way(rf"soundcloud\.com/(?P<track>(?!you/|discover/|search/){_WORD}/{_WORD}(?:/s-{_WORD})?)/?"),
            Way(rf"soundcloud\.com/(?P<track>{_WORD}/sets/{_WORD}(?:/s-{_WORD})?)/?"),
        ),
    ),
    Player(
        "Spotify",
        "open.spotify.com",
        "/embed/{sort}/{id}",
        (
            Way(
                r"open\.spotify\.com/(?:intl-\w{2,5}/)?(?:embed/)?"
                r"(?P<sort>track|album|playlist|artist|episode|show)/(?P<id>[0-9A-Za-z]{22})/?"
            ),
        ),
    ),
    Player(
        "Mixcloud",
        "player-widget.mixcloud.com",
        "/widget/iframe/?feed=%2F{by}%2F{show}%2F&autoplay=1",
        (Way(rf"mixcloud\.com/(?P<by>(?!discover/){_WORD})/(?P<show>{_WORD})/?"),),
    ),
    Player(
        "Apple Podcasts",
        "embed.podcasts.apple.com",
        "/{country}/podcast/id{id}",
        (
            Way(
                rf"(?:embed\.)?podcasts\.apple\.com/(?P<country>[a-z]{{2}})/podcast/(?:[^/]{{1,300}}/)?id(?P<id>{_NUMBER})/?",
                {},
                {"i": _NUMBER},
            ),
        ),
        {"i": "?i={i}"},
    ),
)

#: All that pages of ours may show in a frame.
FRAMES = tuple(dict.fromkeys(f"https://{player.host}" for player in PLAYERS))

# What browsers play themselves, by the end of a name.
_FILE = re.compile(r"\.(?:mp4|m4v|webm|ogv|mp3|m4a|aac|ogg|oga|opus|flac|wav)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Embed:
    """What plays a link: whose player it is, and the address of its frame."""

    name: str
    address: str


def find(link: str | None) -> Embed | None:
    """What plays what this link leads to; None: nothing that is known."""
    parts = _parts(link)
    if parts is None:
        return None
    host = parts.hostname or ""
    for prefix in _PREFIXES:
        host = host.removeprefix(prefix)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    moment = _moment(query.get("t") or query.get("start") or parts.fragment.removeprefix("t="))
    for player in PLAYERS:
        if address := player.plays(f"{host}{parts.path}", query, moment):
            return Embed(player.name, address)
    return None


def is_media_file(link: str | None) -> bool:
    """Whether the link leads to a film or a sound itself, of a kind that browsers play."""
    parts = _parts(link)
    return parts is not None and _FILE.search(parts.path) is not None


def _parts(link: str | None) -> SplitResult | None:
    """Its parts, if it is a plain address of the web. Browsers read others in ways that nobody foresees."""
    if not link or len(link) > LONGEST or _UNSAFE.search(link):
        return None
    try:
        parts = urlsplit(link)
        is_plain = parts.scheme in {"http", "https"} and parts.netloc.lower() == parts.hostname
    except ValueError:
        return None
    return parts if is_plain else None


def _moment(text: str) -> int | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = (int(each or 0) for each in match.groups())
    return (hours * 60 + minutes) * 60 + seconds
