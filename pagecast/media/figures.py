"""What is to be said of uploads by whoever watches them."""

from django.db.models import Count

from .models import Upload

STATES = (Upload.State.RECEIVING, Upload.State.PENDING, Upload.State.PROCESSING, Upload.State.FAILED)


def uploads() -> dict[str, int]:
    """How many uploads are in each state, but for the completed ones: the index holds only the others."""
    rows = Upload.objects.filter(state__in=STATES).order_by().values_list("state")
    return {state.value: 0 for state in STATES} | dict(rows.annotate(number=Count("pk")))
