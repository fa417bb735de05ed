"""What goes wrong with archives."""


class ArchiveError(Exception):
    """It cannot be done, for a reason that the operator can act on. The message is the reason."""
