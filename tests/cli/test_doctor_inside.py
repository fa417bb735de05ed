"""Every check on the machine itself, with the thing well, and with the thing broken."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import subprocess
import sys
import tempfile
import uuid
import zoneinfo
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from pagecast.chores import pulse
from pagecast.chores.models import Chore
from pagecast.cli.doctor.check import Outcome
from pagecast.cli.doctor.inside import configuration, database, exposure, mounts, storage
from pagecast.counting.models import Tally
from pagecast.media import resuming
from pagecast.media.models import Upload
from pagecast.media.probing import checker
from pagecast.media.stores.address import Bucket
from tests import services
from tests.acceptance.server import ROOT, Installation, wait_for
from tests.acceptance.upload_torture.small_disk import small_disk
from tests.cli.patients import all_asked, asked, is_bad, is_well, look, told
from tests.objects import new_bucket, objects
from tests.uploading import add

GOOD_KEY = "a long and random key, made for tests only: 0123456789"
#: What stands for an address that others reach: the doctor must never look beyond this machine in a test.
OUTSIDE = """
from pagecast.cli.doctor.inside import exposure
exposure.own_addresses = lambda: ["127.0.0.1"]
"""
PUBLIC = f"{OUTSIDE}exposure.is_public = lambda address: True\n"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A new data folder, with SQLite and without a broker."""
    return Installation(tmp_path)


# --- What is set ---------------------------------------------------------------------------------------


def test_settings_that_can_be_used(installation: Installation) -> None:
    is_well("settings", asked(installation, "settings"))


def test_a_setting_that_can_not_be_used_is_named(tmp_path: Path) -> None:
    answer = Installation(tmp_path, PAGECAST_ORIGIN="pages.example.org").run("doctor", "--json")
    is_bad("settings", told(answer, "settings"), "PAGECAST_ORIGIN", "Correct the setting that is named")
    assert len(answer.stdout.split('"name"')) == 2


def test_debug_mode(tmp_path: Path) -> None:
    is_well("debug", look("debug"))
    broken = Installation(tmp_path, DJANGO_SETTINGS_MODULE="tests.cli.settings_in_debug")
    answer = broken.run("doctor", "--json", "--only", "debug")
    is_bad("debug", told(answer, "debug"), "DEBUG is on", "Take DEBUG = True out")


def test_a_data_folder_that_can_not_be_written(tmp_path: Path, settings: Any) -> None:
    settings.PAGECAST_DATA = tmp_path / "data"
    with ExitStack() as exits:
        if os.geteuid() == 0:  # who may do everything is stopped only by the disk
            exits.enter_context(small_disk(settings.PAGECAST_DATA, "1m"))
            subprocess.run(["mount", "-o", "remount,ro", str(settings.PAGECAST_DATA)], check=True)
        else:
            settings.PAGECAST_DATA.mkdir(mode=0o500)
        is_bad("data-folder", look("data-folder"), "can not be written", "Name another folder")


@pytest.mark.parametrize("name", ["pagecast.sqlite3", "staging", "media/2026/11/29/video"])
def test_what_another_user_has_made_in_the_data_folder(
    name: str, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PAGECAST_DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    is_sqlite = {"vendor": "sqlite", "settings_dict": {"NAME": str(tmp_path / "pagecast.sqlite3")}}
    monkeypatch.setattr(configuration, "connection", SimpleNamespace(**is_sqlite))
    for folder in ("media/2026/10/31/video", "media/2026/11/29/audio", "media/2026/11/29/video", "staging"):
        tmp_path.joinpath(folder).mkdir(parents=True)
    tmp_path.joinpath("pagecast.sqlite3").touch()
    is_well("data-folder", look("data-folder"))
    # Root, who may run the tests, may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path / name)
    found = look("data-folder")
    is_bad("data-folder", found, f"{tmp_path / name} can not be written by this user", "chown -R")


def test_a_data_folder_that_everybody_may_write(tmp_path: Path, settings: Any) -> None:
    settings.PAGECAST_DATA = tmp_path
    tmp_path.chmod(0o777)
    cure = f"chmod o-w {tmp_path}"
    is_bad("data-folder", look("data-folder"), "Everybody on this machine", cure, Outcome.WARNING)
    tmp_path.chmod(0o700)
    is_well("data-folder", look("data-folder"))


def test_a_secret_key_that_others_can_read(tmp_path: Path, settings: Any) -> None:
    settings.PAGECAST_DATA, settings.SECRET_KEY, path = tmp_path, GOOD_KEY, tmp_path / "secret-key"
    is_well("secret-key", look("secret-key"))
    path.write_text(GOOD_KEY, encoding="ascii")
    path.chmod(0o644)
    is_bad("secret-key", look("secret-key"), "can be read by others", f"chmod 600 {path}")


@pytest.mark.parametrize("key", ["short", "a" * 60])
def test_a_secret_key_that_can_be_guessed(key: str, settings: Any) -> None:
    settings.SECRET_KEY = key
    found = look("secret-key")
    is_bad("secret-key", found, "too easy to guess", "Set PAGECAST_SECRET_KEY")
    assert key not in found.sentence + found.cure


def test_an_origin_that_is_missing_or_in_the_clear(settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://pages.example.org"]
    is_well("origin", look("origin"))
    settings.CSRF_TRUSTED_ORIGINS = []
    is_bad("origin", look("origin"), "is not set", "Set PAGECAST_ORIGIN=https", Outcome.WARNING)
    settings.CSRF_TRUSTED_ORIGINS = ["http://pages.example.org"]
    is_bad("origin", look("origin"), "travel unencrypted", "End TLS in a server in front", Outcome.WARNING)


def test_a_machine_in_another_time_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zones = [Path(folder, "Asia", "Tokyo") for folder in zoneinfo.TZPATH]
    monkeypatch.setattr(configuration, "LOCALTIME", tmp_path / "nothing")
    is_well("time-zone", look("time-zone"))
    monkeypatch.setattr(configuration, "LOCALTIME", next(path for path in zones if path.exists()))
    is_bad("time-zone", look("time-zone"), "lives in +0900", "Set PAGECAST_TIME_ZONE", Outcome.WARNING)


def test_a_machine_that_lives_by_utc_says_nothing_of_its_editors(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    zones = [Path(folder, "UTC") for folder in zoneinfo.TZPATH]
    monkeypatch.setattr(configuration, "LOCALTIME", next(path for path in zones if path.exists()))
    settings.TIME_ZONE = "Europe/Moscow"
    is_well("time-zone", look("time-zone"), "Europe/Moscow; this machine lives by UTC")


@pytest.mark.parametrize(("most", "outcome"), [(5000, "ok"), (2000, "warning"), (500, "failed")])
def test_too_few_descriptors(most: int, outcome: str, installation: Installation) -> None:
    program = (
        f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({most}, {most})); "
        "doctor = ['-m', 'pagecast', 'doctor', '--json', '--only', 'descriptors']; "
        "os.execv(sys.executable, [sys.executable, *doctor])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env=installation.environment, cwd=ROOT, text=True, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    found = told(answer, "descriptors")
    if outcome == "ok":
        is_well("descriptors", found)
    else:
        is_bad("descriptors", found, f"At most {most} files", "LimitNOFILE", Outcome(outcome))


# --- SQLite --------------------------------------------------------------------------------------------


def test_no_sqlite_yet_and_none_is_made_by_looking(installation: Installation) -> None:
    found = asked(installation, "database")
    is_bad("database", found, "There is no database at", "start `pagecast serve`")
    assert not (installation.data / "pagecast.sqlite3").exists()


def test_a_sqlite_that_is_none(installation: Installation) -> None:
    installation.data.mkdir()
    (installation.data / "pagecast.sqlite3").write_bytes(b"no database at all" * 500)
    found = asked(installation, "database")
    is_bad("database", found, "file is not a database", "check DATABASE_URL")


def test_sqlite_keeps_what_it_was_told(installation: Installation) -> None:
    assert installation.run("migrate").returncode == 0
    found = all_asked(installation)
    is_well("database", found["database"])
    is_well("database-version", found["database-version"], "SQLite")
    is_well("durability", found["durability"], "SQLite")
    is_well("migrations", found["migrations"])
    lazy = 'from django.conf import settings\noptions = settings.DATABASES["default"]["OPTIONS"]\n'
    off = lazy + 'options["init_command"] = "PRAGMA synchronous=NORMAL; PRAGMA journal_mode=WAL;"'
    lost = asked(installation, "durability", before=off)
    is_bad("durability", lost, "synchronous is not FULL", "Take settings of your own")
    slow = lazy + 'options["init_command"] = "PRAGMA synchronous=FULL; PRAGMA journal_mode=DELETE;"'
    slowed = asked(installation, "durability", before=slow)
    is_bad("durability", slowed, "not as wal", "Take settings of your own", Outcome.WARNING)
    # As if the file system, on which the tests run, was one of a network.
    far = "from pagecast.cli.doctor.inside import database\n"
    far += f"database.NETWORK = {{{mounts.file_system(installation.data)!r}}}"
    away = asked(installation, "durability", before=far)
    is_bad("durability", away, "network file system", "Put PAGECAST_DATA on a disk")


def test_the_file_system_of_a_folder_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        with small_disk(tmp_path / "a b", "1m"):
            assert mounts.file_system(tmp_path / "a b" / "c") == "tmpfs"
    assert mounts.file_system(Path("/proc/self")) == "proc"


@pytest.mark.django_db
def test_a_database_that_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SQLITE_LEAST", (99,))
    monkeypatch.setattr(database, "POSTGRESQL_LEAST", 99)
    is_bad(
        "database-version", look("database-version"), "is too old; Pagecast needs 99", "Upgrade the database"
    )


def test_a_migration_that_is_missing(installation: Installation) -> None:
    assert installation.run("migrate").returncode == 0
    assert installation.run("migrate", "chores", "zero").returncode == 0
    found = asked(installation, "migrations")
    is_bad("migrations", found, "The database lacks chores.0001_initial", "pagecast migrate")


# --- PostgreSQL ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """A PostgreSQL that is set up well: it wants a password, and is in no hurry."""
    import psycopg  # noqa: PLC0415 - only there with the extra `postgres`

    password = secrets.token_hex(16)
    with services.postgres(fsync="on", full_page_writes="on") as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(f"ALTER USER postgres PASSWORD '{password}'")  # type: ignore[arg-type,unused-ignore]
            (rules,) = connection.execute("SHOW hba_file").fetchone() or ("",)
            Path(rules).write_text("host all all 127.0.0.1/32 scram-sha-256\n", encoding="utf-8")
            connection.execute("SELECT pg_reload_conf()")

        def is_guarded() -> bool:
            try:
                psycopg.connect(address).close()
            except psycopg.OperationalError:
                return True
            return False

        wait_for("the new rules", is_guarded)
        yield address.replace("postgres@", f"postgres:{password}@")


def test_a_postgresql_that_is_set_up_well(guarded: str, tmp_path: Path) -> None:
    patient = Installation(tmp_path, DATABASE_URL=guarded, PAGECAST_SECRET_KEY=GOOD_KEY)
    assert patient.run("migrate").returncode == 0
    found = all_asked(patient, before=OUTSIDE)
    is_well("database", found["database"])
    is_well("database-version", found["database-version"], "PostgreSQL")
    is_well("durability", found["durability"], "PostgreSQL")
    is_well("migrations", found["migrations"])
    is_well("clock", found["clock"])
    is_well("database-open", found["database-open"])
    is_well("secret-key", found["secret-key"])


def test_a_key_that_other_nodes_do_not_have(guarded: str, tmp_path: Path) -> None:
    found = asked(Installation(tmp_path, DATABASE_URL=guarded), "secret-key")
    is_bad("secret-key", found, "a second node", "PAGECAST_SECRET_KEY on every node", Outcome.WARNING)


@pytest.mark.parametrize(("seconds", "outcome"), [(10, Outcome.WARNING), (7200, Outcome.FAILED)])
def test_a_clock_that_is_wrong(seconds: int, outcome: Outcome, guarded: str, tmp_path: Path) -> None:
    wrong = f"""
from types import SimpleNamespace
import time
from pagecast.cli.doctor.inside import database
database.time = SimpleNamespace(time=lambda: time.time() - {seconds}, monotonic=time.monotonic)
"""
    found = asked(Installation(tmp_path, DATABASE_URL=guarded), "clock", before=wrong)
    is_bad("clock", found, f"{seconds} s ahead of ours", "timedatectl", outcome)


def test_a_postgresql_that_loses_what_it_was_told(tmp_path: Path) -> None:
    with services.postgres(full_page_writes="on") as address:
        patient = Installation(tmp_path, DATABASE_URL=address)
        found = asked(patient, "durability")
        is_bad("durability", found, "fsync is off", "Set fsync = on in postgresql.conf", Outcome.WARNING)
        # As behind a pooler that drops what a connection asks for.
        dropped = 'from django.conf import settings\nsettings.DATABASES["default"]["OPTIONS"]["session"] = {}'
        found = asked(patient, "durability", before=dropped)
        is_bad("durability", found, "synchronous_commit is off", "a pooler in front must pass on")


def test_a_postgresql_that_lets_anybody_in(tmp_path: Path) -> None:
    with services.postgres() as address:
        patient = Installation(tmp_path, DATABASE_URL=address)
        found = asked(patient, "database-open", before=PUBLIC)
        is_bad("database-open", found, "lets in anybody without a password at 127.0.0.1", "scram-sha-256")
        found = asked(patient, "database-open", before=OUTSIDE)
        is_bad("database-open", found, "lets in anybody", "scram-sha-256", Outcome.WARNING)


def test_a_postgresql_that_is_gone_and_no_password_is_told(tmp_path: Path) -> None:
    with services.postgres() as address:
        port = urlsplit(address).port
    url = f"postgresql://alice:hunter2hunter2@127.0.0.1:{port}/pages"
    patient = Installation(tmp_path, DATABASE_URL=url)
    is_bad("database", asked(patient, "database"), "does not answer", "Start the database")
    everything = patient.run("doctor", "--json").stdout
    assert "database" in everything
    assert "hunter2" not in everything


# --- Redis ---------------------------------------------------------------------------------------------


def test_a_redis_that_is_gone(settings: Any) -> None:
    with ExitStack() as running:
        settings.CELERY_BROKER_URL = running.enter_context(services.redis())
        is_well("redis", look("redis"))
        running.close()
        is_bad("redis", look("redis"), "does not answer", "Start it, and check REDIS_URL")
        settings.CELERY_BROKER_URL = settings.CELERY_BROKER_URL.replace("//", "//:hunter2hunter2@")
        assert "hunter2" not in look("redis").sentence


def test_a_redis_that_forgets(settings: Any) -> None:
    import redis  # noqa: PLC0415 - only there with the extra `redis`

    with services.redis() as address, redis.Redis.from_url(address) as client:
        settings.CELERY_BROKER_URL = address
        is_well("redis-memory", look("redis-memory"), "the memory that it needs")
        client.config_set("maxmemory", "100mb")
        is_well("redis-memory", look("redis-memory"), "has room")
        client.config_set("maxmemory-policy", "allkeys-lru")
        found = look("redis-memory")
        is_bad("redis-memory", found, "throws away anything", "volatile-lru", Outcome.WARNING)
        client.config_set("maxmemory-policy", "noeviction")
        client.set("ballast", bytes(8_000_000))
        client.config_set("maxmemory", str(client.info("memory")["used_memory"]))
        is_bad("redis-memory", look("redis-memory"), "Redis is full", "a larger maxmemory")


def test_a_redis_that_lets_anybody_in(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis  # noqa: PLC0415 - only there with the extra `redis`

    monkeypatch.setattr(exposure, "own_addresses", lambda: ["127.0.0.1"])
    with services.redis() as address, redis.Redis.from_url(address) as client:
        settings.CELERY_BROKER_URL = address
        found = look("redis-open")
        is_bad("redis-open", found, "lets in anybody", "Set requirepass", Outcome.WARNING)
        monkeypatch.setattr(exposure, "is_public", lambda address: True)
        found = look("redis-open")
        is_bad("redis-open", found, "without a password at 127.0.0.1", "Set requirepass")
        client.config_set("requirepass", "hunter2hunter2")
        settings.CELERY_BROKER_URL = address.replace("//", "//:hunter2hunter2@")
        is_well("redis-open", look("redis-open"))


def test_messages_that_nobody_takes(settings: Any) -> None:
    import redis  # noqa: PLC0415 - only there with the extra `redis`

    with services.redis() as address, redis.Redis.from_url(address) as client:
        settings.CELERY_BROKER_URL = address
        is_well("queue", look("queue"), "0 messages")
        client.lpush("celery", *range(1001))
        is_bad("queue", look("queue"), "1001 messages wait", "Start more workers", Outcome.WARNING)


def test_without_a_redis_none_is_looked_for(settings: Any) -> None:
    settings.CELERY_BROKER_URL = ""
    for name in ("redis", "redis-memory", "redis-open", "queue"):
        assert look(name).outcome == Outcome.SKIPPED


def test_the_addresses_of_this_machine_are_those_that_others_reach() -> None:
    assert not any(exposure.is_loopback(address) for address in exposure.own_addresses())
    assert exposure.reachable_at("127.0.0.1") == exposure.own_addresses()
    assert exposure.reachable_at("192.0.2.7") == ["192.0.2.7"]


# --- Background work -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_worker_that_is_silent(settings: Any) -> None:
    is_bad("worker", look("worker"), "No worker has ever worked", "Start `pagecast serve`")
    pulse.beat()
    is_well("worker", look("worker"))
    settings.PAGECAST_QUEUE = "pagecast.conf.celery.send"
    Chore.objects.filter(pk=pulse.NAME).update(ran_at=Now() - dt.timedelta(seconds=90))
    is_bad("worker", look("worker"), "sign of life for 9", "Start `pagecast work`")


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "outcome"), [(10, Outcome.WARNING), (90, Outcome.FAILED)])
def test_an_upload_that_nobody_files(minutes: int, outcome: Outcome) -> None:
    is_well("uploads", look("uploads"), "No upload waits")
    add()
    is_well("uploads", look("uploads"))
    Upload.objects.update(created_at=Now() - dt.timedelta(minutes=minutes))
    is_bad(
        "uploads", look("uploads"), f"1 uploads wait, one of them for {minutes}", "list of uploads", outcome
    )


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_nobody_has_asked_for_is_not_waited_for() -> None:
    unused = resuming.begin("Left behind.mp4", 5, sender="7")
    with resuming.append(unused, 0) as end:
        end.write(b"12345")
    resuming.finish(unused)
    Upload.objects.update(created_at=Now() - dt.timedelta(days=1))
    assert Upload.objects.get().state == Upload.State.PENDING
    is_well("uploads", look("uploads"), "No upload waits")


@pytest.mark.django_db
def test_an_upload_that_came_in_for_hours_is_being_filed_now() -> None:
    add()
    Upload.objects.update(
        created_at=Now() - dt.timedelta(hours=3),
        state=Upload.State.PROCESSING,
        holder=uuid.uuid4(),
        lease_until=timezone.now() + dt.timedelta(seconds=6),
    )
    is_well("uploads", look("uploads"), "are being filed")
    Upload.objects.update(waiting_since=Now() - dt.timedelta(hours=2))
    is_bad("uploads", look("uploads"), "1 uploads wait", "list of uploads")


@pytest.mark.django_db
def test_views_that_nobody_settles() -> None:
    Tally.objects.update(settled=0, views=0)
    is_well("settling", look("settling"), "All views are settled")
    Tally.objects.create(group_id=7, views=12, settled=5)
    Chore.objects.update_or_create(pk="settle", defaults={"ran_at": Now()})
    is_well("settling", look("settling"), "7 views are settled soon")
    Chore.objects.filter(pk="settle").update(ran_at=Now() - dt.timedelta(minutes=30))
    found = look("settling")
    is_bad(
        "settling",
        found,
        "7 views are not settled, and nothing was settled for 30",
        "`worker`",
        Outcome.WARNING,
    )


# --- Files ---------------------------------------------------------------------------------------------


def test_a_disk_that_is_full(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PAGECAST_MAX_UPLOAD_BYTES = 2**20
    with ExitStack() as exits:
        if os.geteuid() != 0:  # who may not mount expects more of the disk that is there
            monkeypatch.setattr(storage, "PART", 0)
            is_well("disk", look("disk"))
            monkeypatch.setattr(storage, "LEAST", 2**62)
            is_bad("disk", look("disk"), "Only ", "pagecast sweep --dry-run")
            return
        # What is promised to a file system of memory is not taken until it is used.
        disk = exits.enter_context(small_disk(tmp_path / "large", "4g"))
        settings.PAGECAST_DATA = disk.folder
        settings.PAGECAST_STAGING, settings.MEDIA_ROOT = disk.folder / "staging", disk.folder / "media"
        is_well("disk", look("disk"))
        settings.PAGECAST_MAX_UPLOAD_BYTES = 3 * 2**30
        is_bad("disk", look("disk"), "free for data", "pagecast sweep", Outcome.WARNING)
        settings.PAGECAST_MAX_UPLOAD_BYTES = 2**20
        small = exits.enter_context(small_disk(disk.folder / "media", "8m"))
        small.fill()
        sentence = f"Only 0 bytes free for media ({small.folder})"
        is_bad("disk", look("disk"), sentence, "pagecast sweep --dry-run")


def test_a_media_folder_that_is_none(settings: Any, folders: Path) -> None:
    is_well("store", look("store"))
    assert [path for path in folders.rglob("*") if path.is_file()] == []
    settings.MEDIA_ROOT = folders / "file"
    settings.MEDIA_ROOT.write_bytes(b"")
    is_bad("store", look("store"), "could not be put into the media store", "Check PAGECAST_MEDIA")


def test_media_on_another_file_system(settings: Any) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        settings.MEDIA_ROOT = Path(folder) / "media"
        is_bad("store", look("store"), "each is copied", "one file system", Outcome.WARNING)


def test_a_bucket_that_is_not_there(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with objects() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        bucket = Bucket(new_bucket(), "media", "path")
        settings.PAGECAST_BUCKET = bucket
        is_well("store", look("store"))
        settings.PAGECAST_BUCKET = replace(bucket, name="there-is-none")
        is_bad("store", look("store"), "there is no such bucket", "Check PAGECAST_MEDIA")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-and-secret")
        settings.PAGECAST_BUCKET = replace(bucket, prefix="other")
        found = look("store")
        is_bad("store", found, "AWS_SECRET_ACCESS_KEY", "what this user, or these keys, may do there")
        assert "wrong-and-secret" not in found.sentence


def test_files_that_can_not_be_looked_into(monkeypatch: pytest.MonkeyPatch) -> None:
    is_well("probing", look("probing"))
    monkeypatch.setattr(checker, "COMMAND", [sys.executable, "-c", "raise SystemExit(1)"])
    is_bad("probing", look("probing"), "could not be looked into", "Install Pagecast anew")
