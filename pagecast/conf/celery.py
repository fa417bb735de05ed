"""Background work over a broker, when there is one. Celery only carries ids: the rows are the jobs."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init, setup_logging, worker_ready
from django.utils.module_loading import import_string

from pagecast.cli.figures import FIGURES_AT
from pagecast.cli.processes import follow_parent

FILE = "pagecast.file"

app = Celery("pagecast")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    # Loaded by the worker once Django is set up.
    imports=["pagecast.conf.tasks"],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    # What a killed worker had in hand comes back after these seconds; `recover` below is quicker.
    broker_transport_options={
        "visibility_timeout": 60,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        # A request that asks for filing must not wait for a broker that is gone.
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "retry_on_timeout": False,
        "max_retries": 1,
    },
    beat_schedule={
        "recover": {"task": "pagecast.recover", "schedule": 2.0, "options": {"expires": 2}},
        "settle": {"task": "pagecast.settle", "schedule": 60.0, "options": {"expires": 60}},
        "tidy": {"task": "pagecast.tidy", "schedule": 3600.0, "options": {"expires": 60}},
        "fold": {"task": "pagecast.fold", "schedule": 3600.0, "options": {"expires": 60}},
    },
)


def follow_worker(**_told: Any) -> None:
    """Beat is a process of its own, which would go on for ever after a worker that was killed."""
    follow_parent()


beat_embedded_init.connect(follow_worker)


def leave_logs_alone(**_told: Any) -> None:
    """Whoever listens has seen to the logs: Django's settings have, and Celery adds no form of its own."""


setup_logging.connect(leave_logs_alone)


def tell_figures(**_told: Any) -> None:
    """Where `pagecast work --metrics` says so. The figures stand on models: imported when those are there."""
    if address := os.environ.get(FIGURES_AT):
        import_string("pagecast.conf.worker_figures.serve")(address)


worker_ready.connect(tell_figures)


def send(upload_id: str) -> None:
    """Have a worker file the upload. Raises when the broker is gone; `recover` sends it later."""
    app.send_task(FILE, [upload_id], retry=False)
