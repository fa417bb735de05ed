"""From SQLite to PostgreSQL and back, into a bucket and out of it, with servers and readers who go on."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.acceptance.server import ROOT, Installation, Server, kill, wait_for
from tests.cli.archives import members
from tests.objects import new_bucket, objects
from tests.services import postgres

APPS: Any = {"PAGECAST_APPS": "tests.gallery,tests.postcards"}
ON_SQLITE: Any = APPS | {"DATABASE_URL": "", "REDIS_URL": ""}
PAGE = "/api/page/content/{}/"
READERS = 4


@pytest.fixture(scope="module")
def on_postgresql() -> Iterator[Any]:
    """The settings of an installation on an empty PostgreSQL."""
    with postgres() as url:
        yield APPS | {"DATABASE_URL": url, "REDIS_URL": ""}


def house(folder: Path, name: str) -> Path:
    """A folder for an installation."""
    folder.joinpath(name).mkdir()
    return folder / name


def fill(installation: Installation) -> str:
    ended = installation.python("from tests.cli import archives; print(archives.fill())")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def told(installation: Installation) -> Any:
    """Every row and every file."""
    ended = installation.python("from tests.cli import archives; archives.tell()")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def run(installation: Installation, *words: str) -> str:
    ended = installation.run(*words, seconds=300)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


class Readers:
    """They read pages all the time, and write down what they were shown."""

    def __init__(self, server: Server) -> None:
        self._server, self._done = server, threading.Event()
        self.pages = [page["id"] for page in server.get("/api/page/content/").json()["results"]]
        # By page: how many answers came, and how many requests were sent.
        self.answered: Counter[int] = Counter()
        self.sent: Counter[int] = Counter()
        self.troubles: list[str] = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._read) for _ in range(READERS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _read(self) -> None:
        with httpx.Client(base_url=self._server.url, timeout=60) as client:
            while not self._done.is_set():
                for page in self.pages:
                    with self._lock:
                        self.sent[page] += 1
                    answer = client.get(PAGE.format(page))
                    with self._lock:
                        self.answered[page] += answer.is_success
                    if not answer.is_success:
                        self.troubles.append(answer.text)


def counters(server: Server, pages: list[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for page in pages:
        answer = server.get(f"{PAGE.format(page)}counters/").json()
        found |= {content["id"]: content["counter"] for content in answer["contents"]}
    return found


def shown(server: Server, pages: list[int]) -> dict[int, list[int]]:
    """The contents of each page; to ask is a view of each."""
    return {
        page: [content["id"] for content in server.get(PAGE.format(page)).json()["contents"]]
        for page in pages
    }


def views(of: Counter[int], contents: dict[int, list[int]]) -> Counter[int]:
    """The views of each content by those of the pages."""
    found: Counter[int] = Counter()
    for page, number in of.items():
        for content in contents[page]:
            found[content] += number
    return found


def test_moving_from_sqlite_to_postgresql_and_back(tmp_path: Path, on_postgresql: Any) -> None:
    archive = tmp_path / "first.tar"
    with ExitStack() as houses:
        old = houses.enter_context(Server(house(tmp_path, "old"), **ON_SQLITE))
        new = houses.enter_context(Server(house(tmp_path, "new"), **on_postgresql))
        token = fill(old)
        editor = {"Authorization": f"Bearer {token}"}
        wait_for("the filing", lambda: not undecided(old, editor))
        check_that_readers_read_on(old, new, archive)
        assert new.get("/api/content/", headers=editor).status_code == httpx.codes.OK
        assert new.stop() == old.stop() == 0
        run(old, "export", str(tmp_path / "second.tar"))
        replaced = run(new, "restore", "--replace", str(tmp_path / "second.tar"))
        assert "Replaced: " in replaced
        everything = told(old)
        assert told(new) == everything
        run(new, "export", str(tmp_path / "third.tar"))
        with Installation(house(tmp_path, "last"), **ON_SQLITE) as last:
            run(last, "restore", str(tmp_path / "third.tar"))
            assert told(last) == everything
        check_the_files(new, everything["files"])


def undecided(server: Server, editor: dict[str, str]) -> list[str]:
    answer = server.get("/api/content/?page_size=100", headers=editor).json()
    states = [content["upload_status"] for content in answer["results"]]
    return [state for state in states if state in {"pending", "processing"}]


def check_that_readers_read_on(old: Server, new: Server, archive: Path) -> None:
    readers = Readers(old)
    contents = shown(old, readers.pages)
    before = counters(old, readers.pages)
    with readers:
        wait_for("the readers", lambda: min(readers.answered[page] for page in readers.pages) > READERS)
        certain = views(Counter(readers.answered), contents)
        run(old, "export", str(archive))
        possible = views(Counter(readers.sent), contents)
        count = sum(readers.answered.values())
        wait_for("the readers to go on", lambda: sum(readers.answered.values()) > count)
    assert readers.troubles == []
    # Of those who read meanwhile each view was counted, once.
    all_views = views(readers.answered, contents)
    assert counters(old, readers.pages) == {key: before[key] + all_views[key] for key in before}
    # In a running server with nobody in it but the admin of its first start.
    run(new, "restore", str(archive))
    moved = counters(new, readers.pages)
    for key, number in moved.items():
        assert before[key] + certain[key] <= number <= before[key] + possible[key]
    # And it goes on counting from there.
    assert shown(new, readers.pages) == contents
    once = views(Counter(readers.pages), contents)
    assert counters(new, readers.pages) == {key: moved[key] + once[key] for key in moved}


def check_the_files(server: Server, files: dict[str, str]) -> None:
    """What readers get is what was sent."""
    server.serve()
    for path, sha256 in files.items():
        if path.startswith("media/"):
            answer = server.get(f"/{path}")
            assert hashlib.sha256(answer.content).hexdigest() == sha256


def test_a_restore_that_is_killed_beside_a_running_server_changes_nothing(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "archive.tar"
    with Installation(house(tmp_path, "old"), **ON_SQLITE) as old:
        run(old, "sweep")
        fill(old)
        run(old, "export", str(archive))
    with Server(house(tmp_path, "new"), **APPS) as new:
        new.editor().post("/api/page/content/", json={"title": "Mine"})
        before = new.get("/api/page/content/").json()["results"][0]["title"]
        data = archive.read_bytes()
        for share in (0.5, 0.9):
            process = subprocess.Popen(
                [sys.executable, "-m", "pagecast", "restore", "--replace", "-"],
                cwd=ROOT,
                env=new.environment,
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
            assert process.stdin is not None
            process.stdin.write(data[: int(len(data) * share)])
            process.stdin.flush()
            wait_for("the rows", lambda: list(new.data.glob("staging/restore-*/*.rows")))
            kill(process)
            process.stdin.close()
            for folder in new.data.glob("staging/restore-*"):
                shutil.rmtree(folder)
            assert [page["title"] for page in new.get("/api/page/content/").json()["results"]] == [before]
        run(new, "restore", "--replace", str(archive))
        titles = [page["title"] for page in new.get("/api/page/content/").json()["results"]]
        assert "Second" in titles
        assert "Mine" not in titles


def files_in(archive: Path) -> dict[str, str]:
    return {
        info.name: hashlib.sha256(data).hexdigest()
        for info, data in members(archive)
        if info.name.startswith(("media/", "posters/", "staged/"))
    }


def settled(installation: Installation) -> list[str]:
    """What a worker makes of what was waiting, and how much of the other is here."""
    ended = installation.python(
        "from pagecast.media import assembling, resuming; from pagecast.media.models import Upload; "
        "from tests.uploading import next_worker; next_worker(); "
        "print(Upload.objects.get(name='Waiting.mp4').state); "
        "whole = Upload.objects.get(name='Whole.mp4'); "
        "assembling.complete_bytes(whole); print(whole.sha256); "
        "print(resuming.arrived(Upload.objects.get(name='Half.mp4'))); "
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()


def test_into_a_bucket_and_out_of_it(tmp_path: Path) -> None:
    first, second, third = (tmp_path / f"{name}.tar" for name in ("first", "second", "third"))
    with Installation(house(tmp_path, "folder"), **ON_SQLITE) as folder:
        run(folder, "sweep")
        fill(folder)
        run(folder, "export", str(first))
        rows = told(folder)["rows"]
    with objects() as store, pytest.MonkeyPatch.context() as patch:
        for name, value in store.items():
            patch.setenv(name, value)
        media = f"s3://{new_bucket()}/films?addressing=path"
        with Installation(house(tmp_path, "bucket"), **ON_SQLITE, **store, PAGECAST_MEDIA=media) as bucket:
            run(bucket, "restore", str(first))
            assert told(bucket)["rows"] == rows
            run(bucket, "export", str(second))
            assert files_in(second) == files_in(first)
            # What is there is not sent again.
            run(bucket, "restore", "--replace", str(second))
            assert told(bucket)["rows"] == rows
            # Another machine with the same database and bucket has all of it.
            shutil.rmtree(bucket.data / "staging")
            run(bucket, "export", str(third))
            assert files_in(third) == files_in(first)
            filed = settled(bucket)
        with Installation(house(tmp_path, "back"), **ON_SQLITE) as back:
            run(back, "restore", str(third))
            assert told(back)["rows"] == rows
            assert settled(back) == filed == settled(folder)
    assert filed[0] == "completed"
    assert filed[-1] == "321"
