"""Whatever is killed while files are sent and filed: what was acknowledged is kept, once, or refused.

PAGECAST_TORTURE=20 kills ten times as often during 200 uploads; `make torture` does it on both databases.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.server import Server
from tests.acceptance.upload_torture.play import play
from tests.acceptance.upload_torture.register import Word
from tests.acceptance.upload_torture.slow_disk import SlowDisk
from tests.acceptance.upload_torture.small_disk import SmallDisk, small_disk
from tests.acceptance.upload_torture.troubles import PROCESSES
from tests.acceptance.upload_torture.world import World

LENGTH = int(os.environ.get("PAGECAST_TORTURE", "1"))
SEED = int(os.environ.get("PAGECAST_TORTURE_SEED", "0")) or random.randrange(1, 10**6)
ROUNDS, UPLOADS = max(LENGTH // 2, 1), max(10 * LENGTH, 40)


@pytest.fixture
def slow(tmp_path: Path) -> SlowDisk:
    """A disk that takes its time."""
    return SlowDisk(tmp_path / "slow")


@pytest.fixture
def server(tmp_path: Path, slow: SlowDisk) -> Iterator[Server]:
    """Two server processes and their worker on it."""
    with Server(tmp_path, "--workers", str(PROCESSES), PYTHONPATH=str(slow.folder)) as server:
        yield server


@pytest.fixture
def disks(tmp_path: Path) -> Iterator[list[SmallDisk]]:
    """What is staged and what is filed lie on small file systems, each on its own."""
    # Nothing of it is in memory before it is written.
    size = f"{20 + LENGTH * 10}m"
    with ExitStack() as exits:
        try:
            folders = [tmp_path / "installation" / name for name in ("staging", "media")]
            mounted = [exits.enter_context(small_disk(folder, size)) for folder in folders]
        except PermissionError as error:
            if os.environ.get("CI") == "true":
                pytest.fail(f"a small file system cannot be mounted: {error}")
            pytest.skip(f"a full disk: a small file system cannot be mounted here ({error})")
        yield mounted


def report(world: World, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """One line of figures, whatever pytest does with what is printed."""
    figures = {word.value: world.register.number(word) for word in Word} | dict(sorted(world.figures.items()))
    told = ", ".join(f"{name}: {number}" for name, number in figures.items())
    with capsys.disabled():
        database = "PostgreSQL" if "DATABASE_URL" in server.environment else "SQLite"
        print(f"\n{database}, seed {world.seed}: {told}")  # noqa: T201 - the figures are asked for


def test_whatever_is_killed_each_acknowledged_upload_is_kept_once_or_refused_with_its_reason(
    server: Server, slow: SlowDisk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = play(server, slow, tmp_path / "folders", seed=SEED, rounds=ROUNDS, uploads=UPLOADS)
    report(world, server, capsys)
    assert not world.failures, "\n\n".join([*world.failures, server.log()[-3000:]])
    assert world.figures["uploads"] >= UPLOADS
    assert world.figures["kills of everything"] == 2 * ROUNDS


def test_a_full_disk_loses_nothing_that_was_acknowledged(
    disks: list[SmallDisk], server: Server, slow: SlowDisk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = play(
        server, slow, tmp_path / "folders", seed=SEED, rounds=ROUNDS, uploads=UPLOADS // 2, disks=disks
    )
    report(world, server, capsys)
    assert not world.failures, "\n\n".join([*world.failures, server.log()[-3000:]])
    assert world.figures["full disks"] >= 2 * ROUNDS
    assert world.figures["answers that the disk is full"] > 0
