"""Background work over a broker, when there is one. Celery only carries ids: the rows are the jobs."""

import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, celeryd_init, setup_logging, worker_ready, worker_shutting_down
from django.utils.module_loading import import_string

from pagecast.cli.figures import FIGURES_AT
from pagecast.cli.processes import end_in_time, follow_parent

from .sending import Sender

FILE = "pagecast.file"
# Seconds after which a message that nobody took is of no use: the next ones have been sent long since. So an
# absent worker leaves no hill behind, and clocks of two machines may differ by so much.
EXPIRES = 300

app = Celery("pagecast")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    # Loaded by the worker once Django is set up.
    imports=["pagecast.conf.tasks"],
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    # No time limits: threads can not be broken off, and a lease passes over from whoever hangs.
    # What a worker holds beyond what it does must wait for it, also when it hangs.
    worker_prefetch_multiplier=1,
    # A broker that is away is waited for, however long.
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # What is in hand goes on without it. Its message comes again, and finds it done or in somebody's hands.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    # What a killed worker had in hand comes back after these seconds; `recover` below is quicker.
    broker_transport_options={
        "visibility_timeout": 60,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        # A broker that hangs is taken for one that is gone.
        "socket_connect_timeout": 2,
        "socket_timeout": 5,
        "retry_on_timeout": False,
        "max_retries": 1,
    },
    # How often is asked whether they are due, by each beat. How often they are, the rows of `chores` say.
    beat_schedule={
        name: {"task": f"pagecast.{name}", "schedule": seconds, "options": {"expires": EXPIRES}}
        for name, seconds in {"recover": 2.0, "settle": 5.0, "tidy": 60.0, "fold": 60.0}.items()
    },
)


def follow_keeper(**_told: Any) -> None:
    """Worker and beat are children of `pagecast work`."""
    follow_parent()


def hurry(**_told: Any) -> None:
    """It finishes what it has in hand, but for ever it does not take."""
    end_in_time()


celeryd_init.connect(follow_keeper)
beat_init.connect(follow_keeper)
worker_shutting_down.connect(hurry)

_sender = Sender(lambda upload_id: app.send_task(FILE, [upload_id], retry=False))


def leave_logs_alone(**_told: Any) -> None:
    """Whoever listens has seen to the logs: Django's settings have, and Celery adds no form of its own."""


setup_logging.connect(leave_logs_alone)


def tell_figures(**_told: Any) -> None:
    """Where `pagecast work --metrics` says so. The figures stand on models: imported when those are there."""
    if address := os.environ.get(FIGURES_AT):
        import_string("pagecast.conf.worker_figures.serve")(address)


worker_ready.connect(tell_figures)


def send(upload_id: str) -> None:
    """Have a worker file the upload. Nobody waits for the broker; what it does not take, `recover` sends."""
    _sender.send(upload_id)
