"""What became of uploads: said in the log under the name of their request, and to whoever watches."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

import structlog
from django.dispatch import Signal
from structlog.contextvars import bound_contextvars

from pagecast.media.models import Upload

log = structlog.get_logger(__name__)

# filing_ended.send(sender=None, folder=…, outcome=…, seconds=…): an attempt to file an upload came to an end.
filing_ended = Signal()

Outcome = Literal["kept", "known", "refused", "postponed"]


@dataclass(frozen=True, slots=True)
class Telling:
    """Tells of uploads that were taken in hand together. `folders` are where those go that have a place."""

    folders: Mapping[UUID, str]
    #: By the monotonic clock.
    since: float = field(default_factory=time.monotonic)

    def tell(self, upload: Upload, outcome: Outcome, **details: str) -> None:
        """Say what became of one. Seconds are since it was taken in hand, with all that came along."""
        folder, seconds = self.folders.get(upload.pk, ""), time.monotonic() - self.since
        filing_ended.send(sender=None, folder=folder, outcome=outcome, seconds=seconds)
        # What came without a request, by an import say, is told by whoever started that.
        say = log.info if upload.request_id else log.debug
        say(
            f"upload_{outcome}",
            request_id=upload.request_id,
            upload=str(upload.pk),
            kind=folder,
            bytes=upload.size,
            attempt=upload.attempts,
            seconds=round(seconds, 3),
            **details,
        )


@contextmanager
def named(uploads: Sequence[Upload]) -> Iterator[None]:
    """Every line that is logged meanwhile has the name of the request that the uploads came with."""
    names = {upload.request_id for upload in uploads}
    name = names.pop() if len(names) == 1 else None
    with bound_contextvars(**({"request_id": name} if name else {})):
        try:
            yield
        except Exception:
            # Whoever called logs it, too, but knows no names.
            log.exception("filing_broke_off", uploads=[str(upload.pk) for upload in uploads])
            raise
