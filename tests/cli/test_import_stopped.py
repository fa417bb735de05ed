"""An import that is stopped anywhere is whole after the next one, and so is one beside another."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, cast

import pytest
from django.core.management import call_command

from pagecast.cli.importing import Outcome, import_folders
from pagecast.cli.scanning import scan
from pagecast.media import housekeeping
from pagecast.media.models import Blob, Upload
from pagecast.pages import filing
from pagecast.pages.models import Content, Page, SubtitleTrack, Video
from tests.acceptance.killing import killed_at_each_line
from tests.cli.library import WHOLE, tree
from tests.films import film
from tests.uploading import (
    SUBRIP,
    bytes_of,
    in_processes,
    in_threads,
    left_in,
    let_leases_run_out,
    make_older,
    text_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

Import = Callable[[], str]
IMPORTING = ["cli/importing.py", "cli/finding.py"]


@pytest.fixture
def rivers(library: Path) -> Path:
    """A folder with one film and its subtitles."""
    folder = library / "Rivers"
    for name in ("2 Rain.m4a", "3 Note.txt", "map.xyz"):
        (folder / name).unlink()
    (folder / "1 Dawn.ru.srt").write_text(SUBRIP.format("Рассвет"), encoding="utf-8")
    return folder


def outcomes(folder: Path) -> list[Outcome]:
    return [outcome for _path, outcome, _reason in import_folders(scan(folder)[0])]


def is_whole() -> bool:
    """One film on one page, with its subtitles."""
    (content,) = Content.objects.all()
    (track,) = SubtitleTrack.objects.all()
    return (
        tree() == {"Rivers": ["1 Dawn"]}
        and bytes_of(content) == film("Rivers")
        and "Рассвет" in (text_of(track) or "")
        and not filing.due().exists()
    )


def clear() -> None:
    Page.objects.all().delete()
    Content.objects.all().delete()


def test_an_import_killed_at_any_line_is_whole_after_the_next_one(rivers: Path) -> None:
    deaths = 0
    for deaths in killed_at_each_line(lambda: outcomes(rivers), *IMPORTING):  # noqa: B007 - told below
        let_leases_run_out()
        assert Outcome.REFUSED not in outcomes(rivers)
        assert is_whole()
        assert outcomes(rivers) == [Outcome.THERE, Outcome.THERE]
        clear()
    assert deaths > 60


@pytest.mark.parametrize("room", ["storing", "leases", "receiving", "preparing"])
def test_an_import_killed_while_it_filed_is_whole_after_the_next_one(room: str, rivers: Path) -> None:
    # The upload is leased, and nobody renews the lease any more: the next import waits for its end.
    next(killed_at_each_line(lambda: outcomes(rivers), f"media/{room}.py"))
    assert Outcome.REFUSED not in outcomes(rivers)
    assert is_whole()


def test_what_a_killed_import_leaves_is_swept(rivers: Path, folders: Path) -> None:
    for death in killed_at_each_line(lambda: outcomes(rivers), *IMPORTING):
        if death % 6 == 0:
            clear()
    outcomes(rivers)
    assert is_whole()
    make_older(housekeeping.YOUNG)
    list(housekeeping.sweep(housekeeping.YOUNG / 2))
    assert is_whole()
    assert left_in(folders / "staging") == []
    needed = {content.upload_id for content in Content.objects.all()}
    needed |= {track.upload_id for track in SubtitleTrack.objects.all()}
    assert {upload.pk for upload in Upload.objects.all()} == needed
    assert len([path for path in left_in(folders / "media") if "posters" not in path]) == 2


def test_an_import_that_its_user_breaks_off_goes_on_the_next_time(library: Path, folders: Path) -> None:
    for number in range(6):
        told = import_folders(scan(library)[0])
        for _file in range(number + 1):
            next(told)
        cast("Generator[object]", told).close()
        call_command("import", str(library))
        assert tree() == WHOLE
        assert [bytes_of(each) for each in Video.objects.order_by("pk")] == [film("Rivers"), film("Горы")]
        assert left_in(folders / "staging") == []
        clear()


@pytest.fixture
def many(library: Path) -> Path:
    """A library with more files than one batch has."""
    for number in range(70):
        library.joinpath("Rivers", f"4 {number:02}.txt").write_text(str(number))
    for number in range(9):
        library.joinpath("Rivers", f"5 {number}.mp4").write_bytes(film(number))
        library.joinpath("Rivers", f"5 {number}.ru.srt").write_text(SUBRIP.format(number))
    return library


@pytest.mark.parametrize("at_once", [in_threads, in_processes])
def test_two_imports_of_one_folder_at_once_make_it_once(
    at_once: Callable[[int, Callable[[int], Any]], object], many: Path, import_it: Import
) -> None:
    at_once(2, lambda _number: call_command("import", str(many)))
    assert sorted(tree()) == sorted(WHOLE)
    texts, films = [f"4 {number:02}" for number in range(70)], [f"5 {number}" for number in range(9)]
    assert sorted(tree()["Rivers"]) == sorted([*WHOLE["Rivers"], *texts, *films])
    found = Video.objects.filter(title__in=films).order_by("title")
    assert [bytes_of(each) for each in found] == [film(number) for number in range(9)]
    assert SubtitleTrack.objects.exclude(blob=None).count() == 9
    assert Blob.objects.filter(medium="video").count() == 11
    assert "0 added, 0 changed, 94 there already, 0 refused" in import_it()
