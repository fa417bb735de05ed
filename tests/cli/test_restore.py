"""`pagecast restore`: everything that was exported, or nothing; and nothing that was not."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from pagecast.cli.archive.tables import tables
from pagecast.cli.archive.values import Names, Row
from pagecast.counting import ledger, renewing
from pagecast.counting.models import Catalogue, Tally
from pagecast.media import housekeeping
from pagecast.media.models import Blob, Upload
from pagecast.pages import access, editing, filing
from pagecast.pages.models import Content, Page, Text
from tests.acceptance.killing import killed_at_each_line
from tests.cli import archives
from tests.films import film, kept
from tests.uploading import add, bytes_of, file, next_worker, upload_of

pytestmark = pytest.mark.django_db(transaction=True)

Members = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive with a page, a text and a film; these are here still."""
    content, text = add(film("archived")), Text.objects.create(title="Text", text="archived")
    file(content)
    editing.create_page({"title": "Archived"}, [content.pk, text.pk])
    call_command("export", str(tmp_path / "archive.tar"))
    return tmp_path / "archive.tar"


def restore(path: Path, *words: str) -> None:
    call_command("restore", str(path), *words)


def empty() -> None:
    """As after the very first start."""
    with transaction.atomic(), connection.cursor() as cursor:
        for model in tables():
            name = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608 - a table of ours
    access.prepare()


def state() -> tuple[Any, Any]:
    return archives.everything(), archives.files()


def test_everything_comes_back_row_for_row_and_file_for_file(tmp_path: Path) -> None:
    token = archives.fill()
    before = state()
    call_command("export", str(tmp_path / "archive.tar"))
    empty()
    for name in archives.files():
        (tmp_path / name).unlink()
    restore(tmp_path / "archive.tar")
    assert state() == before
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    assert client.get("/api/content/").status_code == 200
    assert User.objects.get(username="bob").check_password("bob's password")
    # What was waiting is filed, what was half here goes on.
    next_worker()
    waiting = Content.objects.get(title="Waiting.mp4")
    assert bytes_of(waiting) == film("waiting")
    assert Upload.objects.get(name="Half.mp4").staged.stat().st_size == 321


def test_what_was_made_since_is_replaced_and_its_files_are_swept(archive: Path) -> None:
    before = archives.everything()
    later = add(film("later"))
    file(later)
    later_file = kept(upload_of(later).blob)
    editing.create_page({"title": "Later"}, [later.pk])
    Page.objects.get(title="Archived").delete()
    User.objects.create_user("mallory")
    restore(archive, "--replace")
    assert archives.everything() == before
    for path in (later_file, later_file.with_name("posters") / f"{later_file.name}.jpg"):
        if path.exists():
            os.utime(path, (0, 0))
    list(housekeeping.sweep(housekeeping.YOUNG))
    assert not later_file.exists()
    assert bytes_of(Content.objects.get(title="Dawn.mp4")) == film("archived")


def test_it_is_refused_over_data_and_says_over_what(archive: Path) -> None:
    before = state()
    with pytest.raises(CommandError, match=r"it has 1 files, 1 uploads, 2 contents, 1 pages\. Say --replace"):
        restore(archive)
    assert state() == before


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: User.objects.create_user("carol"), "1 users"),
        (lambda: Page.objects.create(title="Page"), "1 pages"),
        (lambda: Group.objects.create(name="reviewers"), "1 groups"),
        (lambda: add(film()).delete(), "1 uploads"),
    ],
)
def test_anything_is_data(make: Callable[[], object], words: str, archive: Path) -> None:
    empty()
    make()
    with pytest.raises(CommandError, match=words):
        restore(archive)


def test_the_admin_of_a_fresh_start_is_no_data(archive: Path) -> None:
    empty()
    User.objects.create_superuser("admin", password="shown once")
    restore(archive)
    assert not User.objects.exists()


def test_whoever_was_logged_in_is_not_any_more(archive: Path) -> None:
    Session.objects.create(session_key="key", session_data="data", expire_date=timezone.now())
    restore(archive, "--replace")
    assert not Session.objects.exists()


def test_no_edition_comes_again(archive: Path) -> None:
    page = Page.objects.get()
    ahead = Tally.objects.get().edition + 10**12
    Tally.objects.update(edition=ahead)
    Catalogue.objects.update(edition=ahead + 5)
    restore(archive, "--replace")
    assert Tally.objects.get(pk=page.pk).edition > ahead + 5
    assert ledger.catalogue() > ahead + 5


def test_no_edition_of_the_archive_comes_again(archive: Path, tmp_path: Path) -> None:
    Tally.objects.update(edition=10**18)
    call_command("export", str(tmp_path / "ahead.tar"))
    empty()
    restore(tmp_path / "ahead.tar")
    assert Tally.objects.get().edition > 10**18
    assert renewing.newest() == Tally.objects.get().edition


def test_a_number_that_was_drawn_is_not_drawn_again(tmp_path: Path) -> None:
    pages = [editing.create_page({"title": f"{number}"}) for number in range(5)]
    last = pages[-1].pk
    for page in pages[2:]:
        page.delete()
    call_command("export", str(tmp_path / "archive.tar"))
    empty()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence")
        else:
            cursor.execute("SELECT setval(pg_get_serial_sequence('pages_page', 'id'), 1)")
    restore(tmp_path / "archive.tar")
    assert editing.create_page({"title": "Next"}).pk == last + 1
    # Nor does it go back.
    further = [editing.create_page({"title": f"further {number}"}) for number in range(3)]
    restore(tmp_path / "archive.tar", "--replace")
    assert editing.create_page({"title": "Next"}).pk > further[-1].pk


def test_a_file_that_is_there_is_not_written_again(archive: Path) -> None:
    path = kept(Blob.objects.get())
    before = path.stat()
    restore(archive, "--replace")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("other", [b"short", "same length"])
def test_a_file_of_somebody_else_keeps_its_path(other: bytes | str, archive: Path) -> None:
    path = kept(Blob.objects.get())
    mine = other if isinstance(other, bytes) else b"x" * path.stat().st_size
    path.unlink()
    path.write_bytes(mine)
    restore(archive, "--replace")
    assert path.read_bytes() == mine
    assert kept(Blob.objects.get()) != path
    assert bytes_of(Content.objects.get(title="Dawn.mp4")) == film("archived")


def test_a_file_that_the_archive_lacks_is_told_and_nobody_elses_is_shown(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = Blob.objects.get()
    kept(blob).unlink()
    with pytest.raises(CommandError):
        call_command("export", str(archive), "--force")
    kept(blob).write_bytes(b"of somebody else")
    restore(archive, "--replace")
    assert f"media/{blob.sha256} was missing" in capsys.readouterr().err
    assert Blob.objects.get().path != blob.path


def test_a_damaged_file_is_not_restored_but_the_rest_is(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blob = Blob.objects.get()
    good = kept(blob).read_bytes()
    kept(blob).write_bytes(b"damaged")
    with pytest.raises(CommandError):
        call_command("export", str(archive), "--force")
    kept(blob).write_bytes(good)
    restore(archive, "--replace")
    assert f"media/{blob.sha256} was damaged" in capsys.readouterr().err
    assert kept(Blob.objects.get()).read_bytes() == good


def test_each_flipped_byte_is_found(archive: Path) -> None:
    before, data = state(), bytearray(archive.read_bytes())
    spoilt = archive.with_name("spoilt.tar")
    # Of headers, rows, padding, files, the manifest, and the end.
    for place in sorted({*range(100, len(data), len(data) // 16), len(data) - 1}):
        data[place] ^= 0x01
        spoilt.write_bytes(data)
        data[place] ^= 0x01
        with pytest.raises(CommandError, match=r"archive|Archive"):
            restore(spoilt, "--replace")
        assert archives.everything() == before[0]
    restore(archive, "--replace")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_an_archive_that_is_cut_off_is_refused(share: float, archive: Path) -> None:
    before = archives.everything()
    os.truncate(archive, int(archive.stat().st_size * share))
    with pytest.raises(CommandError, match=r"cut off|not a tar file|does not end"):
        restore(archive, "--replace")
    assert archives.everything() == before


def drop(name: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        members[:] = [member for member in members if not member[0].name.startswith(name)]

    return change


def twice(name: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        place = next(place for place, member in enumerate(members) if member[0].name.startswith(name))
        members.insert(place, members[place])

    return change


def rename(name: str, other: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        for info, _data in members:
            info.name = other if info.name.startswith(name) else info.name

    return change


def edit(name: str, old: bytes, new: bytes) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        place = next(place for place, member in enumerate(members) if member[0].name.startswith(name))
        assert old in members[place][1]
        members[place] = (members[place][0], members[place][1].replace(old, new))

    return change


def link(members: Members) -> None:
    info = next(info for info, _data in members if info.name.startswith("media/"))
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"


def more(members: Members) -> None:
    info = tarfile.TarInfo("media/../../../etc/cron.d/evil")
    members.insert(-1, (info, b"evil"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop("manifest.json"), "ends without its manifest"),
        (drop("pagecast.json"), "no archive of Pagecast"),
        (drop("media/"), "was damaged or changed"),
        (drop("rows/"), "was changed|was damaged"),
        (twice("media/"), "goes on with 'media/"),
        (twice("rows/"), "goes on with 'rows/"),
        (twice("manifest.json"), "behind its manifest"),
        (rename("media/", "media/../../evil"), "goes on with"),
        (rename("rows/0014", "/etc/passwd"), "goes on with '/etc/passwd'"),
        (more, "goes on with"),
        (link, "no plain file"),
        (edit("media/", b"mp4", b"MP4"), "was damaged or changed"),
        (edit("rows/0009", b"/video/Dawn.mp4", b"/../../../Dawn.mp4"), "no path below the media folder"),
        (edit("rows/0009", b'"2026/', b'"/2026/'), "no path below the media folder"),
        (edit("rows/0014", b"Archived", b"Forged"), "is not what was exported"),
        (edit("rows/0014", b"[", b"[["), "is not what was exported"),
        (edit("rows/0009", b"[", b"[" * 100_000), "cannot be read"),
        (edit("pagecast.json", b'"format": 1', b'"format": 99'), "restore it with Pagecast 0.1.0 or later"),
        (edit("pagecast.json", b'"0001_initial"', b'"0001_initial", "0099_later"'), "of a newer version"),
        (edit("pagecast.json", b'   "0003_subtitles",\n', b""), "Restore it with the version that made it"),
        (edit("pagecast.json", b'"pages.page"', b'"pages.leaf"'), "not known here"),
        (edit("pagecast.json", b'"gallery', b'"museum'), "Set PAGECAST_APPS"),
        (edit("pagecast.json", b'"slug"', b'"snail"'), "other columns"),
        (edit("pagecast.json", b"{", b"["), "cannot be read"),
    ],
)
def test_what_export_has_not_written_is_refused_in_a_sentence_and_changes_nothing(
    change: Callable[[Members], None], words: str, archive: Path
) -> None:
    before = state()
    with pytest.raises(CommandError, match=words) as refusal:
        restore(archives.rebuilt(archive, change), "--replace")
    assert "\n" not in str(refusal.value)
    # At the most, files that nobody knows have come.
    after = state()
    assert after[0] == before[0]
    assert after[1].items() >= before[1].items()
    assert not [name for name in after[1] if "staging" in name]
    restore(archive, "--replace")
    assert state()[0] == before[0]


def test_a_number_without_an_end_is_no_row() -> None:
    row = Row(Page, Names())
    with pytest.raises(ValueError, match="infinity"):
        row.decode(b"[" + b",".join([b"Infinity"] * len(row.fields)) + b"]")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "not a tar file"), (b"x" * 5000, "not a tar file"), (gzip.compress(b"x" * 5000), "compressed")],
)
def test_what_is_no_tar_file_is_said_to_be_none(data: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_bytes(data + bytes(1024))
    with pytest.raises(CommandError, match=words):
        restore(tmp_path / "no.tar")


def test_a_member_of_enormous_size_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("pagecast.json")
    info.size = 2**60
    path = tmp_path / "large.tar"
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(10_240))
    with pytest.raises(CommandError, match="larger than"):
        restore(path)
    info.size = -5
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(10_240))
    with pytest.raises(CommandError, match="no plain file"):
        restore(path)


def test_rows_that_do_not_fit_together_are_refused_whole(archive: Path) -> None:
    # A sound archive of rows that are not: from an installation where somebody has switched off the checks.
    switch = {
        "sqlite": ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON"),
        "postgresql": ("SET session_replication_role = replica", "SET session_replication_role = DEFAULT"),
    }
    off, on = switch[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(off)
        cursor.execute(
            "UPDATE pages_placement SET content_id = 4711 WHERE id = (SELECT min(id) FROM pages_placement)"
        )
        cursor.execute(on)
    call_command("export", str(archive), "--force")
    empty()
    Page.objects.create(title="Mine")
    before = archives.everything()
    with pytest.raises(CommandError, match="Nothing was changed"):
        restore(archive, "--replace")
    assert archives.everything() == before


def test_killed_anywhere_it_leaves_what_was_here(archive: Path) -> None:
    archived = archives.everything()
    editing.create_page({"title": "Mine"})
    mine = state()
    next(killed_at_each_line(lambda: restore(archive, "--replace"), "cli/archive/replacing.py"))
    assert state()[0] == mine[0]
    # The old rows are gone, the new ones are there, and the transaction is nearly at its end.
    deaths = 0
    for deaths in killed_at_each_line(lambda: restore(archive, "--replace"), "counting/renewing.py"):  # noqa: B007 - told below
        assert archives.everything() == mine[0]
        assert archives.files().items() >= mine[1].items()
    assert deaths > 5
    assert archives.everything() == archived


def test_what_a_killed_restore_leaves_is_swept(archive: Path, settings: Any) -> None:
    before = archives.files()
    next(killed_at_each_line(lambda: restore(archive, "--replace"), "cli/archive/replacing.py"))
    left = list(Path(settings.PAGECAST_STAGING).glob("restore-*"))
    assert left
    for folder in left:
        os.utime(folder, (0, 0))
    list(housekeeping.tidy(housekeeping.UNUSED))
    assert archives.files() == before


def test_a_disk_that_is_full_is_said_and_changes_nothing(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state()

    def full(*_arguments: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pagecast.cli.archive.arriving.give_back", full)
    with pytest.raises(CommandError, match=r"Nothing was restored: .*No space left on device"):
        restore(archive, "--replace")
    assert state() == before


def test_bytes_that_an_upload_has_more_of_stay(tmp_path: Path) -> None:
    upload = upload_of(add(film("waiting")))
    whole = upload.staged.read_bytes()
    upload.staged.write_bytes(whole[:50])
    call_command("export", str(tmp_path / "archive.tar"))
    upload.staged.write_bytes(whole)
    restore(tmp_path / "archive.tar", "--replace")
    assert upload.staged.read_bytes() == whole
    upload.staged.write_bytes(whole[:10])
    restore(tmp_path / "archive.tar", "--replace")
    assert upload.staged.read_bytes() == whole[:50]


def test_memory_holds_few_rows_however_long_their_texts_are(tmp_path: Path) -> None:
    archive, peaks = tmp_path / "archive.tar", []
    for number in range(100):
        Text.objects.create(title=str(number), text="x" * 2**20)
    for step in (lambda: call_command("export", str(archive)), empty, lambda: restore(archive)):
        tracemalloc.start()
        step()
        peaks.append(tracemalloc.get_traced_memory()[1] // 2**20)
        tracemalloc.stop()
    assert max(peaks[0], peaks[2]) < 50
    assert Text.objects.count() == 100


def test_an_archive_comes_through_a_pipe(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = archives.everything()
    empty()

    class Pipe(io.RawIOBase):
        """Hands out what it likes, and cannot go back."""

        def __init__(self) -> None:
            self._data = io.BytesIO(archive.read_bytes())

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            data = self._data.read(min(len(buffer), 777))
            buffer[: len(data)] = data
            return len(data)

    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BufferedReader(Pipe())))
    call_command("restore", "-")
    assert archives.everything() == before
    assert filing.due().count() == 0
