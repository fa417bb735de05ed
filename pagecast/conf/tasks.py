"""The tasks that a Celery worker runs. Each is safe to run twice and at once: the rows decide."""

import datetime as dt
from uuid import UUID

from pagecast.chores import claiming, pulse
from pagecast.cli import rounds
from pagecast.media import studying
from pagecast.pages import filing

from .celery import FILE, app

# A little less than a beat takes, so that each of its messages finds it due, and those of other beats do not.
RECOVER = dt.timedelta(seconds=1.5)


@app.task(name=FILE)
def file(upload_id: str) -> None:
    """File one upload, and draw its picture."""
    with pulse.beating():
        for blob in filing.file(UUID(upload_id)):
            filing.study(blob.pk)


@app.task(name="pagecast.study")
def study(blob_id: int) -> None:
    """Draw the picture of one file."""
    with pulse.beating():
        filing.study(blob_id)


@app.task(name="pagecast.recover")
def recover() -> None:
    """Send again what nobody has in hand: its message was lost, or its worker was killed."""
    # Heard from here, it says that beat, broker and a worker work.
    pulse.beat()
    if not claiming.claim("recover", RECOVER):
        return
    for upload_id in list(filing.due().values_list("pk", flat=True)[:100]):
        file.delay(str(upload_id))
    for blob_id in list(studying.due().values_list("pk", flat=True)[:100]):
        study.delay(blob_id)


@app.task(name="pagecast.settle")
def settle() -> None:
    """Fold the views of all pages into the counters of their contents."""
    rounds.perform("settle")


@app.task(name="pagecast.tidy")
def tidy() -> None:
    """Remove what came in and came to nothing."""
    rounds.perform("tidy")


@app.task(name="pagecast.fold")
def fold() -> None:
    """Fold what is long over in the history of views."""
    # In pieces: what takes longer than a message may be out would be sent to another worker, too.
    if rounds.perform("fold"):
        fold.delay()
