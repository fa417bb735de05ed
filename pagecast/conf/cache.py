"""The cache that server processes share, and how values lie in it."""

from typing import Any


def caches(broker: str) -> dict[str, Any]:
    """One of its own for each process; and one for ready documents where there is a Redis to share it."""
    found: dict[str, Any] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    if broker.startswith(("redis://", "rediss://")):
        found["documents"] = {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": broker,
            "KEY_PREFIX": "pagecast",
            "OPTIONS": {
                # Plain bytes: what comes out of a cache is never executed.
                "serializer": "pagecast.conf.cache.PlainBytes",
                # Rendering anew takes less.
                "socket_connect_timeout": 0.2,
                "socket_timeout": 0.2,
            },
        }
    return found


class PlainBytes:
    """As they are. Django's own way could be made to run what somebody else has put there."""

    def dumps(self, value: bytes) -> bytes:
        """The value as bytes."""
        return value

    def loads(self, data: bytes) -> bytes:
        """The value out of its bytes."""
        return data
