"""Subtitles in whatever encoding, and every real file at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pagecast.media.subtitles import convert

HEAD = "1\n00:00:01,000 --> 00:00:02,000\n"
TEXTS = {
    "ru": "Слева мы видим...\nвсё в порядке. Осторожно!",
    "ru short": "Ты не ранен?",
    "uk": "Привіт! Де його їжак?",
    "ja": "左に見えるのは…\nすべて安全、完璧に安全だ",
    "zh": "这是一个测试。\n你知道他在哪里吗？",
    "zh-Hant": "這是一個測試。\n你知道他在哪裡嗎？",
    "ko": "안녕하세요, 조심해!",
    "fr": "Où est-il passé ? L’été à Nîmes, ça va.",
    "de": "Ein gefährliches Unterfangen für eine Jägerin.",
    "cs": "Příliš žluťoučký kůň úpěl",
    "pl": "Nie wiem, gdzie byłeś. Zażółć!",
    "hu": "Köszönöm szépen, őrült.",
    "el": "Καλημέρα, τι κάνεις;",
    "tr": "Şimdi değil, yarın öğleden sonra.",
    "he": "אני לא יודע.",
    "ar": "كل شيئ آمن",
}
ENCODINGS = [
    ("ru", "utf-8", "UTF-8", False),
    ("ru", "utf-8-sig", "UTF-8", False),
    ("ru", "utf-16", "UTF-16", False),
    ("ru", "utf-32", "UTF-32", False),
    ("ru", "utf-16-le", "UTF-16", True),
    ("ru", "utf-16-be", "UTF-16", True),
    ("ja", "utf-16-le", "UTF-16", True),
    ("ru", "cp1251", "windows-1251", True),
    ("ru", "koi8-r", "KOI8-R", True),
    ("ru", "cp866", "IBM866", True),
    ("ru", "mac_cyrillic", "x-mac-cyrillic", True),
    ("ru short", "cp1251", "windows-1251", True),
    ("ru short", "koi8-r", "KOI8-R", True),
    ("uk", "cp1251", "windows-1251", True),
    ("ja", "shift_jis", "Shift_JIS", True),
    ("ja", "euc_jp", "EUC-JP", True),
    ("zh", "gb2312", "GB2312", True),
    ("zh", "gb18030", "GB2312", True),
    ("zh-Hant", "gb18030", "GB18030", True),
    ("zh-Hant", "big5", "Big5", True),
    ("ko", "euc_kr", "EUC-KR", True),
    ("fr", "cp1252", "windows-1252", True),
    ("de", "cp1252", "windows-1252", True),
    ("cs", "cp1250", "windows-1250", True),
    ("pl", "cp1250", "windows-1250", True),
    ("hu", "cp1250", "windows-1250", True),
    ("el", "cp1253", "windows-1253", True),
    ("tr", "cp1254", "windows-1254", True),
    ("he", "cp1255", "windows-1255", True),
    ("ar", "cp1256", "windows-1256", True),
]
# Format, encoding, whether it was guessed, and the number of cues.
FILES = {
    "subtitles/encodings/ascii.srt": ("SubRip", "UTF-8", False, 3),
    "subtitles/encodings/captions.ja.shift_jis.vtt": ("WebVTT", "Shift_JIS", True, 77),
    "subtitles/encodings/captions.ru.koi8-r.vtt": ("WebVTT", "KOI8-R", True, 84),
    "subtitles/encodings/captions.ru.utf-16-bom.vtt": ("WebVTT", "UTF-16", False, 84),
    "subtitles/encodings/captions.ru.utf-8-bom.vtt": ("WebVTT", "UTF-8", False, 84),
    "subtitles/encodings/captions.ru.windows-1251.vtt": ("WebVTT", "windows-1251", True, 84),
    "subtitles/encodings/gb2312.srt": ("SubRip", "GB2312", True, 3),
    "subtitles/multilingual/captions.ar.vtt": ("WebVTT", "UTF-8", False, 77),
    "subtitles/multilingual/captions.en.vtt": ("WebVTT", "UTF-8", False, 78),
    "subtitles/multilingual/captions.ja.vtt": ("WebVTT", "UTF-8", False, 77),
    "subtitles/multilingual/captions.ru.vtt": ("WebVTT", "UTF-8", False, 84),
    "subtitles/multilingual/captions.sv.vtt": ("WebVTT", "UTF-8", False, 81),
    "subtitles/multilingual/chapters.en.vtt": ("WebVTT", "UTF-8", False, 9),
    "subtitles/multilingual/descriptions.en.vtt": ("WebVTT", "UTF-8", False, 63),
    "subtitles/multilingual/friday.vtt": ("WebVTT", "UTF-8", False, 5),
    "subtitles/multilingual/sintel-de.vtt": ("WebVTT", "UTF-8", False, 14),
    "subtitles/multilingual/sintel-en.vtt": ("WebVTT", "UTF-8", False, 14),
    "subtitles/multilingual/sintel-es.vtt": ("WebVTT", "UTF-8", False, 14),
    "subtitles/other/subtitle_with_attached_images_aegisub.ass": ("ASS", "UTF-8", False, 1),
    "subtitles/other/ttml_example.ass": ("ASS", "UTF-8", False, 11),
    "subtitles/other/ttml_example.ttml": ("TTML", "UTF-8", False, 11),
    "video/stream-of-water.vtt": ("WebVTT", "UTF-8", False, 4),
}


@pytest.mark.parametrize(("language", "codec", "known_as", "guessed"), ENCODINGS)
def test_the_same_text_in_any_encoding_is_the_same(
    language: str, codec: str, known_as: str, guessed: bool
) -> None:
    text = f"{HEAD}{TEXTS[language]}\n"
    made = convert(text.encode(codec), "film.srt")
    assert made.vtt.decode() == convert(text.encode(), "film.srt").vtt.decode()
    assert (made.encoding, made.guessed) == (known_as, guessed)


def test_the_file_itself_may_tell_its_encoding() -> None:
    document = (
        '<?xml version="1.0" encoding="windows-1251"?>'
        '<tt><body><div><p begin="1s" end="2s">Ў</p></div></body></tt>'
    )
    made = convert(document.encode("cp1251"), "film.ttml")
    assert (made.encoding, made.guessed) == ("windows-1251", False)
    assert made.vtt.decode().endswith("\nЎ\n")


def test_every_real_file_is_in_the_table(shared_media: Path) -> None:
    found = [*shared_media.glob("subtitles/*/*"), *shared_media.glob("video/*.vtt")]
    assert {str(path.relative_to(shared_media)) for path in found} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_every_real_file_becomes_webvtt(shared_media: Path, name: str) -> None:
    made = convert((shared_media / name).read_bytes(), name)
    assert (made.format, made.encoding, made.guessed, made.vtt.count(b" --> ")) == FILES[name]
    assert convert(made.vtt, name).vtt == made.vtt


@pytest.mark.parametrize("name", [name for name, (kind, *_) in FILES.items() if kind == "WebVTT"])
def test_real_webvtt_keeps_its_bytes(shared_media: Path, name: str) -> None:
    codec = next(
        (codec for codec in ("shift_jis", "koi8-r", "utf-16", "windows-1251") if codec in name), "utf-8-sig"
    )
    text = (shared_media / name).read_bytes().decode(codec)
    assert convert((shared_media / name).read_bytes(), name).vtt.decode() == text.replace("\r\n", "\n")


@pytest.mark.parametrize("other", ["koi8-r", "utf-16-bom", "utf-8-bom", "windows-1251"])
def test_real_captions_are_the_same_in_every_encoding(shared_media: Path, other: str) -> None:
    plain = shared_media / "subtitles/multilingual/captions.ru.vtt"
    encoded = shared_media / f"subtitles/encodings/captions.ru.{other}.vtt"
    assert convert(encoded.read_bytes(), other).vtt == plain.read_bytes()


def test_a_real_document_and_its_script_say_the_same(shared_media: Path) -> None:
    made = [
        convert((shared_media / f"subtitles/other/ttml_example.{suffix}").read_bytes(), suffix).vtt
        for suffix in ("ttml", "ass")
    ]
    assert made[0] == made[1]
