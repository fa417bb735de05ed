"""pagecast serve"""

import os
import resource
import secrets
import socket
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError, CommandParser

from pagecast.cli import database, demonstration, figures, migrating
from pagecast.cli.command import PagecastCommand
from pagecast.cli.processes import PARENT, EmbeddedWorker
from pagecast.cli.server import server
from pagecast.media import housekeeping
from pagecast.pages import access

# More connections than one machine will have, and fewer than would cost the kernel anything.
DESCRIPTORS = 2**17


class Command(PagecastCommand):
    help = (
        "Serve the site, the API and the admin. Brings the database up to date first, prints the address, "
        "and at the very first start the password of the admin that it made. Without REDIS_URL it files "
        "uploads and settles counters in a process beside it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--host",
            default="127.0.0.1",
            help="The address to listen on. Default: 127.0.0.1, this machine only.",
        )
        parser.add_argument("--port", type=int, default=8000, help="The port to listen on. Default: 8000.")
        parser.add_argument("--workers", type=int, default=1, help="Server processes. Default: 1.")
        parser.add_argument(
            "--demo", action="store_true", help="Make demonstration pages if there are no pages yet."
        )

    def handle(
        self, *_arguments: Any, host: str, port: int, workers: int, demo: bool, **_options: Any
    ) -> None:
        _check_free(host, port)
        database.prepare()
        housekeeping.clear_spool()
        # Several nodes may start at once, and one admin is enough.
        with migrating.alone():
            access.prepare()
            self._make_admin()
            if demo and demonstration.wanted():
                self.stdout.write("Making demonstration pages: a few films and sounds …")
                demonstration.make()
        _allow_many_connections()
        os.environ[PARENT] = str(os.getpid())
        with figures.shared():
            self._serve(host, port, workers)

    def _serve(self, host: str, port: int, workers: int) -> None:
        worker = None if settings.PAGECAST_QUEUE else EmbeddedWorker()
        if worker:
            worker.start()
        self.stdout.write(
            f"Pagecast serves http://{host}:{port}/  (admin: /admin/, API: /swagger/). Ctrl-C stops it."
        )
        if settings.PAGECAST_ORIGIN:
            self.stdout.write(f"People reach it at {', '.join(settings.PAGECAST_ORIGIN)}.")
        self.stdout.flush()
        try:
            server(host, port, workers).serve()
        finally:
            if worker:
                worker.stop()

    def _make_admin(self) -> None:
        if User.objects.filter(is_superuser=True).exists():
            return
        name, password = "admin", secrets.token_urlsafe(12)
        while User.objects.filter(username=name).exists():
            name = f"{name}-"
        User.objects.create_superuser(name, password=password)
        self.stdout.write(
            f"Made the first admin: {name}, with the password {password}\n"
            "It is shown only now; change it in /admin/."
        )


def _allow_many_connections() -> None:
    """Each takes a file descriptor, and many systems begin with a thousand although far more are allowed."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    # Where it is not to be had, it is as it was.
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _check_free(host: str, port: int) -> None:
    """Several processes may share a port, so a second server would take half of the requests of the first."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            message = (
                f"Cannot listen on {host}:{port}: {error.strerror}. "
                "Choose another port with --port (make run PORT=…)."
            )
            raise CommandError(message) from None
