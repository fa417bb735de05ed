"""What is to be said of the books by whoever watches them."""

from django.db.models import Count, F, Sum

from .models import Tally


def unsettled() -> tuple[int, int]:
    """How many views wait to be settled, and of how many groups. Reads every tally."""
    waiting = Tally.objects.filter(views__gt=F("settled"))
    found = waiting.aggregate(views=Sum(F("views") - F("settled")), groups=Count("pk"))
    return found["views"] or 0, found["groups"]
