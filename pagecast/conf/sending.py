"""Telling the workers of an upload, without anybody who waits for a broker."""

import queue
import threading
import time
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

# Messages that wait to be sent; and seconds that a broker which does not answer is left alone.
WAITING, QUIET = 1000, 5.0


class Sender:
    """Sends from a thread of its own. What can not be sent is dropped: a message only makes things quick."""

    def __init__(self, send: Callable[[str], object]) -> None:
        self._send = send
        self._queue: queue.Queue[str] = queue.Queue(WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._quiet_until = 0.0

    def send(self, upload_id: str) -> None:
        """Send it soon. Never waits for the broker, and never raises."""
        if time.monotonic() < self._quiet_until:
            return
        try:
            self._queue.put_nowait(upload_id)
        except queue.Full:
            return
        with self._lock:
            # Begun here and not before: the server makes its processes by forking.
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            upload_id = self._queue.get()
            if time.monotonic() < self._quiet_until:
                continue
            try:
                self._send(upload_id)
            except Exception as error:  # noqa: BLE001 - of whatever library; the row is there, and a worker finds it
                self._quiet_until = time.monotonic() + QUIET
                log.warning("workers_are_not_told", error=str(error), again_after_seconds=QUIET)
