"""Which request an upload came with, so that all lines about it in all logs can be found by one name."""

from structlog.contextvars import get_contextvars

#: The longest name of a request that is taken.
LENGTH = 64


def request_in_hand() -> str | None:
    """The name of the request that is being answered, as the log has it; None outside of any."""
    name = get_contextvars().get("request_id")
    return name if isinstance(name, str) and len(name) <= LENGTH else None
