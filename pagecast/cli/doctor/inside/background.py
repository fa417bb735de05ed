"""Background work: that somebody does it, and keeps up."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db.models import F, Q, Sum
from django.utils import timezone

from pagecast.chores import claiming, pulse
from pagecast.cli.doctor.check import Finding, check, failed, ok, warning
from pagecast.cli.doctor.visit import Visit
from pagecast.counting.models import Tally
from pagecast.media import leases
from pagecast.pages import filing

# How long an upload waits where all is well, and where something is wrong.
LONG, TOO_LONG = dt.timedelta(minutes=5), dt.timedelta(hours=1)
# Counters are settled about once a minute.
SETTLED = dt.timedelta(minutes=10)


def _start() -> str:
    if settings.PAGECAST_QUEUE:
        return "Start `pagecast work`, and look into its log."
    return "Start `pagecast serve`, which does the background work itself, and look into its log."


@check(
    "worker",
    40,
    "Start `pagecast work` (without REDIS_URL `pagecast serve`), and look into its log.",
    "migrations",
)
def worker(_visit: Visit) -> Finding:
    """A worker works."""
    silence = pulse.silence()
    if silence is None:
        return failed("No worker has ever worked on this database.", _start())
    seconds = silence.total_seconds()
    if silence > pulse.SILENCE:
        return failed(f"No worker has given a sign of life for {seconds:.0f} s.", _start())
    return ok(f"A worker gave a sign of life {max(seconds, 0):.0f} s ago.")


@check(
    "uploads",
    41,
    "See whether the check `worker` is well, and what the list of uploads in the admin says.",
    "migrations",
)
def uploads(_visit: Visit) -> Finding:
    """No upload waits for long."""
    # Of some nobody has said yet what they are for. One that a worker has in hand may have come in for hours.
    in_hand = Q(holder__isnull=False, lease_until__gte=timezone.now(), waiting_since=None)
    unfinished = filing.wanted().filter(leases.UNFINISHED)
    waiting = unfinished.exclude(in_hand)
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    if oldest is None:
        return ok("Uploads are being filed." if unfinished.exists() else "No upload waits.")
    age = timezone.now() - oldest
    if age < LONG:
        return ok("Uploads are being filed.")
    found = failed if age > TOO_LONG else warning
    return found(f"{waiting.count()} uploads wait, one of them for {age.total_seconds() / 60:.0f} minutes.")


@check(
    "settling", 42, "See whether the check `worker` is well: it settles counters once a minute.", "migrations"
)
def settling(_visit: Visit) -> Finding:
    """Views are settled into the counters of contents."""
    behind = Tally.objects.filter(views__gt=F("settled")).aggregate(views=Sum(F("views") - F("settled")))[
        "views"
    ]
    if not behind:
        return ok("All views are settled.")
    since = claiming.age("settle")
    if since is not None and since < SETTLED:
        return ok(f"{behind} views are settled soon.")
    ago = f"for {since.total_seconds() / 60:.0f} minutes" if since else "as far as is known"
    return warning(
        f"{behind} views are not settled, and nothing was settled {ago}. "
        "Readers see true numbers all the same."
    )
