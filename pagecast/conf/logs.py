"""Structured logs: one event a line, for people or for machines."""

from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import Processor

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configuration(style: str) -> dict[str, Any]:
    """Django's LOGGING for the style `console` or `json`. Makes structlog's own loggers follow it."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Never with local variables: a traceback must not bring a password into the log.
    traceback = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
    console = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    json = structlog.processors.JSONRenderer(ensure_ascii=False)
    render: list[Processor] = [traceback, json] if style == "json" else [console]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
                "foreign_pre_chain": _SHARED,
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Django's own handlers would print a second time, in another form.
            "django": {"handlers": [], "level": "INFO", "propagate": True},
            # A wrong address or a refused form is the visitor's affair, not the operator's.
            "django.request": {"level": "ERROR"},
            # What was refused, and why, stands in lines of ours (failures.py, strangers.py).
            "django.security": {"level": "CRITICAL"},
            # Where it looked for keys, at every start.
            "botocore": {"level": "WARNING"},
        },
    }
