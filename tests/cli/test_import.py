"""`pagecast import FOLDER`: a page for each folder, a content for each file, in name order."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from pagecast.media.models import Blob, Upload
from pagecast.media.stores.folder import FolderStore
from pagecast.pages import editing
from pagecast.pages.models import Audio, Content, Page, Placement, Text, Video
from tests.cli.library import WHOLE, tree
from tests.films import film, kept, sound
from tests.uploading import bytes_of, left_in

pytestmark = pytest.mark.django_db

Import = Callable[[], str]


def test_it_works(import_it: Import) -> None:
    printed = import_it()
    assert tree() == WHOLE
    assert printed == "2 folders: 6 added, 0 changed, 0 there already, 0 refused.\n"


def test_each_file_becomes_its_kind_with_its_bytes(import_it: Import) -> None:
    import_it()
    assert [bytes_of(each) for each in Video.objects.order_by("pk")] == [film("Rivers"), film("Горы")]
    assert [bytes_of(each) for each in Audio.objects.order_by("pk")] == [sound("Rivers"), sound("Горы")]
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
    library.joinpath("Rivers", "4 Dusk.mp4").write_bytes(film("another"))
    assert "1 added" in import_it()
    assert tree() == WHOLE | {"Rivers": ["1 Dawn", "2 Rain", "3 Note", "4 Dusk"]}


def test_a_film_that_has_changed_replaces_its_earlier_self(import_it: Import, library: Path) -> None:
    import_it()
    library.joinpath("Rivers", "1 Dawn.mp4").write_bytes(film("better"))
    assert "0 added, 1 changed, 5 there already" in import_it()
    assert bytes_of(Video.objects.earliest("pk")) == film("better")
    assert tree() == WHOLE


def test_a_text_that_has_changed_replaces_its_earlier_self(import_it: Import, library: Path) -> None:
    import_it()
    library.joinpath("Rivers", "3 Note.txt").write_text("Another note")
    assert "0 added, 1 changed, 5 there already" in import_it()
    assert Text.objects.earliest("pk").text == "Another note"


def test_equal_files_are_kept_once(import_it: Import, library: Path) -> None:
    library.joinpath("Горы", "1 Dawn.mp4").write_bytes(film("Rivers"))
    import_it()
    assert tree() == WHOLE
    assert Blob.objects.count() == 3


def test_an_editors_title_and_order_survive_a_second_import(import_it: Import) -> None:
    import_it()
    page = Page.objects.get(title="Rivers")
    dawn, rain, note = page.placements.order_by("position").values_list("content", flat=True)
    editing.change_page(page, {"title": "All rivers"}, [note, dawn, rain])
    editing.write_content(Content.objects.get(pk=dawn), {"title": "Daybreak"})
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
    library.joinpath("Rivers", os.fsdecode(b"4 caf\xe9.mp4")).write_bytes(film())
    import_it()
    assert tree()["Rivers"][-1] == "4 caf\\xe9"
    assert "7 there already" in import_it()


def test_a_path_however_deep_comes_in(import_it: Import, library: Path) -> None:
    deep = library.joinpath(*["deep" * 50] * 6)
    deep.mkdir(parents=True)
    deep.joinpath("Dawn.mp4").write_bytes(film("deep"))
    assert "7 added" in import_it()
    assert "7 there already" in import_it()


def test_a_folder_that_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is not a folder"):
        call_command("import", str(tmp_path / "nowhere"))


def test_a_file_that_is_not_what_its_name_says_is_refused_and_the_others_are_in(
    library: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library.joinpath("Rivers", "1 Dawn.mp4").write_bytes(sound("wrong"))
    with pytest.raises(CommandError, match="1 files were refused"):
        call_command("import", str(library))
    assert "1 Dawn.mp4: “1 Dawn.mp4”: This is a sound (M4A), not a video." in capsys.readouterr().err
    assert tree() == WHOLE
    assert [bytes_of(each) for each in Video.objects.order_by("pk")] == [None, film("Горы")]


def test_a_film_that_was_refused_comes_in_once_its_cure_was_found(import_it: Import, library: Path) -> None:
    dawn = library.joinpath("Rivers", "1 Dawn.mp4")
    dawn.write_bytes(b"broken")
    for _twice in range(2):
        with pytest.raises(CommandError):
            import_it()
    dawn.write_bytes(film("Rivers"))
    assert "0 added, 1 changed, 5 there already, 0 refused" in import_it()
    assert bytes_of(Video.objects.earliest("pk")) == film("Rivers")


def test_a_second_import_copies_nothing(import_it: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    import_it()
    monkeypatch.setattr(FolderStore, "put", lambda *_arguments, **_options: pytest.fail("it was copied"))
    import_it()


def test_more_files_than_fit_into_a_batch_come_in_order(import_it: Import, library: Path) -> None:
    for number in range(70):
        library.joinpath("Горы", f"4 {number:02}.txt").write_text(str(number))
    assert "76 added" in import_it()
    assert tree()["Горы"] == [*WHOLE["Горы"], *(f"4 {number:02}" for number in range(70))]


def test_two_links_to_one_file_are_one_content_however_far_apart(import_it: Import, library: Path) -> None:
    rivers = library / "Rivers"
    rivers.joinpath("0 Link.mp4").symlink_to(rivers / "1 Dawn.mp4")
    for number in range(70):
        rivers.joinpath(f"4 {number:02}.txt").write_text(str(number))
    rivers.joinpath("5 Link.mp4").symlink_to(rivers / "1 Dawn.mp4")
    import_it()
    assert Video.objects.count() == 2
    assert "0 added, 0 changed" in import_it()


def test_staging_is_empty_after_an_import(import_it: Import, folders: Path) -> None:
    import_it()
    assert left_in(folders / "staging") == []
    import_it()
    assert left_in(folders / "staging") == []


def test_real_films_and_sounds_come_in(shared_media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    formats = shared_media / "formats"
    with pytest.raises(CommandError, match="1 files were refused"):
        call_command("import", str(formats))
    # It has nothing but its headers.
    assert "fixture.ogv” is cut off or damaged" in capsys.readouterr().err
    (titles,) = tree().values()
    assert len(titles) > 8
    assert Upload.objects.exclude(state=Upload.State.COMPLETED).count() == 1
    sent = {file.read_bytes() for file in formats.iterdir()}
    assert {kept(blob).read_bytes() for blob in Blob.objects.all()} <= sent
