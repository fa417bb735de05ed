"""Subtitles of a content: a file or a link for each language."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from pagecast.counting.models import Tally
from pagecast.media.errors import NotComplete, Refused
from pagecast.media.models import Upload
from pagecast.media.receiving import receive
from pagecast.pages import editing, filing, reading
from pagecast.pages.models import Content, Page, SubtitleTrack, Video
from pagecast.pages.subtitling import Track, set_track, set_tracks
from tests.films import film
from tests.uploading import SUBRIP, add, add_subtitles, file, fresh, in_threads, text_of, upload_of

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

LINK = "https://films.example.org/dawn.en.vtt"


@pytest.fixture
def dawn(db: None) -> Content:
    """A film that is here."""
    content = add(film())
    file(content)
    return fresh(content)


def sent(text: str, name: str = "Dawn.srt") -> Upload:
    return receive([SUBRIP.format(text).encode()], name)


def languages(content: Content) -> list[str]:
    return sorted(SubtitleTrack.objects.filter(content=content).values_list("language", flat=True))


def edition(page: Page) -> int:
    return Tally.objects.get(pk=page.pk).edition


def test_it_works(dawn: Content) -> None:
    track = set_track(dawn, Track("ru", sent("Рассвет")))
    assert fresh(dawn).shown_subtitles == []
    file(track)
    assert "Рассвет" in (text_of(track) or "")
    (shown,) = fresh(dawn).shown_subtitles
    assert (shown, shown.language, shown.path) == (track, "ru", fresh(dawn).subtitles_path)


def test_each_language_has_its_own(dawn: Content) -> None:
    tracks = [add_subtitles(dawn, text, language) for language, text in (("ru", "Рассвет"), ("en", "Dawn"))]
    file(*tracks)
    assert languages(dawn) == ["en", "ru"]
    assert fresh(dawn).subtitles_path == SubtitleTrack.objects.get(language="ru").path


def test_others_in_the_same_language_take_their_place_once_they_are_filed(dawn: Content) -> None:
    track = add_subtitles(dawn, "Dawn")
    file(track)
    assert add_subtitles(dawn, "Daybreak") == track
    assert "Dawn" in (text_of(track) or "")
    file(track)
    assert "Daybreak" in (text_of(track) or "")
    assert languages(dawn) == ["en"]


def test_a_link_needs_no_worker(dawn: Content) -> None:
    set_track(dawn, Track("en", url=LINK))
    assert [track.url for track in fresh(dawn).shown_subtitles] == [LINK]
    assert not filing.due().exists()


def test_a_link_takes_the_place_of_a_file_and_a_file_that_of_a_link(dawn: Content) -> None:
    track = add_subtitles(dawn, "Dawn")
    file(track)
    set_track(dawn, Track("en", url=LINK))
    (shown,) = fresh(dawn).shown_subtitles
    assert (shown.url, shown.path, shown.upload) == (LINK, None, None)
    add_subtitles(dawn, "Dawn")
    file(track)
    (shown,) = fresh(dawn).shown_subtitles
    assert (shown.url, shown.path is None) == (None, False)


def test_an_upload_that_is_not_whole_is_refused(dawn: Content) -> None:
    upload = sent("Dawn")
    Upload.objects.filter(pk=upload.pk).update(state=Upload.State.RECEIVING)
    with pytest.raises(NotComplete):
        set_track(dawn, Track("en", upload))
    assert languages(dawn) == []


def test_an_upload_that_is_known_to_be_a_film_is_refused(dawn: Content) -> None:
    with pytest.raises(Refused, match=r"Dawn\.mp4.*something else than subtitles"):
        set_track(dawn, Track("en", upload_of(dawn)))
    assert languages(dawn) == []


def test_subtitles_that_are_filed_can_serve_a_second_film_at_once(dawn: Content) -> None:
    track = add_subtitles(dawn, "Dawn")
    file(track)
    another = Video.objects.create(title="Dusk", video_url="https://films.example.org/dusk.mp4")
    assert text_of(set_track(another, Track("en", upload_of(track)))) == text_of(track)


def test_a_list_of_subtitles_replaces_those_that_are_there(dawn: Content) -> None:
    tracks = [add_subtitles(dawn, "Dawn", language) for language in ("en", "ru")]
    file(*tracks)
    set_tracks(dawn, [Track("ru"), Track("de", sent("Morgen")), Track("fr", url=LINK)])
    assert languages(dawn) == ["de", "fr", "ru"]
    assert text_of(tracks[1]) is not None
    set_tracks(dawn, [])
    assert languages(dawn) == []


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ([Track("en", url=LINK), Track("en", url=LINK)], "Named twice: en"),
        ([Track("", url=LINK), Track("", url=LINK)], "Named twice: –"),
        ([Track("de")], "There are no subtitles in “de” yet"),
    ],
)
def test_a_list_that_makes_no_sense_is_refused_and_changes_nothing(
    wanted: list[Track], word: str, dawn: Content
) -> None:
    set_track(dawn, Track("ru", url=LINK))
    with pytest.raises(ValidationError, match=word):
        set_tracks(dawn, wanted)
    assert languages(dawn) == ["ru"]


def test_a_language_can_have_one_track_only(dawn: Content) -> None:
    SubtitleTrack.objects.create(content=dawn, language="en", url=LINK)
    with pytest.raises(IntegrityError), transaction.atomic():
        SubtitleTrack.objects.create(content=dawn, language="en", url=LINK)


@pytest.mark.parametrize("language", ["en", "pt-BR", "zh-Hant-TW", ""])
def test_a_language_is_a_tag_or_is_left_out(language: str, dawn: Content) -> None:
    SubtitleTrack(content=dawn, language=language, url=LINK).full_clean(exclude=["blob", "upload"])


@pytest.mark.parametrize("language", ["e", "english!", "en_US", "русский", "en-", "en\n"])
def test_what_is_no_tag_is_refused(language: str, dawn: Content) -> None:
    with pytest.raises(ValidationError, match="Write a language like en"):
        SubtitleTrack(content=dawn, language=language, url=LINK).full_clean(exclude=["blob", "upload"])


def test_readers_of_many_films_cost_no_more_queries_for_their_subtitles(dawn: Content) -> None:
    add_subtitles(dawn, "Dawn")
    contents = reading.load([dawn.pk])
    assert [track.language for track in contents[dawn.pk].subtitles] == ["en"]


def test_the_page_of_a_film_changes_for_its_readers_when_its_subtitles_are_filed(dawn: Content) -> None:
    page = editing.create_page({"title": "Films"}, [dawn.pk])
    before = edition(page)
    track = add_subtitles(dawn, "Dawn")
    sent_only = edition(page)
    file(track)
    filed = edition(page)
    track.delete()
    assert len({before, filed, edition(page)}) == 3
    assert sent_only != filed


@at_once
def test_two_editors_who_send_subtitles_at_once_leave_one_track(db: None) -> None:
    content = add(film())
    uploads = [sent(f"Dawn {number}") for number in range(4)]
    tracks = in_threads(4, lambda number: set_track(content, Track("en", uploads[number])))
    assert len({track.pk for track in tracks}) == 1
    track = SubtitleTrack.objects.get()
    file(track)
    assert upload_of(track) in uploads
    assert "Dawn" in (text_of(track) or "")
