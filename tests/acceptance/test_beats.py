"""However many workers and beats run, and whoever dies in it: each chore is done once when it is due."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.server import PATIENCE, Server, wait_for
from tests.acceptance.workers import asked, at_work, begun, child, ends, runs
from tests.hasty.apps import HOLD, PAUSE

BROKER = bool(os.environ.get("REDIS_URL"))
VIEWS = 300


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Server]:
    """A server whose workers settle every second; with a broker nobody works yet."""
    with Server(tmp_path, work=False, PAGECAST_APPS="tests.hasty") as server:
        yield server


def test_of_many_workers_and_beats_one_settles_when_it_is_due(hasty: Server) -> None:
    contents = [
        hasty.editor()
        .post("/api/content/", json={"content_type": "text", "title": title, "text": "…"})
        .json()["id"]
        for title in ("Note", "Letter")
    ]
    page = (
        hasty.editor().post("/api/page/content/", json={"title": "Seen", "contents": contents}).json()["id"]
    )
    # Without a broker `serve` has a worker of its own, which makes three.
    commands = ["", "", "", "--only-beat", "--only-beat"] if BROKER else ["", ""]
    with at_work(hasty, *commands) as keepers:
        if BROKER:
            for keeper in keepers[:3]:
                child(keeper, "worker")
        for number in range(VIEWS):
            assert hasty.get(f"/api/page/content/{page}/").status_code == 200
            time.sleep(0.05 if number % 3 == 0 else 0)
        many = 5 if BROKER else 3
        wait_for(
            "several rounds", lambda: len(ends(hasty)) >= 12 and len({who for who, _, _ in ends(hasty)}) > 1
        )
        assert len(begun(hasty)) <= many
    if not BROKER:
        hasty.stop()
    rounds = sorted(ends(hasty), key=lambda each: each[1])
    # Nobody began before the last one had ended and the rest was over; clocks are read a little apart.
    assert all(begins - ended > PAUSE * 0.9 for (_, _, ended), (_, begins, _) in itertools.pairwise(rounds))
    # Whoever was killed between the end of a round and saying so was not counted.
    assert len(rounds) - 1 <= runs(hasty) <= len(rounds)
    everything = (
        "from pagecast.counting import ledger, history; from pagecast.counting.models import *\n"
        "ledger.settle_all()\n"
        "print(*Count.objects.order_by('pk').values_list('seen', flat=True))\n"
        "print(sum(history.views_of_all(BEFORE_THE_HISTORY).values()))"
    )
    assert asked(hasty, everything).split() == [str(VIEWS)] * 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_chore_passes_over_from_a_worker_that_is_killed_or_hangs_in_it(
    number: signal.Signals, hasty: Server
) -> None:
    hold = hasty.data / HOLD
    hold.touch()
    with at_work(hasty, "", "") as _keepers:
        (victim,) = wait_for("somebody who settles", lambda: begun(hasty))
        os.kill(victim, number)
        hold.unlink()
        wait_for(
            "somebody else who settles", lambda: {who for who, _, _ in ends(hasty)} - {victim}, 2 * PATIENCE
        )
        # Who hung goes on, and finds that it is not its own any more.
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGCONT)


def test_who_started_it_is_gone_and_it_says_so(tmp_path: Path) -> None:
    with Server(tmp_path, work=False, PAGECAST_PARENT="1") as server:
        answer = server.run("work")
    assert answer.returncode == 1
    assert "PAGECAST_PARENT=1" in answer.stderr
    assert "unset" in answer.stderr


def test_without_a_broker_there_is_no_beat_to_leave_out(tmp_path: Path) -> None:
    if BROKER:
        return
    with Server(tmp_path, work=False) as server:
        answer = server.run("work", "--only-beat")
    assert answer.returncode == 1
    assert "REDIS_URL" in answer.stderr
