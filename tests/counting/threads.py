"""Doing things at once, each thread with a database connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connections

# Far more than anything here takes on a busy machine: what is not done by then hangs.
DEADLINE = 300


def together(*jobs: Callable[[], object]) -> None:
    """Run the jobs at once to their ends; raises what one of them raised."""
    start = threading.Barrier(len(jobs))

    def run(job: Callable[[], object]) -> None:
        try:
            start.wait(DEADLINE)
            job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(run, job) for job in jobs]:
            done.result(DEADLINE)


def elsewhere(job: Callable[[], object]) -> None:
    """Run the job over another connection, while the one at hand is in the middle of something."""
    together(job)
