"""`pagecast import FOLDER`: a page for each folder, a content for each file, in name order."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from tqdm import tqdm

from pagecast.cli.importing import Folder, Outcome, import_folder
from pagecast.media.models import Blob, Upload
from pagecast.pages import editing, filing
from pagecast.pages.models import Audio, Content, Page, Placement, Text, Video
from tests.acceptance.killing import killed_at_each_line

pytestmark = pytest.mark.django_db

Import = Callable[[], str]
IMPORTING, PLACING = "cli/importing.py", "media/storing.py"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two folders with a film, a sound and a text each, and what no kind knows."""
    root = tmp_path / "library"
    for name in ("Rivers", "Горы"):
        folder = root / name
        folder.mkdir(parents=True)
        folder.joinpath("1 Dawn.mp4").write_bytes(f"a film of {name}".encode())
        folder.joinpath("2 Rain.mp3").write_bytes(f"a sound of {name}".encode())
        folder.joinpath("3 Note.txt").write_text(f"A note on {name}", encoding="utf-8")
    root.joinpath("Rivers", ".hidden.mp4").write_bytes(b"hidden")
    root.joinpath("Rivers", "map.xyz").write_bytes(b"unknown")
    root.joinpath("empty").mkdir()
    return root


@pytest.fixture
def import_it(library: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    """Import the library; answers with what was printed."""

    def run() -> str:
        capsys.readouterr()
        call_command("import", str(library))
        return capsys.readouterr().out

    return run


@pytest.fixture(autouse=True)
def no_thread_of_the_progress_bar() -> Iterator[None]:
    """It would watch over bars to come, in tests that fork."""
    tqdm.monitor_interval = 0
    yield
    tqdm.monitor_interval = 10


def tree() -> dict[str, list[str]]:
    """The titles of pages, and what stands on them."""
    return {
        page.title: [placement.content.title for placement in page.placements.order_by("position")]
        for page in Page.objects.order_by("pk")
    }


WHOLE = {"Rivers": ["1 Dawn", "2 Rain", "3 Note"], "Горы": ["1 Dawn", "2 Rain", "3 Note"]}


def test_it_works(import_it: Import) -> None:
    printed = import_it()
    assert tree() == WHOLE
    assert printed == "2 folders: 6 added, 0 changed, 0 there already, 0 refused.\n"


def test_each_file_becomes_its_kind_with_its_bytes(import_it: Import) -> None:
    import_it()
    films = [film.blob.file.read_bytes().decode() for film in Video.objects.order_by("pk") if film.blob]
    sounds = [sound.blob.file.read_bytes().decode() for sound in Audio.objects.order_by("pk") if sound.blob]
    assert films == ["a film of Rivers", "a film of Горы"]
    assert sounds == ["a sound of Rivers", "a sound of Горы"]
    assert [note.text for note in Text.objects.order_by("pk")] == ["A note on Rivers", "A note on Горы"]


def test_a_progress_bar_runs_beside_the_output(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import", str(library))
    printed, said = capsys.readouterr()
    assert "6/6" in said
    assert "6/6" not in printed


def test_what_no_kind_knows_is_named(library: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import", str(library))
    assert "map.xyz" in capsys.readouterr().err


def test_a_second_import_doubles_nothing(import_it: Import) -> None:
    import_it()
    before = list(Content.objects.values_list("pk", "updated_at"))
    assert "0 added, 0 changed, 6 there already" in import_it()
    assert tree() == WHOLE
    assert list(Content.objects.values_list("pk", "updated_at")) == before
    assert (Upload.objects.count(), Blob.objects.count()) == (4, 4)


def test_a_file_that_is_new_comes_to_its_page(import_it: Import, library: Path) -> None:
    import_it()
    library.joinpath("Rivers", "4 Dusk.mp4").write_bytes(b"another film")
    assert "1 added" in import_it()
    assert tree() == WHOLE | {"Rivers": ["1 Dawn", "2 Rain", "3 Note", "4 Dusk"]}


def test_a_film_that_has_changed_replaces_its_earlier_self(import_it: Import, library: Path) -> None:
    import_it()
    library.joinpath("Rivers", "1 Dawn.mp4").write_bytes(b"a better film")
    assert "0 added, 1 changed, 5 there already" in import_it()
    film = Video.objects.earliest("pk")
    assert film.blob is not None
    assert film.blob.file.read_bytes() == b"a better film"
    assert tree() == WHOLE


def test_a_text_that_has_changed_replaces_its_earlier_self(import_it: Import, library: Path) -> None:
    import_it()
    library.joinpath("Rivers", "3 Note.txt").write_text("Another note")
    assert "0 added, 1 changed, 5 there already" in import_it()
    assert Text.objects.earliest("pk").text == "Another note"


def test_equal_files_are_kept_once(import_it: Import, library: Path) -> None:
    library.joinpath("Горы", "1 Dawn.mp4").write_bytes(b"a film of Rivers")
    import_it()
    assert tree() == WHOLE
    assert Blob.objects.count() == 3


def test_an_editors_title_and_order_survive_a_second_import(import_it: Import) -> None:
    import_it()
    page = Page.objects.get(title="Rivers")
    film, sound, note = page.placements.order_by("position").values_list("content", flat=True)
    editing.change_page(page, {"title": "All rivers"}, [note, film, sound])
    editing.write_content(Content.objects.get(pk=film), {"title": "Daybreak"})
    import_it()
    assert tree() == {"All rivers": ["3 Note", "Daybreak", "2 Rain"], "Горы": WHOLE["Горы"]}


def test_what_an_editor_took_off_a_page_stays_off(import_it: Import) -> None:
    import_it()
    Placement.objects.get(page__title="Rivers", content__title="2 Rain").delete()
    import_it()
    assert tree() == WHOLE | {"Rivers": ["1 Dawn", "3 Note"]}


def test_what_an_editor_switched_off_stays_off(import_it: Import) -> None:
    import_it()
    Page.objects.filter(title="Rivers").update(is_active=False)
    import_it()
    assert not Page.objects.get(title="Rivers").is_active


def test_a_page_that_an_editor_deleted_comes_back_whole_or_not_at_all(import_it: Import) -> None:
    import_it()
    Page.objects.get(title="Rivers").delete()
    import_it()
    assert tree().get("Rivers", WHOLE["Rivers"]) == WHOLE["Rivers"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_text_in_unicode_is_read_whatever_its_form(encoding: str, import_it: Import, library: Path) -> None:
    library.joinpath("Rivers", "3 Note.txt").write_text("Заметка", encoding=encoding)
    import_it()
    assert Text.objects.earliest("pk").text == "Заметка"


@pytest.mark.parametrize(
    ("data", "reason"),
    [("Заметка".encode("cp1251"), "UTF-8"), (b"\xff\xfea", "UTF-8"), (b"a\0b", "NUL")],
)
def test_a_text_that_cannot_be_read_is_refused_in_words_and_the_others_are_in(
    data: bytes, reason: str, library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library.joinpath("Rivers", "3 Note.txt").write_bytes(data)
    with pytest.raises(CommandError, match="1 files were refused"):
        call_command("import", str(library))
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "refused:" in line]
    assert "3 Note.txt" in line
    assert reason in line
    assert tree() == WHOLE | {"Rivers": ["1 Dawn", "2 Rain"]}


def test_an_empty_film_is_refused_and_the_others_are_in(library: Path) -> None:
    library.joinpath("Rivers", "1 Dawn.mp4").write_bytes(b"")
    with pytest.raises(CommandError):
        call_command("import", str(library))
    assert tree() == WHOLE | {"Rivers": ["2 Rain", "3 Note"]}


def test_a_file_whose_cure_was_found_comes_in_by_the_next_import(import_it: Import, library: Path) -> None:
    note = library.joinpath("Rivers", "3 Note.txt")
    note.write_bytes(b"\xff")
    with pytest.raises(CommandError):
        import_it()
    note.write_text("A note on Rivers")
    assert "1 added" in import_it()
    assert tree() == WHOLE


def test_a_name_that_is_no_text_is_made_visible(import_it: Import, library: Path) -> None:
    library.joinpath("Rivers", os.fsdecode(b"4 caf\xe9.mp4")).write_bytes(b"film")
    import_it()
    assert tree()["Rivers"][-1] == "4 caf\\xe9"
    assert "7 there already" in import_it()


def test_a_path_however_deep_comes_in(import_it: Import, library: Path) -> None:
    deep = library.joinpath(*["deep" * 50] * 6)
    deep.mkdir(parents=True)
    deep.joinpath("Dawn.mp4").write_bytes(b"a deep film")
    assert "7 added" in import_it()
    assert "7 there already" in import_it()


def test_a_folder_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("import", str(tmp_path / "nowhere"))


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_at_any_line_is_whole_after_the_next_one(library: Path) -> None:
    rivers = library / "Rivers"
    folder = Folder(rivers, [rivers / "1 Dawn.mp4"])
    for _death in killed_at_each_line(lambda: list(import_folder(folder)), IMPORTING):
        assert Outcome.REFUSED not in {outcome for _file, outcome, _reason in import_folder(folder)}
        assert tree() == {"Rivers": ["1 Dawn"]}
        assert bytes_of_films() == {"a film of Rivers"}
        Page.objects.all().delete()
        Content.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_while_it_filed_is_whole_after_the_next_one(library: Path) -> None:
    # At this line of filing the upload is leased, and nobody renews the lease any more.
    next(killed_at_each_line(lambda: call_command("import", str(library)), PLACING))
    call_command("import", str(library))
    assert tree() == WHOLE
    assert not filing.due().exists()
    assert bytes_of_films() == {"a film of Rivers", "a film of Горы"}


def bytes_of_films() -> set[str]:
    return {film.blob.file.read_bytes().decode() for film in Video.objects.all() if film.blob}


def test_real_films_and_sounds_come_in(shared_media: Path) -> None:
    formats = shared_media / "formats"
    call_command("import", str(formats))
    (titles,) = tree().values()
    assert len(titles) > 8
    assert not Upload.objects.exclude(state=Upload.State.COMPLETED).exists()
    assert {blob.file.stat().st_size for blob in Blob.objects.all()} <= {
        file.stat().st_size for file in formats.iterdir()
    }
