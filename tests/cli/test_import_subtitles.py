"""`pagecast import` gives films the subtitles that lie beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from pagecast.media.models import Upload
from pagecast.media.stores.folder import FolderStore
from pagecast.pages.models import Content, SubtitleTrack, Video
from tests.cli.library import WHOLE, tree
from tests.uploading import SUBRIP, left_in, text_of

pytestmark = pytest.mark.django_db

Import = Callable[[], str]


@pytest.fixture
def rivers(library: Path) -> Path:
    """A folder with a film that has subtitles in two languages."""
    folder = library / "Rivers"
    write(folder / "1 Dawn.ru.srt", "Рассвет")
    write(folder / "1 Dawn.srt", "Dawn")
    return folder


def write(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.write_text(SUBRIP.format(text), encoding=encoding)


def subtitles() -> dict[str, str]:
    """By language."""
    return {track.language: text_of(track) or "" for track in SubtitleTrack.objects.all()}


def test_it_works(rivers: Path, import_it: Import) -> None:
    assert import_it() == "2 folders: 8 added, 0 changed, 0 there already, 0 refused.\n"
    assert tree() == WHOLE
    told = subtitles()
    assert sorted(told) == ["", "ru"]
    assert "Рассвет" in told["ru"]
    assert "Dawn" in told[""]
    assert {track.content.title for track in SubtitleTrack.objects.all()} == {"1 Dawn"}


def test_a_second_import_copies_nothing(
    rivers: Path, import_it: Import, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_it()
    before = (left_in(folders / "media"), list(Upload.objects.values_list("pk", flat=True)))
    editions = list(Content.objects.values_list("updated_at", flat=True))
    monkeypatch.setattr(FolderStore, "put", lambda *_arguments, **_options: pytest.fail("it was copied"))
    assert "0 added, 0 changed, 8 there already" in import_it()
    assert before == (left_in(folders / "media"), list(Upload.objects.values_list("pk", flat=True)))
    assert list(Content.objects.values_list("updated_at", flat=True)) == editions
    assert left_in(folders / "staging") == []


def test_subtitles_that_have_changed_replace_their_earlier_selves(rivers: Path, import_it: Import) -> None:
    import_it()
    write(rivers / "1 Dawn.ru.srt", "Заря")
    assert "0 added, 1 changed, 7 there already" in import_it()
    assert "Заря" in subtitles()["ru"]
    assert SubtitleTrack.objects.count() == 2


def test_subtitles_that_come_later_come_to_their_film(rivers: Path, import_it: Import) -> None:
    import_it()
    write(rivers / "1 Dawn.de.srt", "Morgen")
    assert "1 added, 0 changed, 8 there already" in import_it()
    assert "Morgen" in subtitles()["de"]


def test_a_film_that_has_changed_keeps_its_subtitles(rivers: Path, import_it: Import) -> None:
    import_it()
    (rivers / "1 Dawn.mp4").write_bytes((rivers.parent / "Горы" / "1 Dawn.mp4").read_bytes())
    import_it()
    assert {track.content_id for track in SubtitleTrack.objects.all()} == {Video.objects.earliest("pk").pk}


def test_subtitles_that_cannot_be_read_are_refused_in_words_each_time_and_the_others_are_in(
    rivers: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rivers / "1 Dawn.ru.srt").write_bytes(b"no subtitles")
    for _twice in range(2):
        with pytest.raises(CommandError, match="1 files were refused"):
            call_command("import", str(library))
        assert "1 Dawn.ru.srt: “1 Dawn.ru.srt”" in capsys.readouterr().err
    assert tree() == WHOLE
    assert "Dawn" in subtitles()[""]


def test_broken_ones_in_the_place_of_good_ones_are_refused_each_time(
    rivers: Path, library: Path, import_it: Import
) -> None:
    import_it()
    (rivers / "1 Dawn.ru.srt").write_bytes(b"no subtitles")
    for _twice in range(2):
        with pytest.raises(CommandError, match="1 files were refused"):
            call_command("import", str(library))
    assert "Рассвет" in subtitles()["ru"]
    write(rivers / "1 Dawn.ru.srt", "Заря")
    assert "1 changed" in import_it()
    assert "Заря" in subtitles()["ru"]


def test_empty_subtitles_are_refused(rivers: Path, library: Path) -> None:
    (rivers / "1 Dawn.ru.srt").write_bytes(b"")
    with pytest.raises(CommandError, match="1 files were refused"):
        call_command("import", str(library))
    assert sorted(subtitles()) == [""]


def test_an_old_encoding_is_understood(rivers: Path, import_it: Import) -> None:
    write(rivers / "1 Dawn.ru.srt", "Рассвет над тихой рекой", "cp1251")
    import_it()
    assert "Рассвет над тихой рекой" in subtitles()["ru"]


def test_of_two_in_one_language_always_the_same_is_taken(rivers: Path, import_it: Import) -> None:
    (rivers / "1 Dawn.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nDaybreak\n")
    import_it()
    assert "Daybreak" in subtitles()[""]
    assert "0 added, 0 changed" in import_it()
    assert "Daybreak" in subtitles()[""]


def test_subtitles_of_no_film_are_named(
    rivers: Path, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (rivers / "map.xyz").unlink()
    write(rivers / "Noon.srt", "Noon")
    call_command("import", str(library))
    assert "Noon.srt" in capsys.readouterr().err
