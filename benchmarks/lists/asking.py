"""Asking like a browser: whole requests, through every middleware and template."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

# What stands in a list of the admin, and in that of the site.
OF_A_LIST = (b"changelist", b'name="search"')


class Took(NamedTuple):
    """Milliseconds of one answer: on the clock, and on the processor."""

    clock: float
    # Of this process and of its connection's process in the database: what the clock says where nothing
    # else runs and everything is in memory. Zero where the database is on another machine.
    processor: float


def ask(addresses: Sequence[str], rounds: int) -> Iterator[tuple[str, list[Took]]]:
    """Each address, and what each of its rounds took; the first time does not count.

    Raises `RuntimeError` for an answer that is no list.
    """
    client = Client(headers={"Accept-Language": "ru", "Host": "localhost"})
    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("root")
    client.force_login(user)
    # Helpers would work where nobody looks.
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    for address in addresses:
        took = [_one(client, address) for _ in range(rounds + 1)]
        yield address, took[1:]


def _one(client: Client, address: str) -> Took:
    connection.ensure_connection()
    database = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    started = _processor(database), time.perf_counter()
    answer = client.get(address)
    ended = _processor(database), time.perf_counter()
    if answer.status_code != 200 or not any(mark in answer.content for mark in OF_A_LIST):  # noqa: PLR2004 - OK
        message = f"{address}: {answer.status_code}"
        raise RuntimeError(message)
    processor, clock = (after - before for before, after in zip(started, ended, strict=True))
    return Took(clock * 1000, processor * 1000 if database.exists() else 0)


def _processor(database: Path) -> float:
    """Seconds for which this process and the database's have run: the first number of schedstat, in ns."""
    busy = int(database.read_text().split()[0]) / 1e9 if database.exists() else 0
    return time.process_time() + busy
