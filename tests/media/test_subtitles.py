"""Subtitles of every sort become WebVTT, and what is broken is refused with its line."""

from __future__ import annotations

import pytest

from pagecast.media.errors import Refused
from pagecast.media.subtitles import Converted, convert, language_of

RUSSIAN = "Слева мы видим...\nсправа мы видим...\n— Осторожно! Ты не ранен?"
VTT = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n"
SRT = "1\n00:00:01,000 --> 00:00:02,000\n"
SBV = "0:00:01.000,0:00:02.000\n"
ASS = "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
SAID = "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,"
TTML = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" '
    'xmlns:tts="http://www.w3.org/ns/ttml#styling"%s><body><div>\n%s\n</div></body></tt>'
)
# In the manner of a real file: comments, a style sheet, a region, every tag there is.
EVERYTHING = """WEBVTT - A film
Kind: captions
Language: en-GB

STYLE
/* loud people */
::cue(v[voice="Bob"]), ::cue(.loud:not(.far)) { color: red; font-weight: bold }

REGION
id:bob width:40% lines:3
regionanchor:0%,100%

NOTE A comment
of two lines, with <v Bob> in it & more

first
00:00:01.000 --> 00:00:02.000 region:bob position:10%,line-left align:left size:35%
<v.loud Bob Brown>Hi, <i>you</i> <b>two</b></v> &amp; <u>you</u>
<c.yellow.bg_blue>yellow</c> <lang en-GB>lift</lang>  <ruby>漢<rt>kan</rt></ruby>

01:00.500 --> 00:01:02.000 line:0 vertical:rl
One <00:01:01.000>two <00:01:01.500><c>three</c> -> four > three

01:00.700 --> 01:00.900
"""


def vtt(text: str) -> str:
    return convert(text.encode(), "film").vtt.decode()


def cues(text: str) -> str:
    """What stands below the first line."""
    return vtt(text).removeprefix("WEBVTT\n\n")


def first(text: str) -> str:
    """The text of the first cue."""
    return cues(text).split("\n\n", maxsplit=1)[0].partition("\n")[2].rstrip("\n")


def refusal(data: str | bytes) -> str:
    with pytest.raises(Refused) as caught:
        convert(data.encode() if isinstance(data, str) else data, "film.srt")
    assert "film.srt" in str(caught.value)
    return str(caught.value)


def test_it_works() -> None:
    made = convert(f"{SRT}Hello\n".encode(), "film.srt")
    assert made == Converted(f"{VTT}Hello\n".encode(), "SubRip", "UTF-8", guessed=False, language="")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"{VTT}x\n", "WebVTT"),
        (f"{SRT}x\n", "SubRip"),
        (f"{SBV}x\n", "SBV"),
        (f"{ASS}{SAID}x\n", "ASS"),
        (f"[Script Info]\nScriptType: v4.00\n[Events]\n{SAID}x\n", "SSA"),
        (TTML % ("", '<p begin="1s" end="2s">x</p>'), "TTML"),
    ],
)
def test_every_format_says_the_same(text: str, kind: str) -> None:
    made = convert(text.encode(), "a name that tells nothing")
    assert (made.vtt.decode(), made.format) == (f"{VTT}x\n", kind)


def test_well_formed_webvtt_comes_through_as_it_is() -> None:
    assert vtt(EVERYTHING) == EVERYTHING


def test_webvtt_tells_its_language() -> None:
    assert convert(EVERYTHING.encode(), "film.vtt").language == "en-GB"


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_line_ends_are_made_one(end: str) -> None:
    assert vtt(EVERYTHING.replace("\n", end)) == EVERYTHING


def test_cues_of_webvtt_may_overlap_and_come_in_any_order() -> None:
    text = "WEBVTT\n\n00:05.000 --> 00:09.000\nb\n\n00:01.000 --> 00:06.000\na\n"
    assert vtt(text) == text


def test_html_in_a_cue_is_taken_out_and_stray_brackets_are_shown() -> None:
    text = f"{VTT}<font color=red>a</font> <i onclick=b>c</i> <script>d</script> 1 < 2 <3 <John>\n"
    assert first(text) == "a <i>c</i> d 1 &lt; 2 &lt;3 &lt;John>"


def test_a_line_of_nothing_but_html_does_not_end_its_cue() -> None:
    assert first(f"{VTT}<p>\na\n</p>\nb\n") == "a\nb"


# SubRip and SBV


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("<b>a</b> <I>b</I> <u>c</u>", "<b>a</b> <i>b</i> <u>c</u>"),
        ('<font color="#ff0000">a</font>', "a"),
        ("<b><i>a</b>b</i>", "<b><i>a</i></b><i>b</i>"),
        ("<i>never closed", "<i>never closed</i>"),
        ("never opened</i>", "never opened"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("AT&T 1 < 2 <3 <John>", "AT&amp;T 1 &lt; 2 &lt;3 &lt;John>"),
        ("&amp; &lt;i&gt; &nonsense", "&amp; &lt;i&gt; &amp;nonsense"),
        ("this --> that", "this --&gt; that"),
        ("--<b></b>>", "--&gt;"),
        (r"{\i1}a{\i0}{\fad(1,2)} {b}", "<i>a</i> {b}"),
        ("trailing  \nspaces\t", "trailing\nspaces"),
        ("a\n\nb", "a\nb"),
    ],
)
def test_the_markup_of_subrip(text: str, made: str) -> None:
    assert first(f"{SRT}{text}\n") == made


@pytest.mark.parametrize(
    ("code", "placed"),
    [
        (r"\an8", " line:0"),
        (r"\a6", " line:0"),
        (r"\an7", " line:0 align:left"),
        (r"\an3", " align:right"),
        (r"\an2", ""),
    ],
)
def test_a_place_on_the_picture_becomes_a_setting(code: str, placed: str) -> None:
    assert cues(f"{SRT}{{{code}}}a\n") == f"00:00:01.000 --> 00:00:02.000{placed}\na\n"


@pytest.mark.parametrize(
    "text",
    [
        "1\n00:00:01.000 --> 00:00:02.000\na\n\n2\n00:00:03.000 --> 00:00:04.000\nb",
        "00:00:01,000 --> 00:00:02,000\na\n\n00:00:03,000 --> 00:00:04,000\nb\n",
        "1\n00:00:01,000 --> 00:00:02,000\na\n\n1\n00:00:03,000 --> 00:00:04,000\nb\n",
        "1\n00:01,000 --> 00:02,000\na\n\n2\n00:03,000 --> 00:04,000\nb\n",
        "1\n0:0:1,0-->0:0:2,0\na\n\n2\n00:00:03,000  -->  00:00:04,000 \nb\n",
        (
            "\n\n\n1\n00:00:01,000 --> 00:00:02,000 X1:63 X2:223 Y1:43 Y2:58\na\n\n\n\n"
            "2\n00:00:03,000 --> 00:00:04,000\nb\n\n\n"
        ),
        "1\r\n00:00:01,000 --> 00:00:02,000\r\na\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nb\r\n",
        "1\n00:00:01,000 --> 00:00:02,000\na\n\n2\n00:00:03,000 --> 00:00:04,000\nb\n".replace(
            "\n", "\r\r\n"
        ),
        "1\n00:00:01,000 --> 00:00:02,000\na\n2\n00:00:03,000 --> 00:00:04,000\nb\n",
        "2\n00:00:03,000 --> 00:00:04,000\nb\n\n1\n00:00:01,000 --> 00:00:02,000\na\n",
    ],
)
def test_subrip_as_it_is_found(text: str) -> None:
    assert cues(text) == "00:00:01.000 --> 00:00:02.000\na\n\n00:00:03.000 --> 00:00:04.000\nb\n"


def test_a_number_may_be_what_is_said() -> None:
    text = f"{SRT}42\n\n2\n00:00:03,000 --> 00:00:04,000\n\n7\n\n3\n00:00:05,000 --> 00:00:06,000\n42"
    assert [block.split("\n")[1:] for block in cues(text).strip().split("\n\n")] == [["42"], ["7"], ["42"]]


def test_a_number_may_be_said_where_nothing_is_counted() -> None:
    text = "00:01,000 --> 00:02,000\n42\n\n00:03,000 --> 00:04,000\na\n\n7\n\n00:05,000 --> 00:06,000\n"
    assert [block.split("\n")[1:] for block in cues(text).strip().split("\n\n")] == [["42"], ["a", "7"], []]


def test_cues_that_start_together_keep_their_order() -> None:
    text = f"{SRT}a\n\n2\n00:00:01,000 --> 00:00:05,000\nb\n\n3\n00:00:00,500 --> 00:00:02,000\nc\n"
    assert [block.split("\n")[1] for block in cues(text).strip().split("\n\n")] == ["c", "a", "b"]


def test_a_cue_may_have_no_text() -> None:
    assert cues(SRT) == "00:00:01.000 --> 00:00:02.000\n"


def test_line_breaks_of_sbv() -> None:
    assert first(f"{SBV}>> a[br]b, c\nd & e\n") == ">> a\nb, c\nd &amp; e"


# ASS and SSA


@pytest.mark.parametrize(
    ("text", "made"),
    [
        (r"a\Nb\nc\hd", "a\nb c\u00a0d"),
        (r"{\i1}a{\i0} {\b1}b{\b0} {\b700\u1}c", "<i>a</i> <b>b</b> <b><u>c</u></b>"),
        (r"{\bord2\blur3\be1\pos(1,2)\fnArial\c&H00FF00&}a{a comment}b", "ab"),
        (r"{\i1}a{\r}b", "<i>a</i>b"),
        (r"{\rLoud}a{\r}b", "<i>a</i>b"),
        (r"{\p1}m 0 0 l 100 100{\p0}a", "a"),
        ("a, b & <i>c</i> --> {", "a, b &amp; &lt;i>c&lt;/i> --&gt; {"),
    ],
)
def test_the_codes_of_substation(text: str, made: str) -> None:
    styles = "[V4+ Styles]\nFormat: Name, Bold, Italic\nStyle: Default,-1,0\nStyle: Loud,-1,-1\n"
    assert first(f"{ASS}{styles}[Events]\n{SAID}{text}\n") == made


def test_comments_drawings_and_embedded_files_are_left_behind() -> None:
    script = (
        f"{ASS}Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not said\n"
        "Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,later\n"
        f"{SAID}{{\\p1}}m 0 0 l 1 1{{\\p0}}\n{SAID}sooner\n"
        "[Fonts]\nfontname: a.ttf\n[!#$%]DIALOGUE\nDialogue: 1,2\n"
    )
    assert cues(script) == "00:00:01.000 --> 00:00:02.000\nsooner\n\n00:00:05.000 --> 00:00:06.000\nlater\n"


def test_the_format_line_tells_the_order() -> None:
    assert first("[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,a, b\n") == "a, b"


# TTML


@pytest.mark.parametrize(
    ("parameters", "begin", "time"),
    [
        ("", "1.5s", "00:00:01.500"),
        ("", "1500ms", "00:00:01.500"),
        ("", "0.5h", "00:30:00.000"),
        ("", "1.5m", "00:01:30.000"),
        ("", "15f", "00:00:00.500"),
        ("", "3t", "00:00:03.000"),
        ("", "01:02:03", "01:02:03.000"),
        ("", "01:02:03.0405", "01:02:03.040"),
        ("", "00:00:01:15", "00:00:01.500"),
        (' ttp:frameRate="25"', "00:00:01:05", "00:00:01.200"),
        (' ttp:frameRate="25" ttp:subFrameRate="2"', "00:00:01:05.1", "00:00:01.220"),
        (' ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001"', "30f", "00:00:01.001"),
        (' ttp:tickRate="10000000"', "15000000t", "00:00:01.500"),
        (' ttp:frameRate="25"', "50t", "00:00:02.000"),
        (
            (
                ' ttp:timeBase="smpte" ttp:frameRate="30" '
                'ttp:frameRateMultiplier="1000 1001" ttp:dropMode="dropNTSC"'
            ),
            "00:10:00:00",
            "00:09:59.999",
        ),
        (
            (
                ' ttp:timeBase="smpte" ttp:frameRate="30" '
                'ttp:frameRateMultiplier="1000 1001" ttp:dropMode="dropNTSC"'
            ),
            "01:00:00:00",
            "00:59:59.996",
        ),
    ],
)
def test_the_times_of_ttml(parameters: str, begin: str, time: str) -> None:
    made = cues(TTML % (parameters, f'<p begin="{begin}" dur="1h">x</p>'))
    assert made.partition(" ")[0] == time


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("\n  a\n  b <br/>\n  c\n", "a b\nc"),
        ('<span tts:fontStyle="italic">a</span> <span tts:fontWeight="bold">b</span>', "<i>a</i> <b>b</b>"),
        (
            '<span tts:textDecoration="underline">a<span tts:textDecoration="none">b</span></span>',
            "<u>a</u>b",
        ),
        ("<metadata>not said</metadata>a &lt;i&gt; &amp;", "a &lt;i> &amp;"),
        ('la <span begin="0.5s">li</span>', "la <00:00:01.500>li"),
    ],
)
def test_the_markup_of_ttml(text: str, made: str) -> None:
    assert first(TTML % ("", f'<p begin="1s" end="2s">{text}</p>')) == made


def test_styles_of_ttml_are_named_and_inherited() -> None:
    document = (
        '<tt xml:lang="pt-BR"><head><styling><style id="a" fontStyle="italic"/><style id="b" style="a"/>'
        '</styling></head><body><div style="b"><p begin="1s" end="2s">a <span fontStyle="normal">b</span></p>'
        "</div></body></tt>"
    )
    assert first(document) == "<i>a </i>b"
    assert convert(document.encode(), "film.ttml").language == "pt-BR"


def test_times_of_ttml_count_from_what_they_stand_in() -> None:
    document = (
        '<tt><body begin="10s"><div timeContainer="seq"><p dur="1s">a</p><p begin="1s" end="3s">b</p></div>'
        '<div end="4s"><p begin="3s" end="1m"><span>c</span></p><p><span begin="3s">d</span></p></div>'
        "</body></tt>"
    )
    assert [block.split("\n") for block in cues(document).strip().split("\n\n")] == [
        ["00:00:10.000 --> 00:00:11.000", "a"],
        ["00:00:12.000 --> 00:00:14.000", "b"],
        ["00:00:13.000 --> 00:00:14.000", "c"],
        ["00:00:13.000 --> 00:00:14.000", "d"],
    ]


# Faults


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        (f"{VTT}x\n\n2\n00:03,000 --> 00:04,000\nx\n", 7, "00:03,000 --> 00:04,000"),
        (f"{VTT}x\n\n2\n00:03.000 -> 00:04.000\nx\n", 7, "00:03.000 -> 00:04.000"),
        (f"{VTT}x\ny --> z\n", 5, "y --> z"),
        (f"{VTT}x\n\n00:04.000 --> 00:03.000\nx\n", 6, "00:04.000 --> 00:03.000"),
        (f"{SRT}x\n\n2\n00:00:0x,000 --> 00:00:04,000\nx\n", 6, "00:00:0x,000 --> 00:00:04,000"),
        (f"{SRT}x\n\n2\n00:75:00,000 --> 00:76:04,000\nx\n", 6, "00:75:00,000 --> 00:76:04,000"),
        (f"{SRT}x\n\n2\n00:00:03,000 -> 00:00:04,000\nx\n", 6, "00:00:03,000 -> 00:00:04,000"),
        (f"{SRT}x\n\n2\nthree --> four\nx\n", 6, "three --> four"),
        (f"{SRT}x\n\n2\n00:00:04,000 --> 00:00:03,000\nx\n", 6, "00:00:04,000 --> 00:00:03,000"),
        (f"Hello\n{SRT}x\n", 1, "Hello"),
        (f"{SBV}x\n\n0:00:04.000,0:00:03.000\nx\n", 4, "0:00:04.000,0:00:03.000"),
        (f"{SBV}x\n\n0:00:04.000;0:00:05.000\nx\n", 4, "0:00:04.000;0:00:05.000"),
        (f"{ASS}Dialogue: 0,0:00:02.00,0:00:01.00,D,,0,0,0,,x\n", 5, "0:00:02.00,0:00:01.00"),
        (f"{ASS}Dialogue: 0,soon,0:00:01.00,D,,0,0,0,,x\n", 5, "soon"),
        (f"{ASS}Format: Start, End\nDialogue: 0,1\n", 5, "Format: Start, End"),
        (TTML % ("", '<p begin="2s" end="1s">x</p>'), 2, 'begin="2s" end="1s"'),
        (TTML % ("", '<p begin="soon" end="1s">x</p>'), 2, "soon"),
        (TTML % ("", '<p begin="1s">x</p>'), 2, 'begin="1s"'),
        (TTML % ("", "<p></q>"), 2, "</q>"),
        (f'<!DOCTYPE tt [\n<!ENTITY a "b">\n]>{TTML % ("", "&a;")}', 2, "ENTITY"),
    ],
)
def test_a_broken_file_is_refused_with_the_line_and_what_stands_there(
    text: str, line: int, found: str
) -> None:
    told = refusal(text)
    assert f"line {line}:" in told
    assert found in told


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"{VTT}x\n\n2\n", 6),
        (f"{VTT}x\n\n00:00:0", 6),
        (f"{SRT}x\n\n2", 5),
        (f"{SRT}x\n\n2\n00:00:03", 6),
        (f"{SRT}x\n\n2\n00:00:03,000 --> 00:00:04,0", 6),
        (f"{ASS}{SAID}x\nDialogue: 0,0:00:03.00,0:0", 6),
        (f"{ASS}{SAID}x\nDial", 6),
        ('<tt><body><div>\n<p begin="1s" end="2s">x</p>\n<p begin="3s" en', 3),
    ],
)
def test_a_file_that_breaks_off_is_refused(text: str, line: int) -> None:
    assert f"breaks off in line {line}" in refusal(text)


@pytest.mark.parametrize(
    "text", ["WEBVTT\n", "WEBVTT\n\nNOTE nothing\n", "\n \n", ASS, "<tt/>", TTML % ("", "<p/>"), "\ufeff"]
)
def test_a_file_without_a_cue_is_refused(text: str) -> None:
    assert "there is no subtitle in it" in refusal(text)


@pytest.mark.parametrize(
    "text",
    ["Hello.\n", "<!DOCTYPE html>", "<svg/>", '{"a": 1}', "a --> b", "{1}{2}MicroDVD", "WEBVTTX\n\nx\n"],
)
def test_text_that_is_no_subtitles_is_refused(text: str) -> None:
    assert "is text, but not in a format of subtitles" in refusal(text)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.4\n%%EOF",
        b"GIF89a",
        b"\x89PNG\r\n",
        b"\xff\xd8\xff\xe0",
        b"\0\0\0\x18ftypmp42",
        b"PK\x03\x04",
        bytes(range(256)) * 8,
        b"RIFF\x10\0\0\0WAVE",
        b"\x1aE\xdf\xa3",
        b"ID3\x04",
        bytes(1000),
    ],
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    assert "this is no text" in refusal(data)


def test_an_empty_file_is_refused() -> None:
    assert "is empty" in refusal(b"")


def test_a_file_over_the_limit_is_refused() -> None:
    assert "too large" in refusal(f"{SRT}x\n".encode() + b" " * 10 * 1024 * 1024)


def test_control_characters_are_left_out() -> None:
    assert first(f"{SRT}{RUSSIAN}\x07{RUSSIAN}\x1b\n\x1a") == RUSSIAN * 2


def test_a_zero_byte_is_refused_with_its_line() -> None:
    told = refusal(f"{SRT}Hello, this is a text\0 of some length\n")
    assert "line 3: there is a zero byte" in told


@pytest.mark.parametrize(
    "data",
    [
        f"{SRT}{RUSSIAN}\n".encode() + b"\xd0\n",
        f"{SRT}{RUSSIAN}\n".encode("utf-8-sig") + b"\xff\n",
        f"{SRT}{RUSSIAN}\n".encode("utf-16-le").join([b"\xff\xfe", b"\x00\xd8\n\0"]),
        f"{SRT}{RUSSIAN}\nx".encode("utf-16")[:-1],
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_line(data: bytes) -> None:
    assert "line 6: there are bytes that are no text in UTF-" in refusal(data)


def test_a_refusal_can_be_kept() -> None:
    with pytest.raises(Refused) as caught:
        convert(b"WEBVTT\n\n00:02.000 --> 00:01.000\n", "film.vtt")
    assert caught.value.words.to_json()["parts"] == {
        "name": "film.vtt",
        "line": 3,
        "found": "00:02.000 --> 00:01.000",
    }


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("captions.ru.vtt", "ru"),
        ("sintel-de.vtt", "de"),
        ("film.pt-BR.srt", "pt-BR"),
        ("film_pt_BR.srt", "pt-BR"),
        ("film.zh-hant-tw.srt", "zh-Hant-TW"),
        ("film.es-419.vtt", "es-419"),
        ("film.eng.srt", "en"),
        ("film.RU.srt", "ru"),
        ("film.en.forced.srt", "en"),
        ("captions.ru.windows-1251.vtt", "ru"),
        ("captions.ja.shift_jis.vtt", "ja"),
        ("captions.ru.utf-8-bom.vtt", "ru"),
        ("de.vtt", "de"),
        ("../ru/film.srt", ""),
        ("film.vtt", ""),
        ("film", ""),
        ("", ""),
        ("film.2019.1080p.srt", ""),
        ("friday.vtt", ""),
        ("stream-of-water.vtt", ""),
        ("film.xx.vtt", ""),
        ("\0.\0.vtt", ""),
        ("." * 9000, ""),
    ],
)
def test_the_language_in_a_name(name: str, language: str) -> None:
    assert language_of(name) == language
