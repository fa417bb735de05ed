"""The machine: what it is, which cores do what, and what a commit takes on its disk."""

import os
import platform
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psycopg

COMMITS = 100


def cores() -> list[int]:
    """The cores that we may use. The first is for the server, the last for the load."""
    return sorted(os.sched_getaffinity(0))


@contextmanager
def pinned(to: set[int]) -> Iterator[None]:
    """This process, and what it starts meanwhile, on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def facts(folder: Path, url: str) -> dict[str, str]:
    """What a reader of the figures has to know of the machine and its software."""
    return {
        "date": datetime.now(tz=UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": _processor(),
        "cores": str(len(cores())),
        "load before the run": f"{os.getloadavg()[0]:.2f}",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "file system": _file_system(folder),
        "Python": platform.python_version(),
        "Django": version("Django"),
        "granian": version("granian"),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": _postgresql(url),
        "wrk": subprocess.run(
            ["wrk", "--version"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        ).stdout.split()[1],
    }


def sqlite_commit(folder: Path) -> float:
    """Seconds that a commit of one small row takes in this folder: WAL, synchronous=FULL; the median."""
    path = folder / "commits.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS tally (id integer PRIMARY KEY, views integer)")
        connection.execute("INSERT OR IGNORE INTO tally VALUES (1, 0)")
        times = []
        for _ in range(COMMITS):
            started = time.perf_counter()
            connection.execute("UPDATE tally SET views = views + 1")
            times.append(time.perf_counter() - started)
    return median(times)


def postgresql_commit(url: str) -> float:
    """Seconds that a commit of one small row takes on this PostgreSQL, there and back; the median."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS commits (views bigint)")
        connection.execute("INSERT INTO commits SELECT 0 WHERE NOT EXISTS (SELECT FROM commits)")
        times = []
        for _ in range(COMMITS):
            started = time.perf_counter()
            connection.execute("UPDATE commits SET views = views + 1")
            times.append(time.perf_counter() - started)
    return median(times)


def _postgresql(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]) if row else ""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _file_system(folder: Path) -> str:
    """The kind of the file system: on one in memory a commit costs nothing, and the figures little."""
    mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    below = [(point, kind) for _, point, kind in mounts if folder.is_relative_to(point)]
    return max(below, key=lambda mount: len(mount[0]))[1]
