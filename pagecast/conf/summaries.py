"""What strangers cause, in the log: the first time at once, and then a line a minute, however much it is."""

import atexit
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import structlog

log = structlog.get_logger(__name__)

# Seconds between two lines about the same event.
PERIOD = 60.0
# How many different values of a field are told apart, and how many characters of each are kept.
DIFFERENT, LENGTH = 1000, 200
# The line to paste: cut, it would be another setting. It is ours, but for a host, which has a longest length.
WHOLE = "setting"


class _Gathered:
    """What came of one event since its last line."""

    def __init__(self, cure: str) -> None:
        self.cure, self.times, self.since = cure, 0, time.monotonic()
        self.fields: dict[str, Counter[str]] = {}

    def add(self, fields: dict[str, str]) -> None:
        self.times += 1
        for name, value in fields.items():
            values = self.fields.setdefault(name, Counter())
            value = _kept(name, value)
            # Past the limit only what is known is counted on; whoever invents values costs no more memory.
            if value in values or len(values) < DIFFERENT:
                values[value] += 1

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = {"times": self.times, "seconds": round(time.monotonic() - self.since)}
        for name, values in self.fields.items():
            value, times = values.most_common(1)[0]
            different = f"{DIFFERENT} or more" if len(values) >= DIFFERENT else len(values)
            found |= {name: harmless(value), f"{name}_times": times, f"{name}_different": different}
        return found | {"cure": self.cure}


class Summaries:
    """Gathers events, and writes a line for each at most once in `period` seconds."""

    def __init__(self, period: float = PERIOD) -> None:
        self._period = period
        self._lock = threading.Lock()
        self._gathered: dict[str, _Gathered] = {}

    def note(self, event: str, cure: str, fields: dict[str, str]) -> None:
        """Write a line about the event now, or have it counted in the next one."""
        with self._lock:
            if gathered := self._gathered.get(event):
                gathered.add(fields)
            else:
                self._begin(event, cure)
        if gathered:
            # Its timer is late by as much again: it was never started.
            if time.monotonic() > gathered.since + 2 * self._period:
                self._end(event, gathered)
            return
        told = {name: harmless(_kept(name, value)) for name, value in fields.items()}
        log.warning(event, **told, cure=cure)

    def flush(self) -> None:
        """Write what was not written yet: at the end of the process."""
        with self._lock:
            ended, self._gathered = self._gathered, {}
        for event, gathered in ended.items():
            if gathered.times:
                log.warning(event, **gathered.told())

    def _begin(self, event: str, cure: str) -> None:
        self._gathered[event] = gathered = _Gathered(cure)
        timer = threading.Timer(self._period, self._end, (event, gathered))
        # The process does not wait for it: what is left is written at its end.
        timer.daemon = True
        # No thread left: the next one who comes after the period looks.
        with suppress(RuntimeError):
            timer.start()

    def _end(self, event: str, gathered: _Gathered) -> None:
        with self._lock:
            if self._gathered.get(event) is not gathered:
                return
            del self._gathered[event]
            # A minute in which nothing came is followed by a line at once.
            if gathered.times:
                self._begin(event, gathered.cure)
        if gathered.times:
            log.warning(event, **gathered.told())


def _kept(name: str, value: str) -> str:
    return value if name == WHOLE else value[:LENGTH]


def harmless(value: str) -> str:
    """The value with everything escaped that could begin a line of its own, or move a terminal's cursor."""
    if value.isprintable():
        return value
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in value
    )


_summaries = Summaries()
flush = _summaries.flush
atexit.register(flush)


def note(event: str, cure: str, **fields: str) -> None:
    """Log that something happened which strangers may cause as often as they like, and what cures it.

    The first time is logged at once, with its fields. After that there is at most one line a minute for each
    event and process: how many times, and of each field the most frequent value, how often it came and how
    many different ones there were. Values are cut and escaped, so no line can be forged, and only so many are
    told apart, so that memory is bounded: in a flood of more, the most frequent is that of the first ones.
    Costs microseconds, may be called from any thread, and starts no thread that a process would wait for.
    """
    _summaries.note(event, cure, fields)
