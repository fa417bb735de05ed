"""What has to be said again and again while something takes long."""

import contextlib
import datetime as dt
import threading
from collections.abc import Callable, Iterator

from django.db import DatabaseError, InterfaceError, connection


@contextlib.contextmanager
def repeating(say: Callable[[], object], every: dt.timedelta) -> Iterator[None]:
    """Say it every so often while the block runs, from a thread; for the first time after `every`."""
    done = threading.Event()
    name = f"repeats {getattr(say, '__name__', 'something')}"
    thread = threading.Thread(target=_repeat, args=(say, every.total_seconds(), done), name=name)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _repeat(say: Callable[[], object], seconds: float, done: threading.Event) -> None:
    try:
        while not done.wait(seconds):
            try:
                say()
            except (DatabaseError, InterfaceError):
                # It may be back the next time.
                connection.close()
    finally:
        connection.close()
