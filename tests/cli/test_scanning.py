"""What there is to import: folders, the files in them that some kind knows, and the subtitles of films."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pagecast.cli.scanning import scan
from pagecast.pages.kinds import kinds

Make = Callable[..., None]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes files of these names."""

    def make(*names: str) -> None:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")

    return make


def subtitles(root: Path) -> dict[str, str]:
    """The subtitles that were found, and the film that each belongs to."""
    return {file.name: film.name for folder in scan(root)[0] for file, film in folder.subtitles}


def unknown(root: Path) -> list[str]:
    return [path.name for path in scan(root)[1]]


def test_it_works(make: Make, tmp_path: Path) -> None:
    make("b/2.mp4", "b/1.mp3", "a/note.txt", "b/1.ru.srt", "b/2.ru.srt", "b/map.xyz", "empty/map.xyz")
    folders, left = scan(tmp_path)
    assert [folder.path.name for folder in folders] == ["a", "b"]
    assert [[file.name for file in folder.files] for folder in folders] == [["note.txt"], ["1.mp3", "2.mp4"]]
    assert [len(folder) for folder in folders] == [1, 3]
    assert [str(path.relative_to(tmp_path)) for path in left] == ["b/1.ru.srt", "b/map.xyz", "empty/map.xyz"]


def test_folders_within_folders_come_in_name_order(make: Make, tmp_path: Path) -> None:
    make("b/1.mp4", "a/b/1.mp4", "a/1.mp4", "a/a/1.mp4")
    found = [str(folder.path.relative_to(tmp_path)) for folder in scan(tmp_path)[0]]
    assert found == ["a", "a/a", "a/b", "b"]


def test_what_is_hidden_is_left_out_without_a_word(make: Make, tmp_path: Path) -> None:
    make(".1.mp4", ".git/1.mp4", "1.mp4", ".1.ru.srt")
    (folder,), left = scan(tmp_path)
    assert ([file.name for file in folder.files], folder.subtitles, left) == (["1.mp4"], [], [])


@pytest.mark.parametrize(
    "name", [ending.upper() for kind in kinds().values() for ending in kind.suffixes] or ["none"]
)
def test_each_ending_of_each_kind_is_known_in_capitals_too(name: str, make: Make, tmp_path: Path) -> None:
    make(f"Dawn{name}")
    assert unknown(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    [
        *["Dawn.srt", "Dawn.vtt", "Dawn.ru.srt", "Dawn.pt-BR.vtt", "Dawn-ru.ass", "Dawn.ru.forced.srt"],
        *["Dawn.SRT", "Dawn.ttml", "Dawn.dfxp", "Dawn.ssa", "Dawn.sbv"],
    ],
)
def test_subtitles_belong_to_the_film_whose_name_they_begin_with(
    name: str, make: Make, tmp_path: Path
) -> None:
    make("Dawn.mp4", "Dusk.mp4", name)
    assert subtitles(tmp_path) == {name: "Dawn.mp4"}
    assert unknown(tmp_path) == []


@pytest.mark.parametrize("name", ["Daw.srt", "Dawns.srt", "Noon.ru.srt", "dawn.srt", "Dawn.txt.bak", ".srt"])
def test_what_belongs_to_no_film_is_left_out(name: str, make: Make, tmp_path: Path) -> None:
    make("Dawn.mp4", name)
    assert subtitles(tmp_path) == {}


def test_of_two_films_the_one_with_the_longer_name_is_meant(make: Make, tmp_path: Path) -> None:
    make("Dawn.mp4", "Dawn-2.mp4", "Dawn.de.mp4", "Dawn-2.ru.srt", "Dawn.ru.srt", "Dawn.de.ru.srt")
    assert subtitles(tmp_path) == {
        "Dawn-2.ru.srt": "Dawn-2.mp4",
        "Dawn.ru.srt": "Dawn.mp4",
        "Dawn.de.ru.srt": "Dawn.de.mp4",
    }


def test_a_sound_has_no_subtitles(make: Make, tmp_path: Path) -> None:
    make("Rain.mp3", "Rain.srt")
    assert (subtitles(tmp_path), unknown(tmp_path)) == ({}, ["Rain.srt"])


def test_subtitles_in_another_folder_belong_to_nothing_there(make: Make, tmp_path: Path) -> None:
    make("films/Dawn.mp4", "subtitles/Dawn.srt")
    assert (subtitles(tmp_path), unknown(tmp_path)) == ({}, ["Dawn.srt"])


def test_of_several_in_one_language_the_one_closest_to_webvtt_is_taken(make: Make, tmp_path: Path) -> None:
    make("Dawn.mp4", "Dawn.srt", "Dawn.vtt", "Dawn.ru.ass", "Dawn.ru.srt", "Dawn.eng.srt", "Dawn.en.srt")
    assert set(subtitles(tmp_path)) == {"Dawn.vtt", "Dawn.ru.srt", "Dawn.en.srt"}
    assert unknown(tmp_path) == ["Dawn.eng.srt", "Dawn.ru.ass", "Dawn.srt"]


def test_what_is_no_file_is_left_out(make: Make, tmp_path: Path) -> None:
    make("Dawn.mp4")
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "Dawn.ru.srt").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.mp4")
    (folder,), left = scan(tmp_path)
    assert [file.name for file in folder.files] == ["Dawn.mp4"]
    assert folder.subtitles == []
    assert [path.name for path in left] == ["Dawn.ru.srt", "pipe.mp4"]


def test_a_name_that_is_no_text_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.mp4")).write_bytes(b"")
    (tmp_path / os.fsdecode(b"caf\xe9.ru.srt")).write_bytes(b"")
    assert len(subtitles(tmp_path)) == 1


def test_a_folder_with_nothing_in_it_is_nothing(tmp_path: Path) -> None:
    assert scan(tmp_path) == ([], [])


def test_a_link_does_not_publish_what_lies_elsewhere(make: Make, tmp_path: Path) -> None:
    make("secret.txt", "library/note.txt")
    library = tmp_path / "library"
    (library / "link.txt").symlink_to(tmp_path / "secret.txt")
    (library / "same.txt").symlink_to(library / "note.txt")
    folders, left = scan(library)
    assert [file.name for folder in folders for file in folder.files] == ["note.txt", "same.txt"]
    assert [file.name for file in left] == ["link.txt"]
