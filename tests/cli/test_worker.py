"""Asking the background work to stop."""

from __future__ import annotations

import os
import signal

from pagecast.cli.stopping import Stop


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
