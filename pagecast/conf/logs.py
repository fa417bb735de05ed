"""Structured logs: one event a line, for people or for machines."""

import logging
import os
import sys
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import Processor

from .redacting import Redactor

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def configuration(style: str, secrets: Iterable[str | None] = ()) -> dict[str, Any]:
    """Django's LOGGING for the style `console` or `json`. Makes structlog's own loggers follow it.

    `secrets`, also as addresses with a password, never reach a line, nor does what looks like one.
    """
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(capture=True)
    if style == "json":
        # What nobody catches is a line like all others.
        sys.excepthook, threading.excepthook = _uncaught, _uncaught_in_thread
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_rendering(style, Redactor([*secrets, os.environ.get("AWS_SECRET_ACCESS_KEY")])),
                ],
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
            # Each message that comes and goes: some every second.
            "celery": {"level": "WARNING"},
        },
    }


def _rendering(style: str, redactor: Redactor) -> list[Processor]:
    if style == "json":
        # Never with local variables: a traceback must not bring a password into the log.
        traceback = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        return [traceback, redactor.in_values, structlog.processors.JSONRenderer(ensure_ascii=False)]
    plain = structlog.dev.plain_traceback
    console: Processor = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)
    return [console, redactor.in_line]


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("pagecast").critical("uncaught", exc_info=(kind, error, trace))


def _uncaught_in_thread(arguments: threading.ExceptHookArgs) -> None:
    error = arguments.exc_value
    if error is not None:
        _uncaught(arguments.exc_type, error, arguments.exc_traceback)
