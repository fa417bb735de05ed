"""What can go wrong when a view is counted."""

from django.db import OperationalError


class OutcomeUnknown(OperationalError):  # noqa: N818 - it says what is wrong by itself
    """The database went away while it committed: nobody can tell whether the views are on disk.

    Do not count them again, and do not say that nothing was counted.
    """
