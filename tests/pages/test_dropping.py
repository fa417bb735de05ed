"""Files that come without a word about what they are."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from pagecast.media import resuming
from pagecast.media.errors import NotComplete, Refused
from pagecast.media.models import Blob, Upload
from pagecast.media.receiving import receive
from pagecast.pages import dropping, filing
from pagecast.pages.dropping import take, title_of
from pagecast.pages.models import Audio, Content, SubtitleTrack, Text, Video
from tests import films
from tests.gallery.models import Image
from tests.uploading import SUBRIP

pytestmark = pytest.mark.django_db

SENDER = "7"


def sent(data: bytes, name: str) -> Upload:
    """A file of this sender that has come in whole."""
    upload = receive([data], name)
    upload.sender = SENDER
    upload.save(update_fields=["sender"])
    return upload


def drop(data: bytes, name: str, *beside: Content) -> Content:
    return take(sent(data, name).pk, SENDER, [content.pk for content in beside])


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (films.film, "Dawn.mp4", Video),
        (films.film, "Dawn.mp3", Video),
        (films.film, "Dawn", Video),
        (films.sound, "Rain.m4a", Audio),
        (films.sound, "Rain.mp4", Audio),
        ("Прочти меня".encode, "Note.txt", Text),
        (lambda: b"# Read me", "Note.md", Text),
        (films.picture, "Card.jpg", Image),
    ],
)
def test_the_kind_follows_from_the_bytes(data: Callable[[], bytes], name: str, kind: type[Content]) -> None:
    assert type(drop(data(), name)) is kind


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Dawn_over_the_hills.mp4", "Dawn over the hills"),
        ("Рассвет над холмами.mp4", "Рассвет над холмами"),
        ("Mr. Dawn.mp4", "Mr. Dawn"),
        ("no ending", "no ending"),
        (".mp4", ".mp4"),
        ("___.mp4", "___.mp4"),
        (f"{'d' * 400}.mp4", "d" * 300),
    ],
)
def test_the_title_follows_from_the_name(name: str, title: str) -> None:
    assert title_of(name) == title


def test_a_text_is_kept_in_its_column_whatever_its_encoding(db: None) -> None:
    note = drop("Съешь же ещё этих мягких французских булок".encode("cp1251"), "Note.txt")
    assert isinstance(note, Text)
    assert note.text == "Съешь же ещё этих мягких французских булок"
    assert not Upload.objects.exists()


def test_what_no_kind_takes_is_refused_in_words_and_nothing_is_kept() -> None:
    upload = sent(b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n", "Contract.pdf")
    with pytest.raises(Refused, match=r"Contract\.pdf.*PDF"):
        take(upload.pk, SENDER)
    assert not upload.staged.exists()
    assert not Upload.objects.exists()
    assert not Content.objects.exists()


def test_a_damaged_film_is_refused_in_words() -> None:
    with pytest.raises(Refused, match=r"Dawn\.mp4"):
        drop(films.film()[:200], "Dawn.mp4")


def test_asked_again_it_answers_with_the_same_content() -> None:
    upload = sent(films.film(), "Dawn.mp4")
    first, second = take(upload.pk, SENDER), take(upload.pk, SENDER)
    assert first == second
    assert Content.objects.get() == first


@pytest.mark.parametrize(("data", "name"), [(b"Read me", "Note.txt"), (SUBRIP.encode(), "Dawn.srt")])
def test_asked_again_for_what_needs_no_upload_any_more_it_answers_the_same(data: bytes, name: str) -> None:
    film = drop(films.film(), "Dawn.mp4")
    upload = sent(data, name)
    first = take(upload.pk, SENDER, [film.pk])
    if track := SubtitleTrack.objects.first():
        assert track.upload_id
        filing.file(track.upload_id)
    assert take(upload.pk, SENDER, [film.pk]) == first


def test_a_file_that_was_swept_is_not_here_any_more() -> None:
    upload = sent(films.film(), "Dawn.mp4")
    upload.staged.unlink()
    with pytest.raises(dropping.Foreign):
        take(upload.pk, SENDER)


def test_a_film_is_found_among_thousands() -> None:
    film = drop(films.film(), "Dawn.mp4")
    beside = [*range(10_000_000, 10_003_000), film.pk]
    assert take(sent(SUBRIP.encode(), "Dawn.srt").pk, SENDER, beside) == film


def test_a_file_that_is_here_already_is_linked_at_once() -> None:
    first = drop(films.film(), "Dawn.mp4")
    assert first.upload_id
    filing.file(first.upload_id)
    second = drop(films.film(), "Sunrise.mp4")
    second.refresh_from_db()
    assert second.pk != first.pk
    assert second.title == "Sunrise"
    assert second.blob == Blob.objects.get()
    assert second.upload
    assert second.upload.state == Upload.State.COMPLETED
    assert second.upload.is_duplicate


def test_subtitles_go_to_the_film_of_their_name() -> None:
    film, other = drop(films.film(1), "Dawn.mp4"), drop(films.film(2), "Dawn-2.mp4")
    assert drop(SUBRIP.format("Hello").encode(), "Dawn-2.ru.srt", film, other) == other
    assert [(track.content_id, track.language) for track in SubtitleTrack.objects.all()] == [(other.pk, "ru")]


def test_subtitles_without_a_film_are_refused_in_words() -> None:
    film = drop(films.film(), "Dawn.mp4")
    with pytest.raises(Refused, match=r"Rain\.srt.*subtitles"):
        drop(SUBRIP.format("Hello").encode(), "Rain.srt", film)


def test_a_file_of_somebody_else_is_not_there(alice: User) -> None:
    upload = sent(films.film(), "Dawn.mp4")
    with pytest.raises(dropping.Foreign):
        take(upload.pk, str(alice.pk))
    with pytest.raises(dropping.Foreign):
        take(uuid4(), SENDER)
    assert upload.staged.exists()


def test_a_file_that_is_still_coming_in_is_left_alone() -> None:
    upload = resuming.begin("Dawn.mp4", 100, sender=SENDER)
    with pytest.raises(NotComplete):
        take(upload.pk, SENDER)
    assert upload.staged.exists()
