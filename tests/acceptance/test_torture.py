"""Whatever is killed while readers read and editors edit: no view is lost, and none is counted twice.

PAGECAST_TORTURE=20 kills twenty times as often; `make torture` does it on both databases.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.server import Server
from tests.acceptance.torture.mortal import MortalPostgres, mortal_postgres
from tests.acceptance.torture.play import play
from tests.acceptance.torture.troubles import PROCESSES, Troubles
from tests.acceptance.torture.world import BUSY, World

ROUNDS = int(os.environ.get("PAGECAST_TORTURE", "1"))
ON_POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
SEED = int(os.environ.get("PAGECAST_TORTURE_SEED", "0")) or random.randrange(1, 10**6)

Stage = tuple[Server, MortalPostgres | None]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A server with two processes, on the database that the other tests have, and with their Redis."""
    with ExitStack() as exits:
        postgres, settings = None, {}
        if ON_POSTGRES:
            # One of its own, which may be killed.
            postgres = exits.enter_context(mortal_postgres())
            settings["DATABASE_URL"] = postgres.url
        server = exits.enter_context(Server(tmp_path, "--workers", str(PROCESSES), work=False, **settings))
        yield server, postgres


def report(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """One line of figures, whatever pytest does with what is printed."""
    accounts = world.accounts
    figures = dict(sorted(world.figures.items())) | {
        "views acknowledged": accounts.acknowledged,
        "views left open": accounts.unanswered,
        "of these counted": accounts.found,
    }
    told = ", ".join(f"{number} {name}" for name, number in figures.items())
    database = "PostgreSQL" if ON_POSTGRES else "SQLite"
    with capsys.disabled():
        print(f"\n{database}, seed {world.seed}: {told}")  # noqa: T201 - the figures are asked for


def test_undisturbed_each_counter_is_the_number_of_answers(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    async def undisturbed(world: World, _troubles: Troubles) -> None:
        for _ in range(3 * ROUNDS):
            if not await world.pause(1):
                return
            await world.take_stock()

    world = play(*stage, undisturbed, SEED)
    report(world, capsys)
    assert not world.failures, "\n\n".join(world.failures)
    assert world.accounts.unanswered == world.figures["requests without an answer"] == 0
    assert world.accounts.acknowledged > 1000
    # Editors at work are no reason to send readers away, but for a few who wait for the same page.
    assert world.figures[BUSY] <= world.figures["answers"] / 20
    assert world.figures["edits"] > 10


def test_whatever_is_killed_no_view_is_lost_or_counted_twice(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    async def killed(_world: World, troubles: Troubles) -> None:
        await troubles.rounds(ROUNDS)

    world = play(*stage, killed, SEED)
    report(world, capsys)
    assert not world.failures, "\n\n".join(world.failures)
    assert world.figures["kills of the server"] == 3 * ROUNDS
    assert world.figures["kills of PostgreSQL"] == (ROUNDS if ON_POSTGRES else 0)
    assert world.figures["requests without an answer"] > 0
