"""Background work over a broker, when there is one. Celery only carries ids: the rows are the jobs."""

from typing import Any

from celery import Celery
from celery.signals import beat_embedded_init

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
    worker_hijack_root_logger=False,
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


def send(upload_id: str) -> None:
    """Have a worker file the upload. Raises when the broker is gone; `recover` sends it later."""
    app.send_task(FILE, [upload_id], retry=False)
