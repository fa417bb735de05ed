"""Whatever is sent as subtitles, the answer is WebVTT that runs nothing, or a refusal, and it comes soon."""

from __future__ import annotations

import re
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from pagecast.media.errors import Refused
from pagecast.media.subtitles import LIMIT, convert
from tests.media.test_subtitles import ASS, EVERYTHING, SAID, SBV, SRT, TTML, VTT, cues, first, vtt

PARAGRAPH = '<p begin="1s" end="2s">x</p>'
SHEET = "WEBVTT\n\nSTYLE\n%s\n\n00:01.000 --> 00:02.000\nx\n"
# Pieces of every format, to be put together at random.
PIECES = [
    "WEBVTT",
    "\n",
    "\n\n",
    "1",
    "2",
    "00:00:01.000 --> 00:00:02.000",
    "00:00:01,000 --> 00:00:02,000",
    "-->",
    "--",
    ">",
    "0:00:01.000,0:00:02.000",
    "00:00:0",
    "STYLE\n",
    "NOTE ",
    "REGION\n",
    "::cue { color: red }",
    "url(",
    "@import",
    "\\75rl(",
    "<",
    "</",
    "<i>",
    "</i>",
    "<v Bob>",
    "<c.a>",
    "<font>",
    "<script>",
    "<00:00:01.500>",
    "{",
    "}",
    r"{\i1}",
    r"{\an8}",
    r"{\p1}",
    "[Script Info]\n",
    "[Events]\n",
    SAID,
    r"\N",
    "Format: Start, End, Text\n",
    "Dialogue: ",
    "<tt><body><div>",
    "<p begin='1s' end='2s'>",
    "</p>",
    "<br/>",
    "<span begin='1500ms'>",
    "</span>",
    "</div></body></tt>",
    "&",
    "&amp;",
    "&#10;",
    "[br]",
    "\t",
    " ",
    "\0",
    "\x0b",
    "\x1c",
    "\x85",
    "\u2028",
    "\ufeff",
    "é",
    "я",
    "か",
    "Hello",
    "/*",
    "*/",
    '"',
    ";",
    "=",
    "\r",
    "\r\n",
]


def holds_what_it_promises(data: bytes) -> None:
    try:
        made = convert(data, "film")
    except Refused:
        return
    text = made.vtt.decode()
    assert text.startswith("WEBVTT")
    assert "\r" not in text
    assert "\0" not in text
    assert not re.search(r"(?i)<\s*/?\s*(script|img|iframe|svg|style)\b", text)
    assert len(webvtt.from_string(text)) > 0
    assert convert(made.vtt, "film").vtt == made.vtt


@given(st.binary(max_size=300))
def test_whatever_the_bytes_it_is_webvtt_or_a_refusal(data: bytes) -> None:
    holds_what_it_promises(data)


@given(st.sampled_from([VTT, SRT, SBV, f"{ASS}{SAID}", TTML.partition("%s")[0]]), st.binary(max_size=200))
def test_whatever_the_bytes_behind_a_good_beginning(beginning: str, data: bytes) -> None:
    holds_what_it_promises(beginning.encode() + data)


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.sampled_from(["utf-8", "utf-16", "utf-16-be"]))
def test_whatever_is_put_together_from_pieces(pieces: list[str], encoding: str) -> None:
    holds_what_it_promises("".join(pieces).encode(encoding))


@given(st.sampled_from([VTT, SRT, SBV]), st.lists(st.sampled_from(PIECES), max_size=20))
def test_whatever_is_said(beginning: str, pieces: list[str]) -> None:
    holds_what_it_promises((beginning + "".join(pieces)).encode())


@given(st.integers(0, len(EVERYTHING.encode())))
def test_wherever_a_file_is_cut(length: int) -> None:
    holds_what_it_promises(EVERYTHING.encode()[:length])


# Every way to name an address in a style sheet that a browser understands.
@pytest.mark.parametrize(
    "rule",
    [
        "@import 'https://example.org/a.css';",
        "@import url(https://example.org/a.css);",
        r"@\69mport 'https://example.org/a.css';",
        "@font-face { font-family: a; src: url(https://example.org/a) }",
        "::cue { background: url(https://example.org/a) }",
        "::cue { background: URL ( 'https://example.org/a' ) }",
        r"::cue { background: u\72l(https://example.org/a) }",
        r"::cue { background: \000075 rl(https://example.org/a) }",
        "::cue { background: image-set('https://example.org/a' 1x) }",
        '::cue { a: "/*"; background: url(https://example.org/a); b: "*/" }',
        "body { background: red }",
        "::cue, body { background: red }",
        "::cue-not { background: red }",
        '::cue { a: "/*" } body { background: red } ::cue { b: "*/" }',
        "::cue { color: red } } body { background: red }",
        "@media all { ::cue { background: red } body { background: red } }",
        "</style><script>alert(1)</script>",
        "::cue { behavior: a; -moz-binding: b; width: expression(alert(1)) }",
    ],
)
def test_a_style_sheet_styles_cues_and_loads_nothing(rule: str) -> None:
    made = re.sub(r"\\0*([0-9a-f]{2}) ?", lambda code: chr(int(code[1], 16)), vtt(SHEET % rule)).lower()
    for forbidden in (
        "url",
        "@",
        "example.org",
        "body",
        "script",
        "not",
        "expression",
        "binding",
        "behavior",
    ):
        assert forbidden not in made


def test_a_style_sheet_keeps_what_it_may() -> None:
    rules = "@import url(a);\n/* red */ ::cue(b) { color: red; background: url(b) }\nbody { color: blue }"
    assert vtt(SHEET % rules) == SHEET % "::cue(b) { color: red }"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<scr<script>ipt>alert(1)",
        "<svg/onload=alert(1)>",
        "<v onmouseover=alert(1)>",
        "<v.a b onclick=alert(1)>",
        "<b onclick=alert(1)>",
        "<lang onclick=alert(1)>",
        "<iframe src=javascript:alert(1)>",
        "<script",
        "<!--<script>-->",
        "<\nscript>",
        "<x onclick=alert(1)>",
    ],
)
@pytest.mark.parametrize("beginning", [VTT, SRT, SBV, f"{ASS}{SAID}"])
def test_a_cue_runs_nothing_even_where_it_is_taken_for_html(beginning: str, text: str) -> None:
    with suppress(Refused):
        assert not re.search(
            r"(?i)<[^a-z/0-9]*(script|img|svg|iframe|!--|[^<>]*\bon\w+\s*=)", first(beginning + text)
        )


def test_a_comment_runs_nothing_either() -> None:
    made = vtt(f"WEBVTT <script>\n\nNOTE <img onerror=a>\n\n<svg>\n{VTT.partition('WEBVTT')[2].lstrip()}x\n")
    assert not re.search("<(script|img|svg)", made)


def test_the_words_of_an_entity_bomb_are_never_made() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    with pytest.raises(Refused, match="entity"):
        convert(f'<!DOCTYPE tt [<!ENTITY a0 "a">{entities}]><tt>&a11;</tt>'.encode(), "film.ttml")


def test_nothing_is_fetched_for_a_document() -> None:
    document = f'<!DOCTYPE tt SYSTEM "file:///etc/passwd">{TTML % ("", PARAGRAPH)}'
    assert first(document) == "x"
    with pytest.raises(Refused, match="entity"):
        convert(b'<!DOCTYPE tt [<!ENTITY a SYSTEM "file:///etc/passwd">]><tt>&a;</tt>', "film.ttml")


def filled(beginning: str, piece: str, end: str = "") -> Callable[[], bytes]:
    """As much as is allowed of one piece."""
    room = LIMIT - len(beginning.encode()) - len(end.encode())
    return lambda: beginning.encode() + piece.encode() * (room // len(piece.encode())) + end.encode()


LARGE: dict[str, Callable[[], bytes]] = {
    "brackets": filled(SRT, "<"),
    "tags": filled(SRT, "<i><"),
    "braces": filled(SRT, "{\\i1}x"),
    "ampersands": filled(SRT, "&"),
    "spaces behind a time": filled("1\n00:00:01,000", " "),
    "coordinates": filled("1\n00:00:01,000 --> 00:00:02,000", " a:"),
    "cues": filled("", "1\n00:00:01,000 --> 00:00:02,000\nThis is said, and a little more of it.\n\n"),
    "line ends": filled(SRT, "\r"),
    "brackets in WebVTT": filled(VTT, "<c.a "),
    "slashes in WebVTT": filled("WEBVTT\n\n<", "/", f"\n{VTT[8:]}"),
    "blocks of WebVTT": filled(VTT, "\n\nThis block has no timing, so that no browser shows it."),
    "quotes in a style sheet": filled("WEBVTT\n\nSTYLE\n", '"', f"\n\n{VTT[8:]}"),
    "comments in a style sheet": filled("WEBVTT\n\nSTYLE\n", "/*", f"\n\n{VTT[8:]}"),
    "codes": filled(f"{ASS}{SAID}", "{\\i1}x"),
    "open braces": filled(f"{ASS}{SAID}", "{"),
    "events": filled(ASS, f"{SAID}x\n"),
    "paragraphs": filled("<tt><body><div>", '<p begin="00:00:01:12" end="00:00:02.5">x</p>'),
    "depth": filled("<tt><body>", "<div>"),
    "attributes": filled("<tt><body><div><p a", 'a="" a'),
    "bytes of no encoding": lambda: SRT.encode() + b"\xff" * 10_000_000,
    "KOI8-R": lambda: f"{SRT}{'Ты не ранен? ' * 800_000}".encode("koi8-r"),
}


@pytest.mark.parametrize("kind", LARGE)
def test_ten_mebibytes_of_anything_take_seconds(kind: str) -> None:
    data = LARGE[kind]()
    assert len(data) <= LIMIT
    start = time.process_time()
    with suppress(Refused):
        convert(data, "film")
    # A machine at rest needs a fourth of it; what is quadratic would need hours.
    assert time.process_time() - start < 20


@pytest.mark.parametrize("kind", ["brackets", "cues", "quotes in a style sheet"])
def test_memory_stays_in_proportion(kind: str) -> None:
    # A tenth of it, because the tracing is slow.
    data = LARGE[kind]()[: LIMIT // 10]
    tracemalloc.start()
    try:
        with suppress(Refused):
            convert(data, "film")
        assert tracemalloc.get_traced_memory()[1] < 60 * len(data)
    finally:
        tracemalloc.stop()


def test_arrows_in_what_is_said_make_no_cue() -> None:
    said = "a --> b\n00 --> 01\n" * 3
    assert cues(f"{ASS}{SAID}{said.replace(chr(10), chr(92) + 'N')}\n").count(" --> ") == 1
