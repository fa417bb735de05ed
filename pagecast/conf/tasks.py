"""The tasks that a Celery worker runs. Each is safe to run twice and at once: the rows decide."""

from uuid import UUID

from pagecast.counting import folding, ledger
from pagecast.media import housekeeping, studying
from pagecast.pages import filing

from .celery import FILE, app


@app.task(name=FILE)
def file(upload_id: str) -> None:
    """File one upload, and draw its picture."""
    for blob in filing.file(UUID(upload_id)):
        filing.study(blob.pk)


@app.task(name="pagecast.study")
def study(blob_id: int) -> None:
    """Draw the picture of one file."""
    filing.study(blob_id)


@app.task(name="pagecast.recover")
def recover() -> None:
    """Send again what nobody has in hand: its message was lost, or its worker was killed."""
    for upload_id in list(filing.due().values_list("pk", flat=True)[:100]):
        file.delay(str(upload_id))
    for blob_id in list(studying.due().values_list("pk", flat=True)[:100]):
        study.delay(blob_id)


@app.task(name="pagecast.tidy")
def tidy() -> None:
    """Remove what came in and came to nothing."""
    housekeeping.tidy_all()


@app.task(name="pagecast.settle")
def settle() -> None:
    """Fold the views of all pages into the counters of their contents."""
    ledger.settle_all()


@app.task(name="pagecast.fold")
def fold() -> None:
    """Fold what is long over in the history of views."""
    # In pieces: what takes longer than a message may be out would be sent to another worker, too.
    if not folding.fold(folding.PIECE):
        fold.delay()
