"""What there is to import: folders, the files in them that some kind knows, and the subtitles of films."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from pagecast.media.subtitles import language_of
from pagecast.media.types import SUBTITLES
from pagecast.pages.kinds import kind_of_file


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, and the files in it that some kind of content knows."""

    path: Path
    files: list[Path]
    # Subtitles, with the film beside them that they are named after.
    subtitles: list[tuple[Path, Path]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.files) + len(self.subtitles)


def scan(root: Path) -> tuple[list[Folder], list[Path]]:
    """The folders below `root` that hold contents, and the files that no kind knows; both in name order.

    Names that begin with a dot are left out; links that lead out of the folder are known to no kind.
    """
    folders, unknown = [], []
    for where, inside, names in os.walk(root):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        files = [Path(where, name) for name in sorted(names) if not name.startswith(".")]
        known = [file for file in files if kind_of_file(file.name) and _is_inside(file, root)]
        is_known = set(known)
        others = [file for file in files if file not in is_known]
        subtitles = _one_for_each_language(
            [
                (file, film)
                for file in others
                if _is_inside(file, root) and (film := _film_of(file, known)) is not None
            ]
        )
        is_subtitles = {file for file, _film in subtitles}
        unknown += [file for file in others if file not in is_subtitles]
        if known:
            folders.append(Folder(Path(where), known, subtitles))
    return folders, unknown


def _is_inside(file: Path, root: Path) -> bool:
    """Whether it is a file of the folder: a link must not publish what lies elsewhere."""
    return file.is_file() and (not file.is_symlink() or file.resolve().is_relative_to(root.resolve()))


def _one_for_each_language(subtitles: list[tuple[Path, Path]]) -> list[tuple[Path, Path]]:
    """Of Dawn.srt and Dawn.vtt, which say the same, the one that needs to be converted least."""
    chosen: dict[tuple[Path, str], Path] = {}
    for file, film in sorted(subtitles, key=lambda each: (SUBTITLES.index(each[0].suffix.lower()), each[0])):
        chosen.setdefault((film, language_of(file.name)), file)
    return [(file, film) for file, film in subtitles if file in chosen.values()]


def _film_of(file: Path, known: list[Path]) -> Path | None:
    """The film whose name the subtitles begin with: Dawn.ru.srt and Dawn.srt belong to Dawn.mp4."""
    if file.suffix.lower() not in SUBTITLES:
        return None
    films = [
        film
        for film in known
        if (kind := kind_of_file(film.name))
        and kind.takes_subtitles
        and (file.stem == film.stem or file.stem.startswith((film.stem + ".", film.stem + "-")))
    ]
    # Of "Dawn" and "Dawn-2" the longer one is meant by Dawn-2.ru.srt.
    return max(films, key=lambda film: len(film.stem), default=None)
