"""Being asked to stop, by signals."""

import os
import select
import signal
from types import FrameType


class Stop:
    """Set by signals, one of which may interrupt another: so there is no lock to wait for in each other."""

    def __init__(self) -> None:
        self.asked = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    def listen(self) -> None:
        """Be asked by SIGTERM and SIGINT, however many come."""
        signal.signal(signal.SIGTERM, self.ask)
        signal.signal(signal.SIGINT, self.ask)

    def ask(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Ask for it; also in the middle of asking for it."""
        self.asked = True
        try:
            os.write(self._writer, b"!")
        except BlockingIOError:
            """So often that the pipe is full."""

    def wait(self, seconds: float) -> bool:
        """Wait until it is asked for, or the time is over; answers whether it is."""
        select.select([self._reader], [], [], seconds)
        return self.asked
