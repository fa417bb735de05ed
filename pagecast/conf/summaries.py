"""What happens again and again, told in the log."""

import structlog

log = structlog.get_logger(__name__)


def note(event: str, cure: str, **fields: str) -> None:
    """Log an event, its fields, and what to do about it."""
    log.warning(event, **fields, cure=cure)
