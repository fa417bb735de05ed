"""`pagecast export`: one file with everything, of one moment, and honest about what is wrong."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import os
import stat
import subprocess
import sys
import threading
import time
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, transaction

from pagecast.cli.archive import exporting, files, tables, workplace
from pagecast.cli.archive.snapshot import snapshot
from pagecast.counting import ledger
from pagecast.media import housekeeping
from pagecast.media.models import Blob, Upload
from pagecast.media.staging.chosen import place
from pagecast.pages import editing, filing, reading
from pagecast.pages.models import Content, Page, Text
from tests.acceptance.killing import killed_at_each_line
from tests.acceptance.server import Installation, free_port, wait_for
from tests.cli import archives
from tests.films import film, kept
from tests.uploading import add, file, let_leases_run_out, upload_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where an archive is to be."""
    return tmp_path / "archive.tar"


def export(target: Path, *words: str) -> dict[str, bytes]:
    """Export; answers with the members by their names."""
    call_command("export", str(target), *words)
    return {info.name: data for info, data in archives.members(target)}


def rows_of(model: str, members: dict[str, bytes]) -> list[Any]:
    return [
        json.loads(line)
        for name, data in members.items()
        if name.startswith("rows/") and f"-{model}/" in name
        for line in data.splitlines()
    ]


def test_everything_is_in_it_and_the_manifest_tells_the_hash_of_each_member(target: Path) -> None:
    archives.fill()
    found = export(target)
    told = json.loads(found.pop("manifest.json"))
    assert told["members"] == [
        {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        if name in found
        else {"name": name, "missing": True}
        for name in (member["name"] for member in told["members"])
        for data in [found.get(name, b"")]
    ]
    assert {name for name, data in told["rows"].items() if data} >= {
        *(
            "pages.page",
            "gallery.image",
            "postcards.postcard_others",
            "knox.authtoken",
            "counting.memberhour",
        ),
        *("media.upload", "admin.logentry", "auth.user_user_permissions"),
    }
    for blob in Blob.objects.all():
        assert found[f"media/{blob.sha256}"] == kept(blob).read_bytes()
        if blob.poster_path:
            assert (
                found[f"posters/{blob.sha256}.jpg"]
                == kept(blob).with_name("posters").joinpath(f"{kept(blob).name}.jpg").read_bytes()
            )
    for upload in Upload.objects.exclude(state=Upload.State.COMPLETED):
        if upload.staged.exists():
            assert found[f"staged/{upload.pk}"] == upload.staged.read_bytes()
    # What lacks its bytes is what was refused, and what will be put together of its parts.
    missing = [member["name"] for member in told["members"] if "missing" in member]
    assert sorted(missing) == sorted(
        f"staged/{each.pk}" for each in Upload.objects.filter(name__in=["No film.mp4", "Whole.mp4"])
    )


def test_only_its_owner_may_read_it(target: Path) -> None:
    previous = os.umask(0)
    try:
        export(target)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of others")
def test_nothing_is_written_into_a_file_of_somebody_else(target: Path) -> None:
    planted = target.with_name(".archive.tar.part")
    planted.touch()
    os.chown(planted, 65534, 65534)
    with pytest.raises(CommandError, match="belongs to somebody else"):
        export(target)
    assert not target.exists()
    assert planted.read_bytes() == b""


def test_what_is_there_already_is_left_alone_unless_it_is_said(target: Path, handbook: Page) -> None:
    target.write_text("mine")
    with pytest.raises(CommandError, match=r"is there already.*--force"):
        export(target)
    assert target.read_text() == "mine"
    assert "manifest.json" in export(target, "--force")
    assert list(target.parent.glob(".archive*")) == []


@pytest.mark.parametrize(("name", "words"), [("no/where.tar", "There is no folder"), (".", "no file")])
def test_where_nothing_can_be_written_it_is_said(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("export", str(tmp_path / name), "--force")


def test_nothing_is_not_exported_and_no_database_is_made(target: Path, tmp_path: Path) -> None:
    installation = Installation(tmp_path)
    answer = installation.run("export", str(target))
    assert answer.returncode == 1
    assert "is no database of Pagecast" in answer.stderr
    assert "Check PAGECAST_DATA" in answer.stderr
    assert not target.exists()
    assert not (installation.data / "pagecast.sqlite3").exists()


@pytest.mark.parametrize(("command", "words"), [("export", "exported"), ("restore", "restored")])
def test_a_database_that_is_away_is_told_in_a_sentence(command: str, words: str, tmp_path: Path) -> None:
    nowhere = f"postgresql://pagecast:a-secret-word@127.0.0.1:{free_port()}/pagecast"
    answer = Installation(tmp_path, DATABASE_URL=nowhere).run(command, str(tmp_path / "archive.tar"))
    assert answer.returncode == 1
    assert f"Nothing was {words}: connection failed" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "a-secret-word" not in answer.stderr


@pytest.mark.parametrize("command", ["serve", "token", "sweep"])
def test_it_is_told_so_by_every_other_command(command: str, tmp_path: Path) -> None:
    nowhere = f"postgresql://pagecast:a-secret-word@127.0.0.1:{free_port()}/pagecast"
    more = {"serve": ["--port", str(free_port())], "token": ["alice"]}.get(command, [])
    answer = Installation(tmp_path, DATABASE_URL=nowhere).run(command, *more)
    assert answer.returncode == 1
    assert "The database fails: connection failed" in answer.stderr
    assert "DATABASE_URL" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "a-secret-word" not in answer.stderr


def test_the_secret_key_and_sessions_are_not_in_it(target: Path, settings: Any) -> None:
    call_command("export", str(target))
    assert settings.SECRET_KEY.encode() not in target.read_bytes()
    assert not [info.name for info, _data in archives.members(target) if "session" in info.name]


def test_every_model_that_is_left_out_is_left_out_for_a_reason() -> None:
    kept = {model._meta.label_lower for model in tables.tables()}
    assert {"auth.permission", "sessions.session", "chores.chore", "media.piece"}.isdisjoint(kept)
    assert {"postcards.postcard_others", "auth.user_groups", "counting.tally"} <= kept
    assert all(tables.LEFT_OUT.values())
    # And none of them is gone.
    models = {model._meta.label_lower for model in apps.get_models()}
    assert {name for name in tables.LEFT_OUT if "." in name} <= models
    assert {name for name in tables.LEFT_OUT if "." not in name} <= {
        config.label for config in apps.get_app_configs()
    }


def test_rows_are_those_of_one_moment_though_others_write(handbook: Page, film: Content) -> None:
    def elsewhere() -> None:
        try:
            reading.view([handbook.pk], lambda shown: shown)
            editing.create_page({"title": "Later"})
        finally:
            connection.close()

    with snapshot():
        # The writer is not kept waiting: it comes to its end while the snapshot is open.
        writer = threading.Thread(target=elsewhere)
        writer.start()
        writer.join(60)
        assert not writer.is_alive()
        assert list(Page.objects.values_list("title", flat=True)) == ["Handbook"]
        assert ledger.counters([film.pk]) == {film.pk: 0}
    assert Page.objects.count() == 2
    assert ledger.counters([film.pk]) == {film.pk: 1}


def test_in_a_snapshot_nobody_can_write_by_mistake() -> None:
    if connection.vendor == "sqlite":
        # It knows no transaction that only reads.
        return
    with snapshot(), connection.cursor() as cursor, pytest.raises(InternalError, match="read-only"):
        cursor.execute("DELETE FROM pages_page")


@pytest.mark.parametrize("limit", ["statement_timeout", "idle_in_transaction_session_timeout"])
def test_a_timeout_that_others_set_does_not_end_an_export(limit: str) -> None:
    if connection.vendor != "postgresql":
        # It has none.
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SET {limit} = '50ms'")
        try:
            with snapshot():
                cursor.execute("SELECT pg_sleep(0.2)")
                time.sleep(0.2)
                cursor.execute("SELECT 1")
            cursor.execute(f"SHOW {limit}")
            assert cursor.fetchone() == ("50ms",)
        finally:
            cursor.execute(f"RESET {limit}")


def test_members_of_rows_are_bounded_and_a_table_goes_on_in_the_next(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pagecast.cli.archive.rows.ROWS_BYTES", 10_000)
    texts = [Text(title=f"{number}", text="x" * (number % 7) * 1000) for number in range(300)]
    editing.create_contents(texts)
    found = export(target)
    sizes = [len(data) for name, data in found.items() if "-pages.text/" in name]
    assert len(sizes) > 50
    assert max(sizes) < 20_000
    assert [row[0] for row in rows_of("pages.text", found)] == sorted(text.pk for text in texts)


def test_a_file_that_was_changed_is_named_and_the_archive_says_so(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = add(film("sound"))
    other = add(film("other"))
    file(content, other)
    blob = upload_of(content).blob
    data = bytearray(kept(blob).read_bytes())
    data[100] ^= 1
    kept(blob).write_bytes(data)
    with pytest.raises(CommandError, match="1 files are damaged or missing"):
        export(target)
    assert blob is not None
    assert f"{blob.path} is damaged" in capsys.readouterr().err
    told = json.loads({info.name: data for info, data in archives.members(target)}["manifest.json"])
    assert [member["name"] for member in told["members"] if member.get("damaged")] == [f"media/{blob.sha256}"]


def test_a_file_that_ends_too_early_does_not_spoil_the_others(target: Path) -> None:
    content = add(film("short"))
    file(content)
    blob = upload_of(content).blob
    chunks = files.chunks(BytesIO(b"short"), 8)
    assert b"".join(chunks) == b"short\0\0\0"
    os.truncate(kept(blob), 10)
    with pytest.raises(CommandError, match="1 files"):
        export(target)
    assert "manifest.json" in [info.name for info, _data in archives.members(target)]


def test_a_file_that_is_missing_fails_it_only_if_somebody_needs_it(
    target: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    needed, unused = add(film("needed")), add(film("unused"))
    file(needed, unused)
    blobs = [upload_of(each).blob for each in (needed, unused)]
    unused.delete()
    kept(blobs[1]).unlink()
    export(target)
    assert "nothing refers to it" in capsys.readouterr().err
    kept(blobs[0]).unlink()
    with pytest.raises(CommandError, match="1 files are damaged or missing"):
        export(target, "--force")
    assert f"{cast('Blob', blobs[0]).path} is missing." in capsys.readouterr().err


def test_an_upload_that_is_filed_meanwhile_is_in_it_as_it_was(target: Path) -> None:
    content = add(film("meanwhile"))
    upload = upload_of(content)

    def file_it(what: str, _number: int) -> None:
        # The rows are being written: a worker comes.
        if what == "rows" and not filed:
            filed.append(True)
            worker = threading.Thread(target=work)
            worker.start()
            worker.join(60)

    def work() -> None:
        try:
            file(content)
        finally:
            connection.close()

    filed: list[bool] = []
    with target.open("wb") as archive:
        exported = exporting.export(archive, file_it)
    assert upload_of(content).state == Upload.State.COMPLETED
    assert not upload.staged.exists()
    assert exported.faults == []
    found = {info.name: data for info, data in archives.members(target)}
    assert found[f"staged/{upload.pk}"] == film("meanwhile")


def test_an_upload_that_is_filed_just_before_the_rows_are_read_is_held(tmp_path: Path) -> None:
    upload = upload_of(add(film("just before")))
    folder = tmp_path / "staging" / "links"
    folder.mkdir()
    with place().hold(folder) as held:
        upload.staged.unlink()
        held.look()
        source, size = held.open(upload.pk)
        with source:
            assert (source.read(), size) == (film("just before"), len(film("just before")))


def test_an_upload_in_the_hands_of_a_worker_is_nobodys_in_the_archive(target: Path) -> None:
    content = add(film("in hand"))
    Upload.objects.update(state=Upload.State.PROCESSING, path="2026/11/29/video/Dawn.mp4")
    next(killed_at_each_line(lambda: filing.file(upload_of(content).pk), "media/preparing.py"))
    assert Upload.objects.exclude(holder=None).exists()
    found = export(target)
    head = json.loads(found["pagecast.json"])
    (columns,) = [each["columns"] for each in head["tables"] if each["model"] == "media.upload"]
    (row,) = rows_of("media.upload", found)
    told = dict(zip(columns, row, strict=True))
    assert (told["holder"], told["lease_until"], told["path"]) == (None, None, None)
    let_leases_run_out()


def test_a_killed_export_leaves_no_half_archive_and_the_next_one_works(target: Path) -> None:
    file(add(film("a")))
    deaths = 0
    for death in killed_at_each_line(lambda: call_command("export", str(target)), "cli/archive/target.py"):
        assert not target.exists() or archives.members(target)[-1][0].name == "manifest.json"
        target.unlink(missing_ok=True)
        deaths = death
    assert deaths > 20
    assert "manifest.json" in [info.name for info, _data in archives.members(target)]
    assert list(target.parent.glob(".archive*")) == []


def test_what_a_killed_export_holds_is_swept(target: Path, settings: Any) -> None:
    add(film("a"))
    next(killed_at_each_line(lambda: call_command("export", str(target)), "cli/archive/files.py"))
    left = list(Path(settings.PAGECAST_STAGING).glob("export-*"))
    assert left
    for folder in left:
        os.utime(folder, (0, 0))
    list(housekeeping.tidy(housekeeping.UNUSED))
    assert list(Path(settings.PAGECAST_STAGING).glob("export-*")) == []
    assert upload_of(Content.objects.get()).staged.exists()


def test_what_a_living_export_works_with_is_never_taken_for_a_dead_one(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workplace, "_ALIVE", dt.timedelta(milliseconds=10))
    with workplace.workplace("export") as folder:
        os.utime(folder, (0, 0))
        wait_for("the sign that somebody is at it", lambda: folder.stat().st_mtime)
        list(housekeeping.tidy(housekeeping.UNUSED))
        assert folder.is_dir()
    assert list(Path(settings.PAGECAST_STAGING).iterdir()) == []


def test_it_goes_through_a_pipe(tmp_path: Path) -> None:
    environment = os.environ | {"PAGECAST_DATA": str(tmp_path / "data"), "DATABASE_URL": "", "REDIS_URL": ""}
    subprocess.run([sys.executable, "-m", "pagecast", "migrate"], check=True, env=environment)
    ended = subprocess.run(
        [sys.executable, "-m", "pagecast", "export", "-"], capture_output=True, check=True, env=environment
    )
    target = tmp_path / "piped.tar"
    target.write_bytes(ended.stdout)
    assert archives.members(target)[-1][0].name == "manifest.json"
    assert b"rows and 0 files" in ended.stderr
    assert gzip.compress(ended.stdout)


def test_an_edit_that_is_open_does_not_hold_it_up(target: Path, handbook: Page) -> None:
    opened, done = threading.Event(), threading.Event()

    def edit() -> None:
        try:
            with transaction.atomic():
                Page.objects.filter(pk=handbook.pk).update(title="Half")
                opened.set()
                assert done.wait(60)
        finally:
            connection.close()

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        assert opened.wait(60)
        with snapshot():
            assert Page.objects.get().title == "Handbook"
        assert target.parent.is_dir()
    finally:
        done.set()
        editor.join(60)
