"""What can go wrong when a view is counted."""

from django.db import OperationalError


class OutcomeUnknown(OperationalError):  # noqa: N818 - it says what is wrong by itself
    """The database went away while it committed: nobody can tell whether the views are on disk.

    Do not count them again, and do not say that nothing was counted.
    """


class Forgetful(OperationalError):  # noqa: N818 - it says what is wrong by itself
    """The database would lose answered views in a power cut, and that can not be mended from here."""


LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED = "55P03", "40P01"


def is_waiting_too_long(error: Exception) -> bool:
    """Whether somebody held a row for longer than the connection waits. Nothing was done then."""
    return getattr(error.__cause__, "sqlstate", None) == LOCK_NOT_AVAILABLE


def is_deadlock(error: Exception) -> bool:
    """Whether two waited for each other, and this one had to let the other pass. Nothing was done then."""
    return getattr(error.__cause__, "sqlstate", None) == DEADLOCK_DETECTED
