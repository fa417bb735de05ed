"""SIGKILL at any point loses nothing, doubles nothing, and leaves nothing that the next one cannot finish."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from pagecast.counting import folding, history, ledger
from pagecast.counting.models import BEFORE_THE_HISTORY
from pagecast.media import housekeeping
from pagecast.media.models import Blob, Upload
from pagecast.media.receiving import receive
from pagecast.pages import editing, filing
from pagecast.pages.models import Content, SubtitleTrack, Video
from tests.acceptance.killing import killed_at_each_line
from tests.acceptance.server import Server, wait_for
from tests.counting.groups import check_the_history, settle_at, view
from tests.films import film, kept
from tests.uploading import (
    add,
    add_subtitles,
    bytes_of,
    file,
    fresh,
    left_in,
    let_leases_run_out,
    make_older,
    next_worker,
    text_of,
    upload_of,
)

FILING, STUDYING = "pages/filing.py", "media/studying.py"
PREPARING, ASSEMBLING = "media/preparing.py", ("media/assembling.py", "media/staging/folder.py")
LEASES, STORING, FOLDER = "media/leases.py", "media/storing.py", "media/stores/folder.py"
FOLDING, HOURS = "counting/folding.py", "counting/hours.py"
STATES = Upload.State
in_processes = pytest.mark.django_db(transaction=True)


@pytest.fixture
def media(folders: Path) -> Path:
    """Where files are kept."""
    return Path(settings.MEDIA_ROOT)


@pytest.fixture
def another_file_system(settings: Any) -> Iterator[None]:
    """The files are kept on another file system than the one that they come in by."""
    settings.MEDIA_ROOT = tempfile.mkdtemp(dir="/dev/shm")
    yield
    shutil.rmtree(settings.MEDIA_ROOT)


def file_due() -> None:
    """What a worker finds to file; pictures are drawn later."""
    for key in list(filing.due().values_list("pk", flat=True)):
        filing.file(key)


def next_worker_files() -> None:
    """It comes when the lease of the killed one has run out, and finds by itself what is left to do."""
    let_leases_run_out()
    file_due()


def all_is_well(media: Path) -> None:
    """Each upload is decided; every file is kept once, and none lies there that a sweep does not remove."""
    next_worker()
    for upload in Upload.objects.filter(is_part=False):
        assert upload.state == STATES.COMPLETED or (upload.state == STATES.FAILED and upload.error)
        assert (upload.path, upload.holder) == (None, None)
    sums = list(Blob.objects.values_list("sha256", flat=True))
    assert len(sums) == len(set(sums))
    for blob in Blob.objects.all():
        assert hashlib.sha256(kept(blob).read_bytes()).hexdigest() == blob.sha256
        assert blob.study_due is None
    make_older(housekeeping.YOUNG)
    # Nothing goes by its row: those are all needed.
    swept = list(housekeeping.sweep(housekeeping.YOUNG / 2))
    assert {each.waste for each in swept} <= {housekeeping.Waste.STAGED, housekeeping.Waste.STRAY}
    known = [path for blob in Blob.objects.all() for path in (blob.path, blob.poster_path) if path]
    assert left_in(media) == sorted(known)
    assert left_in(settings.PAGECAST_STAGING) == []


@in_processes
def test_a_worker_killed_at_any_line_leaves_what_the_next_one_finishes(media: Path) -> None:
    sent = [add(film(0), "0.mp4")]
    for death in killed_at_each_line(file_due, FILING, LEASES, STORING):
        # While the lease of the killed one still runs, the same bytes are sent under another name.
        twin = add(film(death - 1), f"{death - 1}.avi")
        file(twin)
        next_worker_files()
        assert bytes_of(sent[-1]) == bytes_of(twin) == film(death - 1)
        sent.append(add(film(death), f"{death}.mp4"))
    assert len(sent) > 150
    all_is_well(media)


@in_processes
def test_a_worker_killed_at_any_line_of_a_batch_leaves_what_the_next_one_finishes(media: Path) -> None:
    def send(mark: int) -> list[Content]:
        return [add(film(mark), f"{mark}.mp4"), add(b"broken", f"{mark}.avi"), add(film(mark), f"{mark}.mov")]

    sent, death = send(0), 0

    def file_together() -> None:
        filing.file(*(upload_of(content).pk for content in sent))

    for death in killed_at_each_line(file_together, FILING):
        next_worker_files()
        assert [bytes_of(content) for content in sent] == [film(death - 1), None, film(death - 1)]
        assert upload_of(sent[1]).error
        sent = send(death)
    assert death > 80
    all_is_well(media)


@in_processes
def test_a_worker_killed_at_any_line_of_drawing_leaves_what_the_next_one_finishes(media: Path) -> None:
    contents = [add(film(0), "0.mp4")]
    file(contents[-1])
    for death in killed_at_each_line(file_and_draw, STUDYING):
        Blob.objects.exclude(study_due=None).update(study_due=timezone.now() - dt.timedelta(seconds=1))
        file_and_draw()
        assert (media / str(blob_of(contents[-1]).poster_path)).read_bytes().startswith(b"\xff\xd8\xff")
        contents.append(add(film(death), f"{death}.mp4"))
        file(contents[-1])
    assert len(contents) > 25
    all_is_well(media)


def file_and_draw() -> None:
    while filing.work():
        """There may be more."""


def blob_of(content: Content) -> Blob:
    blob = fresh(content).blob
    assert blob is not None
    return blob


@in_processes
def test_a_worker_killed_at_any_line_of_copying_leaves_what_the_next_one_finishes(
    another_file_system: None, media: Path
) -> None:
    sent = [add(film(0), "0.mp4")]
    for death in killed_at_each_line(file_due, FOLDER):
        next_worker_files()
        assert bytes_of(sent[-1]) == film(death - 1)
        sent.append(add(film(death), f"{death}.mp4"))
    assert len(sent) > 50
    all_is_well(media)


def add_in_parts(data: bytes, name: str) -> Content:
    """An editor sends a film in three parts side by side."""
    whole = Upload.objects.create(name=name, size=len(data))
    for number, start in enumerate(range(0, len(data), len(data) // 2)):
        part = receive([data[start : start + len(data) // 2]], f"{name} {number}")
        Upload.objects.filter(pk=part.pk).update(is_part=True, part_of=whole, part_number=number)
    return editing.write_content(Video(title=name), {}, whole)


@in_processes
def test_a_worker_killed_at_any_line_of_putting_parts_together_leaves_what_the_next_one_finishes(
    media: Path,
) -> None:
    sent = [add_in_parts(film(0), "0.mp4")]
    for death in killed_at_each_line(file_due, *ASSEMBLING, PREPARING):
        next_worker_files()
        assert bytes_of(sent[-1]) == film(death - 1)
        sent.append(add_in_parts(film(death), f"{death}.mp4"))
    assert len(sent) > 30
    assert not Upload.objects.filter(is_part=True).exists()
    all_is_well(media)


@in_processes
@pytest.mark.parametrize(
    ("where", "rooms"),
    [("one file system", [FILING, PREPARING]), ("another_file_system", [PREPARING, STORING])],
)
def test_a_worker_killed_at_any_line_of_filing_subtitles_leaves_what_the_next_one_finishes(
    where: str, rooms: list[str], request: pytest.FixtureRequest
) -> None:
    if where == "another_file_system":
        request.getfixturevalue(where)
    media: Path = request.getfixturevalue("media")
    content = add(film(0))
    file(content)
    tracks: list[SubtitleTrack] = [add_subtitles(content, "line 0", "x-a0")]
    for death in killed_at_each_line(file_due, *rooms):
        next_worker_files()
        assert f"line {death - 1}\n" in (text_of(tracks[-1]) or "")
        tracks.append(add_subtitles(content, f"line {death}", f"x-a{death}"))
    assert len(tracks) > 50
    all_is_well(media)


@in_processes
def test_a_server_killed_at_any_line_of_receiving_makes_no_row_without_its_bytes(folders: Path) -> None:
    data = [b"the first half, ", b"the second half"]
    for _death in killed_at_each_line(lambda: receive(data, "Dawn.mp4"), "media/receiving.py"):
        for upload in Upload.objects.all():
            assert upload.staged.read_bytes() == b"".join(data)
            assert upload.sha256 == hashlib.sha256(b"".join(data)).hexdigest()
    assert Upload.objects.exists()


@in_processes
@pytest.mark.parametrize(
    ("chore", "files", "lines"),
    [(folding.fold, [FOLDING, HOURS], 40), (lambda: ledger.drop([1]), [HOURS], 25)],
    ids=["folding", "a page that goes"],
)
def test_a_worker_killed_at_any_line_of_the_history_leaves_what_the_next_one_finishes(
    chore: Callable[[], object], files: list[str], lines: int
) -> None:
    long_ago = timezone.now() - dt.timedelta(days=5)
    every_view = partial(history.views_of_all, BEFORE_THE_HISTORY)

    def live_on(day: int) -> None:
        """Each time there is as much to do: hours of a day to fold, views to settle, a page that may go."""
        ledger.recompose({1: [11, 12], 2: [12, 13]})
        for hour in (0, 3, 7):
            settle_at(long_ago - dt.timedelta(days=day, hours=hour), 1, 2)
        view(1, 2, times=2)

    live_on(0)
    viewed = [sum(every_view().values())]
    for death in killed_at_each_line(chore, *files):
        assert sum(every_view().values()) == viewed[-1]
        check_the_history()
        chore()
        assert sum(every_view().values()) == viewed[-1]
        check_the_history()
        live_on(death)
        viewed.append(viewed[-1] + 3 * 2 + 2 * 2)
    assert len(viewed) > lines


# The five tasks. In the worker, and only there, os.link waits for the file `go` and kills it at the fourth.
KILLS_ITSELF = """
import os, signal, sys, time
from pathlib import Path

here, link, calls = Path(__file__).parent, os.link, []

def link_and_die(*arguments, **options):
    link(*arguments, **options)
    if "work" in sys.argv or "celery" in sys.argv[0]:
        calls.append(1)
        while not (here / "go").exists():
            time.sleep(0.01)
        if len(calls) == 4 and not (here / "killed").exists():
            (here / "killed").touch()
            # Whoever would start it again, and its other children, before itself.
            os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

os.link = link_and_die
"""


def send_five(server: Server) -> None:
    """An editor sends five films."""
    for number in range(5):
        form = {"content_type": "video", "title": f"Film {number}"}
        sent = ("Dawn.mp4", film(number))
        answer = server.editor().post("/api/content/", data=form, files={"file": sent})
        assert answer.status_code == 201, answer.text


def five_are_filed(server: Server) -> bool:
    contents = server.editor().get("/api/content/").json()["results"]
    return [content["upload_status"] for content in contents] == ["completed"] * 5


@pytest.mark.parametrize("broker", ["kept", "flushed"] if os.environ.get("REDIS_URL") else ["none"])
def test_five_uploads_survive_a_kill_in_the_middle(broker: str, tmp_path: Path) -> None:
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(KILLS_ITSELF)
    with Server(tmp_path, PYTHONPATH=str(hook)) as server:
        send_five(server)
        (hook / "go").touch()
        wait_for("the kill", (hook / "killed").exists)
        server.kill()
        # Several workers of a broker may be further; one alone has just begun with the third.
        if broker == "none":
            assert len(list((server.data / "media").rglob("*.mp4"))) == 2
        if broker == "flushed":
            forget_all_messages(server)
        started = time.monotonic()
        server.serve()
        wait_for("five completed uploads", lambda: five_are_filed(server))
        seconds = time.monotonic() - started
        print(f"all five were filed {seconds:.1f} s after the restart")  # noqa: T201 - the figure is asked for
        # Ten are promised. The others are for a machine that runs other people's tests beside this one.
        assert seconds < 10 + 30
        there = sorted(path.read_bytes() for path in (server.data / "media").rglob("*.mp4"))
        assert there == sorted(film(number) for number in range(5))


def forget_all_messages(server: Server) -> None:
    import redis  # noqa: PLC0415 - only there with the extra `redis`

    with redis.Redis.from_url(server.environment["REDIS_URL"]) as broker:
        assert broker.flushall()
