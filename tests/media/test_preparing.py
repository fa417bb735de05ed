"""Before an upload is filed: whether its bytes are whole, what they are, and if they are here already."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction

from pagecast.media import leases, preparing, storing
from pagecast.media.errors import Empty, Lost, Refused
from pagecast.media.models import Blob, Upload
from pagecast.media.preparing import VTT, facts_of, prepare, prepare_subtitles
from pagecast.media.probing import Facts, Medium
from pagecast.media.subtitles import LIMIT
from tests.films import film, sound
from tests.uploading import SUBRIP, in_hand, left_in

pytestmark = pytest.mark.django_db

Send = Callable[..., Upload]


@pytest.fixture
def kept(send: Send, tree: Path) -> Blob:
    """A film that is here."""
    with in_hand(send(film())) as (file,):
        assert storing.place([(file, "video")]) == {}
        with transaction.atomic():
            blobs = storing.claim([file])
            leases.complete(blobs)
    return blobs[file]


def test_it_works(send: Send) -> None:
    upload = send(film(1), "Dawn.mp4")
    file = prepare(upload, [Medium.VIDEO])
    assert (file.source, file.sha256, file.size) == (upload.staged, upload.sha256, upload.size)
    assert (file.name, file.blob, file.facts.media_type) == ("Dawn.mp4", None, "video/mp4")


@pytest.mark.parametrize("wanted", [[], [Medium.OTHER], [Medium.VIDEO] * 2, [Medium.OTHER, Medium.VIDEO]])
def test_what_is_wanted_is_taken(wanted: list[Medium], send: Send) -> None:
    assert prepare(send(film()), wanted).facts.medium == Medium.VIDEO


@pytest.mark.parametrize("wanted", [[Medium.AUDIO], [Medium.VIDEO, Medium.AUDIO], [Medium.IMAGE]])
def test_what_one_of_those_who_want_it_cannot_use_is_refused(wanted: list[Medium], send: Send) -> None:
    with pytest.raises(Refused, match=r"Dawn\.mp4.*a film \(MP4\), not a"):
        prepare(send(film()), wanted)


def test_a_name_says_nothing_about_what_a_file_is(send: Send) -> None:
    with pytest.raises(Refused, match="not a video"):
        prepare(send(sound(), "Dawn.mp4"), [Medium.VIDEO])
    assert prepare(send(film(), "Dawn.mp3"), [Medium.VIDEO]).name == "Dawn.mp4"


def test_bytes_that_are_here_are_found(kept: Blob, send: Send) -> None:
    again = send(film(), "Dusk.mp4")
    assert prepare(again, [], storing.known([again])[again.sha256]).blob == kept


def test_bytes_that_are_here_are_not_looked_into_again(
    kept: Blob, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = send(film())
    monkeypatch.setattr(preparing, "probe", lambda *_arguments: pytest.fail("they were"))
    assert prepare(again, [Medium.VIDEO], kept).facts == facts_of(kept)


def test_bytes_that_are_here_must_be_what_is_wanted_all_the_same(kept: Blob, send: Send) -> None:
    with pytest.raises(Refused, match=r"a film \(MP4\), not a sound"):
        prepare(send(film(), "Rain.m4a"), [Medium.AUDIO], kept)


def test_facts_that_are_known_are_not_looked_for(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    known = Facts(Medium.VIDEO, "a film", "video/webm")
    monkeypatch.setattr(preparing, "probe", lambda *_arguments: pytest.fail("they were"))
    assert prepare(send(), [Medium.VIDEO], facts=known).name == "Dawn.webm"


def test_bytes_whose_sum_was_not_known_are_looked_up_once_it_is(kept: Blob, send: Send) -> None:
    again = send(film())
    Upload.objects.filter(pk=again.pk).update(sha256="")
    again.refresh_from_db()
    assert prepare(again, []).blob == kept


@pytest.mark.parametrize("left", [b"", b"half"])
def test_an_upload_that_lost_bytes_is_refused(left: bytes, send: Send) -> None:
    upload = send(film())
    upload.staged.write_bytes(left)
    with pytest.raises(Lost, match="Dawn"):
        prepare(upload, [])


@pytest.mark.parametrize("verb", [lambda upload: prepare(upload, []), prepare_subtitles])
def test_an_upload_that_lost_its_file_is_refused(verb: Callable[[Upload], object], send: Send) -> None:
    upload = send(film())
    upload.staged.unlink()
    with pytest.raises(Lost, match="Dawn"):
        verb(upload)


def test_bytes_that_are_here_need_not_have_come_again(kept: Blob, send: Send, staging: Path) -> None:
    again = send(film())
    shutil.rmtree(staging)
    assert prepare(again, [], kept).blob == kept


def test_subtitles_become_webvtt(send: Send) -> None:
    upload = send(SUBRIP.format("Рассвет").encode(), "Dawn.ru.srt")
    file = prepare_subtitles(upload)
    text = file.source.read_text(encoding="utf-8")
    assert text.startswith("WEBVTT")
    assert "Рассвет" in text
    assert (file.name, file.facts.media_type, file.encoding) == ("Dawn.ru.vtt", VTT, "")
    assert file.size == file.source.stat().st_size
    assert file.sha256 != upload.sha256
    assert upload.staged.exists()


def test_an_encoding_that_was_guessed_is_told(send: Send) -> None:
    file = prepare_subtitles(send(SUBRIP.format("Рассвет над тихой рекой").encode("cp1251"), "Dawn.srt"))
    assert "Рассвет над тихой рекой" in file.source.read_text(encoding="utf-8")
    assert "1251" in file.encoding


def test_subtitles_prepared_again_end_the_same_way(send: Send, staging: Path) -> None:
    upload = send(SUBRIP.format("Dawn").encode(), "Dawn.srt")
    first = prepare_subtitles(upload)
    before = first.source.read_bytes()
    second = prepare_subtitles(upload)
    assert (second.sha256, second.source.read_bytes()) == (first.sha256, before)
    assert len(left_in(staging)) == 2


def test_whoever_reads_what_subtitles_became_never_sees_half_of_it(send: Send) -> None:
    upload = send(SUBRIP.format("Dawn").encode(), "Dawn.srt")
    with prepare_subtitles(upload).source.open("rb") as placed:
        # A worker that stood still comes back, and does the same work.
        prepare_subtitles(upload)
        assert placed.read().startswith(b"WEBVTT")


def test_what_is_no_subtitles_is_refused(send: Send, staging: Path) -> None:
    upload = send(film(), "Dawn.srt")
    with pytest.raises(Refused, match=r"Dawn\.srt"):
        prepare_subtitles(upload)
    assert left_in(staging) == [str(upload.pk)]


def test_subtitles_that_are_too_large_are_refused_and_not_read_whole(send: Send) -> None:
    upload = send(b"1\n" * LIMIT, "Dawn.srt")
    with pytest.raises(Refused, match="too large for subtitles"):
        prepare_subtitles(upload)


def test_subtitles_are_no_film_for_a_content_that_wants_the_same_upload(send: Send) -> None:
    with pytest.raises(Refused, match="not a video"):
        prepare_subtitles(send(SUBRIP.format("Dawn").encode(), "Dawn.srt"), [Medium.VIDEO])


def test_a_blob_tells_what_was_found_in_it(kept: Blob) -> None:
    facts = facts_of(Blob.objects.get())
    assert (facts.medium, facts.media_type, facts.codecs) == (Medium.VIDEO, "video/mp4", "h264")
    assert (facts.duration, facts.width, facts.height, facts.playable) == (1.0, 32, 32, True)


def test_an_empty_file_is_refused_on_its_way_in(send: Send) -> None:
    with pytest.raises(Empty):
        send(b"")
