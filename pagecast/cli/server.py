"""The server that runs the application: one way to start it, for `serve` and for whoever measures it."""

import math
import threading
import time
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes, TaskImpl
from granian.log import LogLevels

APPLICATION = "pagecast.conf.asgi:application"
# Connections that a process has open at once, those that send nothing included: past it nobody else gets in
# until some are closed. A connection costs some kilobytes; requests have bounds of their own.
CONNECTIONS = 100_000

# It would print in a form of its own: so it has no handlers, and its lines go where all others do.
LOGGING = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}, "granian.access": {"handlers": []}},
}


class Interrupt(threading.Event):
    """What the main thread waits for: without a lock, which the handler of a signal takes, and not for ever.

    The kernel may hand a signal to any thread of the process, but Python runs its handler in the main one: it
    would never hear of a SIGTERM if it slept without an end.
    """

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or for `timeout` seconds; answers whether it is set."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        while not self.is_set() and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.is_set()


def server(host: str, port: int, workers: int, application: str = APPLICATION) -> Any:
    """A server of the ASGI application, ready for `serve()`, which returns after SIGTERM or SIGINT."""
    granian = Granian(
        application,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        loop=Loops.uvloop,
        task_impl=TaskImpl.asyncio,
        runtime_mode=RuntimeModes.st,
        websockets=False,
        backpressure=CONNECTIONS,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_dictconfig=LOGGING,
        workers_kill_timeout=30,
    )
    granian.main_loop_interrupt = Interrupt()
    return granian
