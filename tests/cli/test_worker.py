"""Keeping the background work running, and asking it to stop."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pagecast.cli import processes
from pagecast.cli.processes import Keeper
from pagecast.cli.server import Interrupt
from pagecast.cli.stopping import Stop
from tests.acceptance.server import PATIENCE


def test_nobody_has_asked_until_somebody_does() -> None:
    stop = Stop()
    assert not stop.wait(0)
    stop.ask()
    assert stop.wait(60)


def test_signals_that_interrupt_each_other_ask_all_the_same() -> None:
    stop = Stop()
    before = signal.signal(signal.SIGUSR1, stop.ask)
    try:
        for _ in range(1000):
            os.kill(os.getpid(), signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert stop.wait(60)


def test_asked_more_often_than_a_pipe_holds_it_does_not_break() -> None:
    stop = Stop()
    for _ in range(70_000):
        stop.ask()
    assert stop.wait(0)


class Meanwhile:
    """What a keeper waits with: it lets the children live until there is something to see."""

    def __init__(self, is_seen: Callable[[], bool]) -> None:
        self._is_seen = is_seen
        self._deadline = time.monotonic() + PATIENCE

    def __call__(self, seconds: float) -> bool:
        assert time.monotonic() < self._deadline, "waited in vain for what a child does"
        time.sleep(0.05)
        return self._is_seen()


def child(tmp_path: Path, then: str) -> list[str]:
    """A child that writes down its number, and goes on like this."""
    program = f"import os, signal, sys, time; open(sys.argv[1] + str(os.getpid()), 'w').close(); {then}"
    return ["-c", program, f"{tmp_path}/life "]


def lives(tmp_path: Path) -> list[int]:
    return [int(path.name.split()[1]) for path in tmp_path.glob("life *")]


def test_what_ends_is_started_again_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(processes, "PAUSE", 0.1)
    Keeper({"worker": child(tmp_path, "sys.exit(3)")}).keep(Meanwhile(lambda: len(lives(tmp_path)) == 3))
    assert "'event': 'process_ended'" in caplog.text
    assert "'process': 'worker'" in caplog.text
    assert "'code': 3" in caplog.text


def test_what_does_not_end_when_it_is_asked_to_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0)
    monkeypatch.setattr(processes, "GRACE", 0.2)
    deaf = f"signal.signal(signal.SIGTERM, signal.SIG_IGN); open('{tmp_path}/deaf', 'w'); time.sleep(600)"
    Keeper({"worker": child(tmp_path, deaf)}).keep(Meanwhile((tmp_path / "deaf").exists))
    (life,) = lives(tmp_path)
    assert not Path(f"/proc/{life}").exists()


def test_a_keeper_that_fails_leaves_no_orphan(tmp_path: Path) -> None:
    def fail() -> bool:
        if lives(tmp_path):
            raise ZeroDivisionError
        return False

    with pytest.raises(ZeroDivisionError):
        Keeper({"worker": child(tmp_path, "time.sleep(600)")}).keep(Meanwhile(fail))
    (life,) = lives(tmp_path)
    assert not Path(f"/proc/{life}").exists()


def test_an_interrupt_is_waited_for_so_long_and_no_longer() -> None:
    interrupt = Interrupt()
    assert not interrupt.wait(0.01)
    interrupt.set()
    assert interrupt.wait()
    assert interrupt.wait(60)
