"""The tasks that a Celery worker runs. Each is safe to run twice and at once: the rows decide."""

from uuid import UUID

from pagecast.counting import ledger
from pagecast.pages import filing

from .celery import FILE, app


@app.task(name=FILE)
def file(upload_id: str) -> None:
    """File one upload."""
    filing.file(UUID(upload_id))


@app.task(name="pagecast.sweep")
def sweep() -> None:
    """File what nobody has in hand: its message was lost, or its worker was killed."""
    for upload_id in list(filing.due().values_list("pk", flat=True)[:100]):
        file.delay(str(upload_id))


@app.task(name="pagecast.settle")
def settle() -> None:
    """Fold the views of all pages into the counters of their contents."""
    ledger.settle_all()
