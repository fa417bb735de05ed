"""What a Prometheus may know of this node: every process adds to it, and whichever is asked tells the sum.

`pagecast serve` names a folder in PROMETHEUS_MULTIPROC_DIR before its processes start; there each keeps its
numbers in files that outlive it, so no counter goes down when a process is killed and another one comes.
https://prometheus.github.io/client_python/multiprocess/
"""

import os
import resource
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from pagecast.cli.figures import FOLDER
from pagecast.counting.signals import views_recorded
from pagecast.delivery.figures import SECONDS, SIZES, Figures, LaneFigures
from pagecast.pages.telling import filing_ended

LANES, FAST_WAYS = ("fast", "careful"), ("page", "list", "views", "counters", "site", "embed", "home")
OTHER_WAYS = ("media", "upload", "django")
CLASSES = ("2xx", "3xx", "4xx", "5xx", "none")

REGISTRY = CollectorRegistry()
_HERE: dict[str, Any] = {"registry": REGISTRY, "namespace": "pagecast"}
_SUM: dict[str, Any] = _HERE | {"multiprocess_mode": "livesum"}

VIEWS = Counter("views", "Views that were counted, by the way in which they came.", ["way"], **_HERE)
REQUESTS = Counter(
    "requests", "Answered requests by who answered and status; none: cut off.", ["way", "status"], **_HERE
)
DJANGO_SECONDS = Histogram(
    "django_request_seconds", "How long Django took for a request.", buckets=SECONDS, **_HERE
)
RECEIVED = Counter("received_bytes", "Bytes of bodies that came in.", ["way"], **_HERE)
BATCH_REQUESTS = Histogram(
    *("batch_requests", "Requests that a lane counted at once.", ["lane"]),
    buckets=SIZES,
    **_HERE,
)
BATCH_SECONDS = Histogram(
    "batch_seconds", "How long a lane took for a batch.", ["lane"], buckets=SECONDS, **_HERE
)
WAITING = Gauge("lane_waiting_requests", "Requests that wait in a lane.", ["lane"], **_SUM)
REFUSED = Counter("lane_refused_requests", "Requests sent away with 503: too many wait.", ["lane"], **_HERE)
HITS = Counter("document_hits", "Requests for pages of which all was at hand.", **_HERE)
MISSES = Counter("document_misses", "Requests for pages of which something was not at hand.", **_HERE)
RENDERED = Counter("documents_rendered", "Documents of pages that were made.", **_HERE)
SHARED = Counter("documents_shared", "Documents of pages that another process had made.", **_HERE)
HELD = Gauge("documents_held_bytes", "Memory that the documents at hand take.", **_SUM)
FILING_SECONDS = Histogram(
    *("filing_seconds", "How long filing an upload took, by its kind and what became of it."),
    ["kind", "outcome"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800),
    **_HERE,
)
PROCESSES = Gauge("processes", "Processes that live.", **_SUM)
RESIDENT = Gauge("resident_memory_bytes", "Memory of the processes.", **_SUM)
OPEN_FILES = Gauge(
    "open_files",
    "Open files and connections of the process with the most.",
    multiprocess_mode="livemax",
    **_HERE,
)

# Those that can be are there from the start: what is not there cannot rise, and the pages of memory of its
# file are taken now, and not when a disk is full.
_VIEWS = {way: VIEWS.labels(way) for way in (*FAST_WAYS, "django")}
_STATUS = {
    (way, status): REQUESTS.labels(way, status) for way in (*FAST_WAYS, *OTHER_WAYS) for status in CLASSES
}
_ANSWERED = {way: _STATUS[way, "2xx"] for way in FAST_WAYS}
_MISSING = {way: _STATUS[way, "4xx"] for way in FAST_WAYS}
_RECEIVED = {way: RECEIVED.labels(way) for way in OTHER_WAYS}
_BATCH_REQUESTS = {lane: BATCH_REQUESTS.labels(lane) for lane in LANES}
_BATCH_SECONDS = {lane: BATCH_SECONDS.labels(lane) for lane in LANES}
_WAITING = {lane: WAITING.labels(lane) for lane in LANES}
_REFUSED = {lane: REFUSED.labels(lane) for lane in LANES}


class Published:
    """What of the fast path's own figures is in those of Prometheus: the rest is added again and again."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._last: defaultdict[Any, float] = defaultdict(float)

    def publish(self) -> None:
        """Add what has come since the last time. In one thread."""
        for lane, figures in (("fast", self._figures.fast), ("careful", self._figures.careful)):
            self._publish_lane(lane, figures)
        # All that was at hand went into the fast lane.
        self._add(HITS, self._figures.fast.requests)
        self._add(MISSES, self._figures.misses)
        for name, number in self._figures.refused.copy().items():
            self._add(_REFUSED[name], number)
        for (way, status), number in self._figures.failed.copy().items():
            self._add(_STATUS[way, status_class(status)], number, status)

    def _publish_lane(self, lane: str, figures: LaneFigures) -> None:
        for labelled, amounts in (
            (_VIEWS, figures.views),
            (_ANSWERED, figures.answered),
            (_MISSING, figures.missing),
        ):
            for way, number in amounts.copy().items():
                self._add(labelled[way], number, lane)
        self._add(RENDERED, figures.rendered, lane)
        self._add(SHARED, figures.shared, lane)
        self._add_histogram(_BATCH_REQUESTS[lane], figures.requests, figures.sizes)
        self._add_histogram(_BATCH_SECONDS[lane], figures.seconds, figures.times)

    def _add(self, metric: Any, total: float, part: object = None) -> None:
        """Have the counter, or a part of what it counts, at this total."""
        added = total - self._last[metric, part]
        if added > 0:
            self._last[metric, part] = total
            metric.inc(added)

    def _add_histogram(self, metric: Any, total: float, buckets: Sequence[int]) -> None:
        # The library takes one observation at a time; here are those of many batches.
        self._add(metric._sum, total)  # noqa: SLF001 - there is no other way to add many
        for value, number in zip(metric._buckets, buckets, strict=True):  # noqa: SLF001 - as above
            self._add(value, number)


def answered(way: str, status: int | None, seconds: float) -> None:
    """Somebody behind the fast path has answered, or was cut off before that (None)."""
    _STATUS[way, status_class(status)].inc()
    if way == "django":
        DJANGO_SECONDS.observe(seconds)


def received(way: str, size: int) -> None:
    """So many bytes of a body have come in."""
    if size:
        _RECEIVED[way].inc(size)


def status_class(status: int | None) -> str:
    """The label of a status; None is for no answer at all."""
    found = "none" if status is None else f"{status // 100}xx"
    return found if found in CLASSES else "none"


def sample(waiting: Mapping[str, int], held: int) -> None:
    """Take down what this process is like at this moment."""
    for lane, number in waiting.items():
        _WAITING[lane].set(number)
    HELD.set(held)
    PROCESSES.set(1)
    RESIDENT.set(_resident())
    OPEN_FILES.set(_open_files())


def expose(*besides: Collector) -> bytes:
    """Everything, in Prometheus' text format 0.0.4."""
    registry = CollectorRegistry()
    if folder := os.environ.get(FOLDER):
        _bury_the_dead(Path(folder))
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
    else:
        registry.register(REGISTRY)
    for collector in besides:
        registry.register(collector)
    return generate_latest(registry)


def _bury_the_dead(folder: Path) -> None:
    """What a process was like is no longer true when it is gone; what it has counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        process = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process, 0)
        except (ProcessLookupError, PermissionError):
            mark_process_dead(process, folder)  # type: ignore[no-untyped-call]


def _resident() -> int:
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize()
    except OSError:
        # No Linux: the most that it ever had.
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _open_files() -> int:
    folder = Path("/proc/self/fd" if sys.platform.startswith("linux") else "/dev/fd")
    # Linux knows the number since 6.2; else a hundred thousand connections would be listed every time.
    return folder.stat().st_size or sum(1 for _ in folder.iterdir())


def _recorded(views: int, **_sent: Any) -> None:
    _VIEWS["django"].inc(views)


def _filed(folder: str, outcome: str, seconds: float, **_sent: Any) -> None:
    FILING_SECONDS.labels(folder, outcome).observe(seconds)


views_recorded.connect(_recorded)
filing_ended.connect(_filed)
