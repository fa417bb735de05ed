"""Real files on their whole way in, each as what its name says: what becomes of it, in a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from pagecast.media.models import Upload
from pagecast.media.receiving import receive_path
from pagecast.pages import editing, filing
from pagecast.pages.kinds import kind_of_file
from pagecast.pages.models import Audio, Content, SubtitleTrack, Video
from pagecast.pages.subtitling import Track, set_track
from tests.films import kept

pytestmark = pytest.mark.django_db

STATES = Upload.State
# Where nothing is said the file is filed, plays everywhere, and has a picture.
REFUSED = {
    "formats/fixture.mid": "This is a MIDI file, not a video",
    "formats/fixture.ogv": "is cut off or damaged",
    "tiny/gif.gif": "This is a picture (GIF), not a video",
    "tiny/html5.html": "This is a web page (HTML), not a video",
    "tiny/jpeg.jpg": "This is a picture (JPEG), not a video",
    "tiny/mp4-with-audio.mp4": "This is a sound (M4A), not a video",
    "tiny/pdf.pdf": "This is a PDF, not a video",
    "tiny/png-truncated.png": "This is a picture (PNG), not a video",
    "tiny/svg.svg": "This is a picture (SVG), not a video",
    "tiny/xhtml5.xhtml": "This is a web page (HTML), not a video",
}
NOT_PLAYED = {
    "formats/fixture.3gp",
    "formats/fixture.avi",
    "formats/fixture.mkv",
    "tiny/AudioVideoInterleave.avi",
    "tiny/Mpeg4.mp4",
}
# Valid, and yet with nothing in them that could be drawn.
WITHOUT_PICTURE = {"tiny/AudioVideoInterleave.avi", "tiny/Mpeg4.mp4", "tiny/mp3.mp3", "tiny/wav.wav"}
# Those whose encoding had to be guessed.
GUESSED = {
    "subtitles/encodings/captions.ja.shift_jis.vtt": "Shift_JIS",
    "subtitles/encodings/captions.ru.koi8-r.vtt": "KOI8-R",
    "subtitles/encodings/captions.ru.windows-1251.vtt": "windows-1251",
    "subtitles/encodings/gb2312.srt": "GB2312",
}


def filed(waiting: Content | SubtitleTrack) -> Upload:
    """What a worker makes of the file."""
    assert waiting.upload_id is not None
    for blob in filing.file(waiting.upload_id):
        filing.study(blob.pk)
    return Upload.objects.get(pk=waiting.upload_id)


def names(shared_media: Path, *folders: str) -> list[str]:
    return sorted(
        str(path.relative_to(shared_media))
        for folder in folders
        for path in (shared_media / folder).rglob("*")
        if path.is_file()
    )


def test_films_and_sounds(shared_media: Path) -> None:
    refused, not_played, without_picture = {}, set(), set()
    for name in names(shared_media, "video", "audio", "formats", "tiny"):
        if name.endswith(".vtt"):
            continue
        kind = kind_of_file(name)
        kind = kind if kind is not None and kind.medium is not None else Video
        content = editing.write_content(kind(title=name), {}, receive_path(shared_media / name))
        upload = filed(content)
        if upload.blob is None:
            refused[name] = upload.error
            continue
        not_played |= {name} if upload.blob.playable is False else set()
        without_picture |= set() if upload.blob.poster_path else {name}
        assert any("browsers do not play" in notice for notice in upload.notices) == (name in NOT_PLAYED)
        assert kept(upload.blob).read_bytes() == (shared_media / name).read_bytes()
    assert refused.keys() == REFUSED.keys()
    assert [name for name, words in REFUSED.items() if words not in refused[name]] == []
    assert (not_played, without_picture) == (NOT_PLAYED, WITHOUT_PICTURE)


def test_subtitles(shared_media: Path) -> None:
    guessed = {}
    for name in names(shared_media, "subtitles", "video"):
        if not name.startswith("subtitles") and not name.endswith(".vtt"):
            continue
        film = Video.objects.create(title=name)
        set_track(film, Track("", receive_path(shared_media / name)))
        upload = filed(SubtitleTrack.objects.get(content=film))
        assert upload.state == STATES.COMPLETED, f"{name}: {upload.error}"
        assert kept(upload.blob).read_bytes().startswith(b"WEBVTT")
        if upload.encoding:
            guessed[name] = upload.encoding
    assert guessed == GUESSED


def test_a_sound_in_a_film_s_clothes_is_a_sound(shared_media: Path) -> None:
    sound = Audio(title="x")
    editing.write_content(sound, {}, receive_path(shared_media / "tiny" / "mp4-with-audio.mp4"))
    assert filed(sound).state == STATES.COMPLETED
