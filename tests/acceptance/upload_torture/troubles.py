"""SIGKILL, sweeps, a broker without a memory, a full disk: whatever comes over those who send."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

from tests.acceptance.server import PATIENCE, Found, Server, kill, processes_of_session, wait_for

from .sending import CONTENTS
from .slow_disk import SlowDisk
from .small_disk import SmallDisk
from .world import World

PROCESSES = 2
# A file that makes two checkers die one after the other is refused for it: so far apart are two such kills.
APART = 5.0
# Seconds that no file of the sweeps' concern is younger than.
OLD = 7200
# Seconds after which another large film is sent, so that one is coming in at every moment of a sweep.
ANOTHER = 0.4
# Seconds within which a sweep has begun, and on a quiet machine has come to its end.
SWEEP_SECONDS = 1.5


class Troubles:
    """Each is one method; what is started again after it, it starts."""

    def __init__(self, world: World, server: Server, slow: SlowDisk, disks: Sequence[SmallDisk] = ()) -> None:
        self._world, self._server, self._slow, self._disks = world, server, slow, disks
        self._checker_killed = 0.0
        self.last_kill = time.monotonic()

    def rounds(self, number: int) -> list[Callable[[], None]]:
        """Everything that happens in so many rounds, in the order that chance gives it."""
        each = [self.kill_all, self.kill_all, self.kill_worker, self.kill_worker, self.kill_process]
        # Where disks are small, they are the story.
        each += (
            [self.fill_staging, self.fill_media]
            if self._disks
            else [self.kill_checker, self.sweep, self.kill_sweep]
        )
        if self._server.has_broker:
            each += [self.flush_broker, self.kill_child, self.kill_child]
        found = []
        for _ in range(number):
            self._world.chance.shuffle(each)
            found += each
        return found

    def mend(self) -> None:
        """Start a Celery that has died by itself again, as its service manager would."""
        if self._server.worker is not None and self._server.worker.poll() is not None:
            self._server.worker = self._server._launch("work")

    def let_work(self, is_done: Callable[[], bool], seconds: float) -> None:
        """Let workers file, and die over it, until it is done or the time is over."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not is_done():
            self.mend()
            time.sleep(0.3)

    def end(self) -> None:
        """From now on nobody dies."""
        self._slow.spare()
        # One may have chosen to die just before.
        time.sleep(1)
        self.mend()
        self.last_kill = time.monotonic()
        self._world.count("deaths of a worker at a step", self._slow.deaths())

    def kill_all(self) -> None:
        """The server with all its processes, and the worker; then start it again."""
        self._server.kill()
        self._killed("kills of everything")
        self._world.pause(0, 0.5)
        self._server.serve()

    def kill_worker(self) -> None:
        """Only whoever files; started again by the server, or by whoever watches Celery."""
        if self._server.has_broker:
            assert self._server.worker is not None
            kill(self._server.worker)
            self._server.worker = self._server._launch("work")
            self._killed("kills of the worker")
            return
        # A server that began just now has none yet.
        for process in self._wait("a worker", self._workers):
            self._kill(process, "kills of the worker")

    def kill_child(self) -> None:
        """Celery's worker or its beat, alone; started again by whoever keeps the two."""
        assert self._server.worker is not None
        keeper = self._server.worker.pid
        name = self._world.chance.choice([b"worker", b"beat"])

        def look() -> list[int]:
            return [process for process in processes_of_session(keeper) if name in _words(process)]

        for victim in wait_for("a child of the keeper", look):
            self._kill(victim, f"kills of a {name.decode()} alone")

    def kill_process(self) -> None:
        """One of the two that serve; the other goes on, and it gets a new companion."""
        before = list(self._serving())
        if before:
            victim = self._world.chance.choice(before)
            self._kill(victim, "kills of a server process")
            wait_for("a new server process", lambda: len(set(self._serving()) - {victim}) >= PROCESSES)

    def kill_checker(self) -> None:
        """The process that looks into files, at whatever it looks just now."""
        time.sleep(max(self._checker_killed + APART - time.monotonic(), 0))
        self._world.release([self._world.parcels.large_film()])
        # There is one as long as there is something to look at.
        for checker in self._wait("a checker", self._checkers):
            self._kill(checker, "kills of a checker")
        self._checker_killed = time.monotonic()

    def sweep(self) -> None:
        """Sweep, with all files so old that only what still needs them protects them."""
        with self._sweeping() as process:
            printed, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, printed + said
        self._world.count("sweeps")
        self._world.count("things swept meanwhile", sum(" (" in line for line in printed.splitlines()))

    def kill_sweep(self) -> None:
        """Begin to sweep, and be killed."""
        with self._sweeping() as process:
            self._world.pause(0, 0.3)
            kill(process)
        self._killed("kills of a sweep")

    @contextlib.contextmanager
    def _sweeping(self) -> Iterator[subprocess.Popen[str]]:
        words = ("sweep", "--older-than", "0", "--verbosity", "2")
        with self._server.start(*words, output=subprocess.PIPE) as process:
            # It takes a second to begin; then files that come in just now are old as well.
            began, released = time.monotonic(), 0
            while process.poll() is None and (now := time.monotonic() - began) < SWEEP_SECONDS:
                if now > released * ANOTHER:
                    self._world.release([self._world.parcels.large_film()])
                    released += 1
                self._make_files_old()
                time.sleep(0.01)
            yield process

    def flush_broker(self) -> None:
        """Redis forgets every message that waits."""
        import redis  # noqa: PLC0415 - only there with the extra `redis`

        with redis.Redis.from_url(self._server.environment["REDIS_URL"]) as broker:
            assert broker.flushall()
        self._world.count("flushes of the broker")

    def fill_staging(self) -> None:
        """There is no room for what comes in, and its senders are told so."""
        told = self._world.figures["answers that the disk is full"]
        self._full_while(
            self._disks[0],
            "somebody to be told that the disk is full",
            lambda: self._world.figures["answers that the disk is full"] > told,
        )

    def fill_media(self) -> None:
        """There is no room for what is filed; it waits, and its editor reads why."""
        self._full_while(self._disks[1], "an upload to wait for room", self._waits_for_room)

    def _full_while(self, disk: SmallDisk, what: str, is_seen: Callable[[], bool]) -> None:
        disk.fill()
        try:
            self._world.release(self._world.parcels.some(4))
            self._wait(what, is_seen)
            if self._world.chance.random() < 0.5:
                self._world.chance.choice([self.kill_worker, self.kill_all])()
                # What died may have given something back.
                disk.fill()
                self._world.pause(0.5, 1.5)
        finally:
            disk.free()
        self._world.count("full disks")

    def _waits_for_room(self) -> bool:
        asked = f"{CONTENTS}?page_size=100&page="
        pages = (self._server.editor().get(f"{asked}{number}").json() for number in count(1))
        for page in pages:
            for content in page["results"]:
                waits = content["upload_status"] in {"pending", "processing"}
                if waits and "disk of the server is full" in (content["upload_error"] or ""):
                    return True
            if not page["next"]:
                return False
        return False

    def _wait(self, what: str, look: Callable[[], Found]) -> Found:
        def mend_and_look() -> Found:
            self.mend()
            return look()

        return wait_for(what, mend_and_look)

    def _make_files_old(self) -> None:
        """All but those that nothing but their youth protects: what has no row yet and no bytes, pictures."""
        past = time.time() - OLD
        for path in _files(self._server.data):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_size and path.parent.name != "posters" and not path.name.startswith("."):
                    os.utime(path, (past, past))

    def _kill(self, process: int, what: str) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            self._killed(what)

    def _killed(self, what: str) -> None:
        self.last_kill = time.monotonic()
        self._world.count(what)

    def _serving(self) -> Iterator[int]:
        for process in self._server.processes()[1:]:
            words = _words(process)
            if b"work" not in words and words != [b""]:
                yield process

    def _workers(self) -> list[int]:
        return [process for process in self._server.processes()[1:] if b"work" in _words(process)]

    def _checkers(self) -> list[int]:
        """Each has a session of its own, and its parent is one of ours."""
        leaders = [leader.pid for leader in (self._server.process, self._server.worker) if leader]
        ours = {process for leader in leaders for process in processes_of_session(leader)}
        children = [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _parent(entry) in ours]
        return [child for child in children if any(b"child.serving" in word for word in _words(child))]


def _files(data: Path) -> Iterator[Path]:
    """What is staged, but for the folders of those who draw; and what is filed."""
    staging, media = data / "staging", data / "media"
    yield from (path for path in staging.glob("*") if path.is_file())
    yield from (path for path in media.rglob("*") if path.is_file())


def _words(process: int) -> list[bytes]:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return [b""]


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
