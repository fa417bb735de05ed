"""What goes wrong with archives."""


class ArchiveError(Exception):
    """It cannot be done, for a reason that the operator can act on. The message is the reason."""


def first_line(error: Exception) -> str:
    """What the error says, in one line: the others of a database may repeat a row."""
    return str(error).strip().partition("\n")[0].rstrip(".")
