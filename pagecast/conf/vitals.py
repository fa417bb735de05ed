"""What the database, the disk and the broker say of the whole installation, for whoever watches."""

import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import DurationField, ExpressionWrapper, F, Min
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pagecast import __version__
from pagecast.chores import pulse
from pagecast.chores.models import Chore
from pagecast.counting import figures as counting
from pagecast.media import figures as media
from pagecast.media.models import Upload
from pagecast.pages import filing

Found = TypeVar("Found")

BROKER_OPTIONS = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
# Celery's own name for the list of messages.
QUEUE = "celery"


@dataclass(frozen=True, slots=True)
class Vitals:
    """What the database knows. Times are in seconds."""

    uploads: Mapping[str, int]
    oldest_upload: float
    unsettled_views: int
    unsettled_pages: int
    #: Infinite: no worker has ever been seen.
    silence: float
    chores: Mapping[str, float] = field(default_factory=dict)


def ask() -> Vitals | None:
    """A few queries; None if the database does not answer. Not for an event loop."""
    return _of_the_database(_read)


def _read() -> Vitals:
    views, pages = counting.unsettled()
    age = ExpressionWrapper(Now() - F("ran_at"), output_field=DurationField())
    chores = Chore.objects.filter(ran_at__isnull=False).values_list("name", age)
    return Vitals(
        uploads=media.uploads(),
        oldest_upload=_oldest_upload(),
        unsettled_views=views,
        unsettled_pages=pages,
        silence=_silence(),
        chores={name: since.total_seconds() for name, since in chores if name != pulse.NAME},
    )


def _oldest_upload() -> float:
    waiting = (Upload.State.PENDING, Upload.State.PROCESSING)
    found = filing.wanted().filter(state__in=waiting, is_part=False)
    age = ExpressionWrapper(Now() - Min("created_at"), output_field=DurationField())
    since = found.order_by().aggregate(age=age)["age"]
    return max(since.total_seconds(), 0.0) if since else 0.0


def silence() -> float | None:
    """For how many seconds no worker has said anything; None if the database does not answer.

    Infinite if none has ever been seen. Not for an event loop.
    """
    return _of_the_database(_silence)


def _silence() -> float:
    since = pulse.silence()
    return float("inf") if since is None else since.total_seconds()


def _of_the_database(read: Callable[[], Found]) -> Found | None:
    try:
        return read()
    except (DatabaseError, InterfaceError):
        return None
    finally:
        # It is asked seldom, and a connection that broke must not be kept.
        with suppress(DatabaseError, InterfaceError):
            connection.close()


def waiting_messages() -> int | None:
    """How many messages wait for a worker; None if the broker does not answer, or none is needed.

    Not for an event loop.
    """
    if not settings.REDIS_URL:
        return None
    # Its library need not be installed where there is none.
    library: Any = import_string("redis.Redis")
    error: type[Exception] = import_string("redis.exceptions.RedisError")
    try:
        # Celery has a word of its own for a socket of this machine.
        address = re.sub(r"^redis\+socket", "unix", settings.REDIS_URL)
        with library.from_url(address, **BROKER_OPTIONS) as client:
            return int(client.llen(QUEUE))
    except error:
        return None


class VitalsCollector(Collector):
    """The same as metrics. Without an answer of the database, or of the broker, its own ones are left out."""

    def __init__(self, vitals: Vitals | None, free: Mapping[str, int], messages: int | None = None) -> None:
        self._vitals, self._free, self._messages = vitals, free, messages

    def collect(self) -> Iterator[Metric]:
        """One family after the other."""
        version = GaugeMetricFamily("pagecast_build_info", "The version that runs.", labels=["version"])
        version.add_metric([__version__], 1)
        yield version
        yield _gauge("database_up", "Whether the database answers in time.", int(self._vitals is not None))
        if settings.REDIS_URL or self._messages is not None:
            text = "Whether the broker answers in time, where there is one."
            yield _gauge("broker_up", text, int(self._messages is not None))
        if self._messages is not None:
            yield _gauge("waiting_messages", "Messages that wait for a worker.", self._messages)
        free = GaugeMetricFamily("pagecast_free_bytes", "Room on the disk of a folder.", labels=["folder"])
        for name, number in self._free.items():
            free.add_metric([name], number)
        yield free
        if self._vitals is not None:
            yield from _of_database(self._vitals)


def _of_database(vitals: Vitals) -> Iterator[Metric]:
    uploads = GaugeMetricFamily("pagecast_uploads", "Uploads that are not kept, by state.", labels=["state"])
    for state, number in vitals.uploads.items():
        uploads.add_metric([state], number)
    yield uploads
    text = "Age of the oldest upload that somebody waits for."
    yield _gauge("oldest_upload_seconds", text, vitals.oldest_upload)
    yield _gauge("unsettled_views", "Views that are not in the counters' rows yet.", vitals.unsettled_views)
    yield _gauge("unsettled_pages", "Pages with such views.", vitals.unsettled_pages)
    yield _gauge("worker_silence_seconds", "How long no worker has said anything.", vitals.silence)
    text = "Time since a chore was begun last."
    chores = GaugeMetricFamily("pagecast_chore_age_seconds", text, labels=["chore"])
    for name, seconds in vitals.chores.items():
        chores.add_metric([name], seconds)
    yield chores


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"pagecast_{name}", text, value=value)


def free_bytes() -> dict[str, int]:
    """Room for others than root, by the folder: the data, and what is filed where that is a folder.

    Of one that is mounted from a machine which is away the answer may never come. Not for an event loop.
    """
    folders: dict[str, Any] = {"data": settings.PAGECAST_DATA}
    if settings.PAGECAST_BUCKET is None:
        folders["media"] = settings.MEDIA_ROOT
    found = {}
    for name, folder in folders.items():
        with suppress(OSError):
            # Before the first file is filed there is none of media: it will be where its parent is.
            found[name] = shutil.disk_usage(_existing(Path(folder))).free
    return found


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())
