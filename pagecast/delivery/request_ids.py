"""One name for a request, from the proxy in front through the server to the worker, in every log."""

import re
from collections.abc import Iterable
from uuid import uuid4

HEADER = b"x-request-id"
# What a proxy or a client may call it: nothing that could break a line of a log, or fill it.
WELL_FORMED = re.compile(rb"[A-Za-z0-9._-]{8,64}")


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The name that the request came with, if it has exactly one that is well-formed; else a new one."""
    given = [value for name, value in headers if name == HEADER]
    if len(given) == 1 and WELL_FORMED.fullmatch(given[0]):
        return given[0].decode()
    return uuid4().hex
