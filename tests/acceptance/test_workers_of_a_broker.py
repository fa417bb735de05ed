"""`pagecast work` beside a broker: worker and beat, whichever of them dies, and a broker that does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import services
from tests.acceptance.server import PATIENCE, Server, processes_of_session, wait_for
from tests.acceptance.workers import all_are_filed, at_work, child, ends, is_filed, next_child, send

# In workers, os.link waits for the file `go`: somebody has an upload in hand.
HOLDS_ITS_BREATH = """
import os, sys, time
from pathlib import Path

here, link = Path(__file__).parent, os.link

def link_later(*arguments, **options):
    if "celery" in sys.argv[0]:
        (here / "in hand").touch()
        while not (here / "go").exists():
            time.sleep(0.02)
    link(*arguments, **options)

os.link = link_later
"""


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Server]:
    """A server whose workers settle every second; nobody works yet."""
    with Server(tmp_path, work=False, PAGECAST_APPS="tests.hasty") as server:
        yield server


@pytest.mark.parametrize("name", ["beat", "worker"])
def test_a_beat_or_a_worker_that_is_killed_alone_is_started_again(name: str, hasty: Server) -> None:
    with at_work(hasty, "") as (keeper,):
        victim = child(keeper, name)
        other = child(keeper, "worker" if name == "beat" else "beat")
        wait_for("the first round", lambda: ends(hasty))
        os.kill(victim, signal.SIGKILL)
        next_child(keeper, name, victim)
        before = time.time()
        wait_for("a round after it", lambda: ends(hasty)[-1][1] > before)
        all_are_filed(hasty, [send(hasty, 1)])
        assert other in processes_of_session(keeper.pid)


@pytest.fixture
def in_hand(tmp_path: Path) -> Path:
    """The folder of a hook that lets a worker hold on to an upload until there is a file `go`."""
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOLDS_ITS_BREATH)
    return hook


@pytest.mark.parametrize("signals", [[signal.SIGTERM], [signal.SIGINT, signal.SIGINT]])
def test_asked_to_stop_it_finishes_what_it_has_in_hand(
    signals: list[signal.Signals], tmp_path: Path, in_hand: Path
) -> None:
    with Server(tmp_path, work=False, PYTHONPATH=str(in_hand)) as server, at_work(server, "") as (keeper,):
        content = send(server, 1)
        wait_for("it to be in hand", (in_hand / "in hand").exists)
        beat = child(keeper, "beat")
        for number in signals:
            # To all of them, as a terminal sends it.
            os.killpg(keeper.pid, number)
            time.sleep(0.5)
        wait_for("the end of beat", lambda: beat not in processes_of_session(keeper.pid))
        assert keeper.poll() is None
        (in_hand / "go").touch()
        assert keeper.wait(PATIENCE) == 0
        assert processes_of_session(keeper.pid) == []
        assert is_filed(server, content)


def test_nothing_outlives_a_keeper_that_is_killed_not_even_what_never_ends(
    tmp_path: Path, in_hand: Path
) -> None:
    with Server(tmp_path, work=False, PYTHONPATH=str(in_hand)) as server, at_work(server, "") as (keeper,):
        send(server, 1)
        wait_for("it to be in hand", (in_hand / "in hand").exists)
        child(keeper, "beat")
        os.kill(keeper.pid, signal.SIGKILL)
        keeper.wait()
        wait_for("the end of them all", lambda: not processes_of_session(keeper.pid))


def test_a_rolling_restart_loses_nothing(tmp_path: Path) -> None:
    with Server(tmp_path, work=False) as server, at_work(server, "", "") as keepers:
        contents = []
        for number in range(12):
            contents.append(send(server, number))
            if number in {4, 8}:
                old = keepers[0]
                old.terminate()
                assert old.wait(PATIENCE) == 0
                keepers[:] = [*keepers[1:], server.start("work")]
        all_are_filed(server, contents)
        assert len(list((server.data / "media").rglob("*.mp4"))) == len(contents)


def test_a_broker_that_is_killed_and_comes_back_without_a_memory_costs_nothing_but_time(
    tmp_path: Path,
) -> None:
    with (
        services.mortal_redis() as broker,
        Server(tmp_path, work=False, PAGECAST_APPS="tests.hasty", REDIS_URL=broker.url) as server,
        at_work(server, "") as (keeper,),
    ):
        children = [child(keeper, "worker"), child(keeper, "beat")]
        wait_for("the first round", lambda: ends(server))
        contents = [send(server, number) for number in range(3)]
        broker.kill()
        contents += [send(server, number) for number in range(3, 6)]
        broker.start()
        all_are_filed(server, contents)
        before = time.time()
        wait_for("a round after it", lambda: ends(server)[-1][1] > before)
        # They found their way back by themselves.
        assert [child(keeper, "worker"), child(keeper, "beat")] == children


def test_a_broker_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    with (
        services.mortal_redis() as broker,
        Server(tmp_path, work=False, REDIS_URL=broker.url) as server,
        at_work(server, ""),
    ):
        all_are_filed(server, [send(server, 0)])
        assert broker.process is not None
        broker.process.send_signal(signal.SIGSTOP)
        contents = []
        slowest = 0.0
        for number in range(1, 9):
            began = time.monotonic()
            contents.append(send(server, number))
            slowest = max(slowest, time.monotonic() - began)
        print(f"the slowest of 8 uploads took {slowest:.2f} s")  # noqa: T201 - the figure is asked for
        broker.process.send_signal(signal.SIGCONT)
        all_are_filed(server, contents)
