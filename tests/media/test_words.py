"""What is said of a file is kept, and told to each reader in his own language."""

from __future__ import annotations

import json

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from pagecast.media.errors import Empty, GaveUp, Refused, TooLarge
from pagecast.media.models import Blob, Upload
from pagecast.media.words import Bytes, Words

EMPTY = "“%(name)s” is empty. Check that it opens on your side, then choose it again."


def through_json(words: Words) -> Words:
    """As a database keeps them."""
    return Words.from_json(json.loads(json.dumps(words.to_json())))


def test_it_works() -> None:
    assert str(Words("“%(name)s” waits.", {"name": "Dawn.mp4"})) == "“Dawn.mp4” waits."


def test_what_was_kept_is_what_was_said() -> None:
    words = Words("%(name)s %(limit)s %(count)s", {"name": "Dawn.mp4", "limit": Bytes(5 << 30), "count": 3})
    assert through_json(words) == words
    assert str(words) == "Dawn.mp4 5.0\xa0GB 3"


def test_words_can_have_words_in_them() -> None:
    words = Words("Not %(what)s.", {"what": Words("this but %(other)s", {"other": Bytes(1)})})
    assert str(through_json(words)) == "Not this but 1\xa0byte."


def test_words_without_parts_are_said_as_they_are() -> None:
    assert str(through_json(Words("100% sure"))) == "100% sure"


def test_no_words_say_nothing() -> None:
    with translation.override("ru"):
        assert str(Words("")) == ""


def test_the_same_words_are_told_in_the_language_of_the_moment() -> None:
    words = through_json(Words(EMPTY, {"name": "Рассвет.mp4"}))
    told = {}
    for language in ("en", "ru"):
        with translation.override(language):
            told[language] = str(words)
    assert told["en"] == EMPTY % {"name": "Рассвет.mp4"}
    assert told["ru"] != told["en"]
    assert "Рассвет.mp4" in told["ru"]


def test_bytes_are_told_in_the_language_of_the_moment_too() -> None:
    with translation.override("ru"):
        assert str(Words("%(limit)s", {"limit": Bytes(5 << 30)})) == "5,0\xa0ГБ"


def test_words_kept_before_a_message_was_changed_are_told_as_they_were() -> None:
    with translation.override("ru"):
        assert (
            str(Words.from_json({"text": "An old message about %(name)s"})) == "An old message about %(name)s"
        )
        assert str(Words.from_json({"text": "An old %(name)s", "parts": {"name": "one"}})) == "An old one"


# Lone surrogates are no text, and no database takes them.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PARTS = st.recursive(
    TEXT | st.integers() | st.builds(Bytes, st.integers(0)),
    lambda parts: st.builds(Words, TEXT, st.dictionaries(TEXT, parts, max_size=3)),
    max_leaves=5,
)


@given(st.builds(Words, TEXT, st.dictionaries(TEXT, PARTS, max_size=3)))
def test_whatever_is_said_is_kept(words: Words) -> None:
    assert through_json(words) == words


@given(TEXT)
def test_a_name_can_be_anything(name: str) -> None:
    assert name in str(through_json(Empty(name).words))


@pytest.mark.parametrize(
    "refused",
    [
        Empty("Dawn.mp4"),
        TooLarge("Dawn.mp4", 10),
        GaveUp("Dawn.mp4", 5),
        Refused("“%(name)s”: %(why)s", name="Dawn.mp4", why=TooLarge("Rain.mp3", 1).words),
    ],
)
def test_a_refusal_says_its_words(refused: Refused) -> None:
    assert str(refused) == str(refused.words)
    assert "Dawn.mp4" in str(refused)
    assert "%(" not in str(refused)


def test_an_upload_tells_why_it_was_refused_in_the_language_of_its_reader() -> None:
    upload = Upload(name="Dawn.mp4", reason=Empty("Dawn.mp4").words.to_json())
    with translation.override("ru"):
        russian = upload.error
    assert upload.error == EMPTY % {"name": "Dawn.mp4"} != russian


def test_an_upload_of_which_there_is_nothing_to_say_says_nothing() -> None:
    assert (Upload(name="Dawn.mp4").error, Upload(name="Dawn.mp4").notices) == ("", [])


def test_an_upload_tells_what_its_editor_should_know() -> None:
    blob = Blob(path="2026/11/23/video/Dawn.mkv", playable=False, what="a film (Matroska)")
    told = Upload(name="Dawn.mkv", blob=blob, is_duplicate=True, encoding="windows-1251").notices
    words = [blob.path, "This is a film (Matroska) that browsers do not play", "windows-1251"]
    assert [word in notice for word, notice in zip(words, told, strict=True)] == [True] * 3


def test_a_film_that_browsers_play_needs_no_notice() -> None:
    assert Upload(blob=Blob(path="2026/11/23/video/Dawn.mp4", playable=True)).notices == []
