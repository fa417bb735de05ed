"""Names: readable, and safe on every file system."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagecast.media.naming import fit_suffix, numbered, safe_name
from pagecast.media.types import ENDINGS, right_ending

RESERVED = [
    "CON", "con.mp4", "Aux.txt", "nul", "prn.tar.gz", "COM1.mp3", "lpt9", "COM¹.txt",
]  # fmt: skip
HOSTILE = [
    "", " ", ".", "..", "...", "/", "//", "\\", "~", "-", "--help", "-rf", "._.", " . ", "\x00", "a\x00b.mp4",
    "../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/shadow", "C:\\autoexec.bat", "a/../../b.mp4",
    ".htaccess", ".mp4", "....mp4", "Dawn.", "Dawn...", "Dawn .mp4", "Dawn.mp4 ", "Dawn.mp4.", "a:b.mp4",
    'quo"te.mp4', "<script>.mp4", "pipe|.mp4", "star*.mp4", "what?.mp4", "new\nline.mp4", "tab\t.mp4",
    "\u202egpj.exe", "a\u200bb.mp4", "\ufeffDawn.mp4", "\u2028.mp4", "\ud800.mp4", "a\u061cb.mp4",
    "e\u200b\u0301.mp4", "Й" * 300 + ".mp4", "😀" * 300 + ".mp4", "x" * 5000, "a." + "b" * 5000,
    "e\u0301" * 300 + ".mp4", "a" * 172 + "..." + "b" * 50 + ".mp4", "Dawn.İ", "Dawn.mp4\u0301",
    "a.İİİİİİİİİİ",
]  # fmt: skip


def test_it_works() -> None:
    assert safe_name("Dawn.mp4") == "Dawn.mp4"


@pytest.mark.parametrize(
    "name", ["Рассвет.mp4", "黎明.mp4", "فجر.mp4", "été.mp4", "Ёж-2_(final).mp4", "☀.mp4"]
)
def test_letters_of_every_alphabet_are_kept(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../Dawn.mp4", "Dawn.mp4"),
        ("C:\\films\\Dawn.mp4", "Dawn.mp4"),
        ("two words.mp4", "two_words.mp4"),
        ("  two \t words .mp4", "two_words.mp4"),
        (".hidden.mp4", "hidden.mp4"),
        ("-rf.mp4", "rf.mp4"),
        ("DAWN.MP4", "DAWN.mp4"),
        ("con.mp4", "file_con.mp4"),
        ("", "file"),
        ("..", "file"),
        ("???.mp4", "file.mp4"),
        ("Dawn.tar.gz", "Dawn.tar.gz"),
    ],
)
def test_tricks_are_taken_out(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@pytest.mark.parametrize("sign", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_direction_marks_do_not_turn_a_name_around(sign: str) -> None:
    assert safe_name(f"{sign}gpj{sign}.exe") == "gpj.exe"


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
def test_one_name_in_two_normal_forms_is_one_name(form: str) -> None:
    assert safe_name(unicodedata.normalize(form, "Ёлка é.mp4")) == "Ёлка_é.mp4"  # type: ignore[arg-type,unused-ignore]


def test_a_letter_of_many_bytes_is_not_cut_in_half() -> None:
    name = safe_name("Й" * 300 + ".mp4")
    assert re.fullmatch("Й+\\.mp4", name)
    assert len(name.encode()) <= 200


def holds_what_it_promises(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not set(safe) & set('/\\\x00:*?"<>|\r\n')
    assert not safe.startswith((".", "-", " "))
    assert not safe.endswith((".", " "))
    assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)", safe)
    # Room is left for the suffix of a collision and for companions.
    assert len(safe.encode("utf-8")) <= 240
    assert unicodedata.is_normalized("NFC", safe)
    assert safe_name(safe) == safe
    assert numbered(PurePosixPath("2026/11/23", safe), 12).name != safe


@pytest.mark.parametrize("name", [*HOSTILE, *RESERVED])
def test_a_hostile_name_becomes_a_safe_one(name: str) -> None:
    holds_what_it_promises(name)


def test_every_naughty_string_becomes_a_safe_name(shared_media: Path) -> None:
    for name in json.loads((shared_media / "naughty" / "blns.json").read_text(encoding="utf-8")):
        holds_what_it_promises(name)


# Letters with what hangs on them, between the signs that have a meaning in names.
TRICKY = st.characters(categories=["Mn", "Lu", "Cf", "Nd"], include_characters="./ -_")


@given(st.text() | st.text(TRICKY, max_size=60))
def test_whatever_the_name_it_becomes_a_safe_one(name: str) -> None:
    holds_what_it_promises(name)


def test_the_safe_name_can_be_a_file(tmp_path: Path) -> None:
    for number, name in enumerate([*HOSTILE, *RESERVED]):
        folder = tmp_path / str(number)
        folder.mkdir()
        folder.joinpath(safe_name(name)).write_bytes(b"film")
        assert [path.read_bytes() for path in folder.iterdir()] == [b"film"]


@pytest.mark.parametrize(
    ("number", "path"), [(1, "day/Dawn.mp4"), (2, "day/Dawn-2.mp4"), (10, "day/Dawn-10.mp4")]
)
def test_names_that_collide_are_numbered(number: int, path: str) -> None:
    assert numbered(PurePosixPath("day/Dawn.mp4"), number) == PurePosixPath(path)


@pytest.mark.parametrize(
    ("name", "media_type", "fit"),
    [
        ("Dawn.mp4", "video/mp4", "Dawn.mp4"),
        ("Dawn.M4V", "video/mp4", "Dawn.M4V"),
        ("Dawn.avi", "video/mp4", "Dawn.mp4"),
        ("Dawn", "video/mp4", "Dawn.mp4"),
        ("Mr. Dawn", "video/mp4", "Mr. Dawn.mp4"),
        ("Dawn.mp4", "video/webm", "Dawn.webm"),
        ("Dawn.ru.srt", "text/vtt", "Dawn.ru.vtt"),
        ("Dawn.xyz", "video/mp4", "Dawn.mp4"),
        ("", "video/mp4", ".mp4"),
    ],
)
def test_an_ending_tells_the_truth_about_the_bytes(name: str, media_type: str, fit: str) -> None:
    assert fit_suffix(name, media_type) == fit


@pytest.mark.parametrize("name", ["Dawn.mp4", "page.html", "Dawn.SVG"])
def test_bytes_of_no_known_type_are_not_served_as_something_else(name: str) -> None:
    assert fit_suffix(name, "application/octet-stream") == name.partition(".")[0]


@pytest.mark.parametrize("name", ["notes.xyz", "Dawn.blend", "notes"])
def test_an_ending_that_says_nothing_stays_with_bytes_of_no_known_type(name: str) -> None:
    assert fit_suffix(name, "application/octet-stream") == name


@pytest.mark.parametrize("media_type", ENDINGS)
def test_the_ending_that_is_given_to_a_type_is_right_for_it(media_type: str) -> None:
    assert right_ending(ENDINGS[media_type][0], media_type) == ENDINGS[media_type][0]


@given(st.text() | st.text(TRICKY, max_size=60), st.sampled_from([*ENDINGS, "application/octet-stream"]))
def test_whatever_the_name_its_ending_survives_being_made_safe(name: str, media_type: str) -> None:
    endings = ENDINGS.get(media_type)
    holds_what_it_promises(fit_suffix(name, media_type))
    if endings:
        assert safe_name(fit_suffix(name, media_type)).endswith(endings)
