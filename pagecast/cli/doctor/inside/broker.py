"""The Redis that carries messages to workers and shares ready pages."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.module_loading import import_string

from pagecast.cli.doctor.check import Finding, check, failed, ok, skipped, warning
from pagecast.cli.doctor.visit import Visit

NOT_SET = "REDIS_URL is not set: none is needed."
# Celery's own name for the list of messages, and how many may lie there.
QUEUE, MANY = "celery", 1000
# Part of its memory above which it is about to refuse.
NEARLY_FULL = 0.9


def client(visit: Visit) -> Any:
    """A client of the Redis that the settings name."""
    address = re.sub(r"^redis\+socket", "unix", settings.CELERY_BROKER_URL)
    # Its library need not be installed where there is none.
    return import_string("redis.Redis").from_url(
        address, socket_connect_timeout=visit.timeout, socket_timeout=visit.timeout, retry=None
    )


@check("redis", 30, "Start it, and check REDIS_URL. Until then uploads wait; readers are served and counted.")
def redis(visit: Visit) -> Finding:
    """Redis answers."""
    if not settings.CELERY_BROKER_URL:
        return skipped(NOT_SET)
    where = urlsplit(settings.CELERY_BROKER_URL).hostname or "its socket"
    try:
        client(visit).ping()
    except ImportError:
        return failed("The Python package of Redis is missing.", 'Run: pip install "pagecast[redis]"')
    except (import_string("redis.RedisError"), OSError) as error:
        return failed(f"The Redis at {where} does not answer: {str(error).strip().rstrip('.')}.")
    return ok(f"The Redis at {where} answers.")


@check("redis-memory", 31, "Set maxmemory-policy volatile-lru and a larger maxmemory, or none.", "redis")
def redis_memory(visit: Visit) -> Finding:
    """Redis has room, and throws no messages away."""
    if not settings.CELERY_BROKER_URL:
        return skipped(NOT_SET)
    memory = client(visit).info("memory")
    most, used = int(memory.get("maxmemory", 0)), int(memory.get("used_memory", 0))
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if not most:
        return ok("Redis takes the memory that it needs.")
    if policy.startswith("allkeys"):
        return warning(
            f"Redis throws away anything when it is full ({policy}), messages to workers too. They are sent "
            "again, but later."
        )
    if used > most * NEARLY_FULL and policy == "noeviction":
        return failed(f"Redis is full: {used} of {most} bytes, and its policy is to refuse ({policy}).")
    return ok(f"Redis has room, and throws no messages away ({policy}).")


@check("queue", 33, "Start more workers: `pagecast work` on this or other machines.", "redis")
def queue(visit: Visit) -> Finding:
    """Messages to the workers do not pile up."""
    if not settings.CELERY_BROKER_URL:
        return skipped(NOT_SET)
    number = int(client(visit).llen(QUEUE))
    if number > MANY:
        return warning(f"{number} messages wait for a worker.")
    return ok(f"{number} messages wait for a worker.")
