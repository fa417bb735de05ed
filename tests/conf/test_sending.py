"""Whoever sends an upload does not wait for a broker, nor fail by one."""

from __future__ import annotations

import threading

from pagecast.conf import sending
from pagecast.conf.sending import Sender
from tests.acceptance.server import wait_for


def test_it_works() -> None:
    sent: list[str] = []
    sender = Sender(sent.append)
    sender.send("one")
    sender.send("two")
    wait_for("both", lambda: sent == ["one", "two"])


def test_nobody_waits_for_a_broker_that_hangs() -> None:
    hangs, waiting = threading.Event(), set()

    def hang(_upload: str) -> None:
        waiting.add(threading.current_thread())
        # Whoever sent it is not made to wait here, so that the test ends by what it asserts.
        if threading.current_thread() is not threading.main_thread():
            hangs.wait(1)

    sender = Sender(hang)
    # More than may wait: the others are dropped, and found by a worker.
    for number in range(sending.WAITING + 10):
        sender.send(str(number))
    wait_for("somebody who waits", lambda: waiting)
    hangs.set()
    assert threading.current_thread() not in waiting


def test_a_broker_that_fails_is_left_alone_for_a_while() -> None:
    tried: list[str] = []

    def fail(upload: str) -> None:
        tried.append(upload)
        raise ConnectionRefusedError

    sender = Sender(fail)
    sender.send("one")
    wait_for("it to fail", lambda: sender._quiet_until)
    sender.send("two")
    sender._quiet_until = 0.0
    sender.send("three")
    wait_for("the next try", lambda: tried == ["one", "three"])
