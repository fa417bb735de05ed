"""Two web nodes, two workers, beat, PostgreSQL, Redis, a store and nginx: each is lost in turn, under load.

Readers read, editors edit and upload through nginx all the time. No view is lost or counted twice, every
upload that was acknowledged is filed, and errors come only of the part that is lost. Then everything is
restarted, and nobody notices.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.server import ROOT, free_port, wait_for
from tests.acceptance.torture.play import perform
from tests.cluster.crowd import LINGER, STANDING_STILL, Readership, Uploaders, some_seed
from tests.cluster.topology import BEAT, WEB, WORKERS, Cluster
from tests.services import die_with_parent

SEED = int(os.environ.get("PAGECAST_TORTURE_SEED", "0")) or some_seed()
ROUNDS = int(os.environ.get("PAGECAST_TORTURE", "1"))
# Uploads that are on their way at each loss.
UPLOADS = 4
# Seconds for which a node stands still: longer than nginx waits for it.
STANDSTILL = 18.0


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with Cluster(tmp_path) as cluster:
        yield cluster


class Story:
    """What happens to the cluster while it is used."""

    def __init__(self, cluster: Cluster, *, like_browsers: bool = False) -> None:
        self.cluster = cluster
        token = cluster.run("token", "alice").strip()
        self.world = Readership(cluster, token, SEED, like_browsers=like_browsers)
        self.uploaders = Uploaders(cluster, token, SEED)

    def play(self, tell: Callable[[], Any]) -> None:
        """Tell it while everybody is at work, and see what has come of that."""

        async def told() -> None:
            try:
                await tell()
            except (AssertionError, TimeoutError) as error:
                self.world.fail(repr(error))
            finally:
                self.world.over.set()

        self.uploaders.begin()
        try:
            asyncio.run(perform(self.world, told))
        finally:
            failures = [*self.world.failures, *self.uploaders.end()]
        assert not failures, "\n\n".join(failures)

    async def lose(
        self, name: str, lose: Callable[[], None], find: Callable[[], None], seconds: float
    ) -> None:
        """Lose a part, and have it back so many seconds later; the numbers before and after it are exact."""
        world = self.world
        self.uploaders.send(UPLOADS)
        await world.take_stock()
        if not await world.pause(world.chance.uniform(0.3, 1)):
            return
        async with world.loses(name, self.by_hand(lose)):
            await world.pause(seconds)
            await self.by_hand(find)
        await world.pause(LINGER)

    async def by_hand(self, work: Callable[[], None]) -> None:
        """Do it in the thread that all processes belong to."""
        await asyncio.get_running_loop().run_in_executor(self.cluster.hands, work)

    def report(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The figures, whatever pytest does with what is printed."""
        accounts = self.world.accounts
        figures = dict(sorted(self.world.figures.items())) | dict(
            sorted(self.uploaders.world.figures.items())
        )
        figures |= {"views acknowledged": accounts.acknowledged, "views left open": accounts.unanswered}
        with capsys.disabled():
            print(f"\ncluster, seed {SEED}: {', '.join(f'{n} {what}' for what, n in figures.items())}")  # noqa: T201 - the figures are asked for
            for loss in self.world.losses:
                print(f"  {loss}")  # noqa: T201 - the same


def test_whatever_is_lost_counters_stay_exact_and_uploads_are_filed(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    story, parts = Story(cluster), cluster.parts

    async def tell() -> None:
        for _ in range(ROUNDS):
            for name in (*WEB, *WORKERS, BEAT, "redis", "s3"):
                await story.lose(name, parts[name].kill, parts[name].start, 3)
            await story.lose("postgres", cluster.postgres.kill, cluster.postgres.start, 2)
            await story.lose("nginx", cluster.front.kill, cluster.front.start, 1)
            await story.lose(
                f"web-1 {STANDING_STILL}", parts["web-1"].freeze, parts["web-1"].thaw, STANDSTILL
            )

    try:
        story.play(tell)
    finally:
        story.report(capsys)
    noticed = {loss.part for loss in story.world.losses if loss.told}
    assert noticed <= {*WEB, "postgres", "nginx", f"web-1 {STANDING_STILL}"}
    assert {"postgres", "nginx"} <= noticed


def test_everything_is_restarted_and_nobody_notices(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    story, parts = Story(cluster, like_browsers=True), cluster.parts

    async def tell() -> None:
        for name in WEB:
            story.uploaders.send(UPLOADS)
            await story.world.pause(1)
            await story.by_hand(lambda name=name: cluster.restart_unnoticed(name))  # type: ignore[misc]
        for name in (*WORKERS, BEAT, "redis"):
            story.uploaders.send(UPLOADS)
            await story.by_hand(parts[name].stop)
            await story.by_hand(parts[name].start)
        await story.world.pause(1)

    try:
        story.play(tell)
    finally:
        story.report(capsys)
    world = story.world
    assert world.accounts.unanswered == world.figures["requests without an answer"] == 0
    assert world.figures["edits without an answer"] == 0
    assert not [what for what in story.uploaders.world.figures if what.startswith("answers")]
    assert world.accounts.acknowledged > 100


def test_to_look_at_it_is_started_by_one_command_and_stopped_by_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.cluster", "--port", str(free_port())]
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=said,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
        )
    told = tmp_path / "said"
    try:
        wait_for("the cluster", lambda: "Ctrl-C" in told.read_text() or process.poll() is not None, 180)
        found = re.search(r"Pagecast serves (\S+)", told.read_text())
        assert found is not None, told.read_text()
        assert httpx.get(found[1], timeout=60).status_code == httpx.codes.OK
        (node, _other) = re.findall(r"web-\d +(\S+)", told.read_text())
        assert health_check(node) == 0
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    assert code == 0, told.read_text()
    assert health_check(node) != 0
    assert not list(tmp_path.glob("pagecast-cluster-*"))


def health_check(node: str) -> int:
    """The exit code of the image's health check, asked at this node."""
    image = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    command = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", image, re.DOTALL | re.MULTILINE)
    assert command is not None
    _python, *words = json.loads(command[1].replace("127.0.0.1:8000", node))
    return subprocess.run([sys.executable, *words], check=False, capture_output=True).returncode
