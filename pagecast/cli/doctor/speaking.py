"""Who is at an address: whether anybody listens, and whether it is this machine."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from typing import Any


def is_here(host: str) -> bool:
    """Whether only this machine is asked, by whatever address, and not the world's view of it."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(_is_own(each[0], each[4]) for each in found)


def _is_own(family: int, address: Any) -> bool:
    if ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
        return True
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as connection:
        # Only chooses the way, and sends nothing: to ourselves we come from where we go.
        connection.connect((address[0], 9, *address[2:]))
        return bool(connection.getsockname()[0] == address[0])
    return False


def is_open(host: str, port: int, seconds: float) -> bool:
    """Whether anybody listens there."""
    try:
        socket.create_connection((host, port), seconds).close()
    except OSError:
        return False
    return True


def answers_to_anybody(host: str, port: int, seconds: float) -> bool:
    """Whether a Redis there does what a stranger says (https://redis.io/docs/latest/develop/reference/protocol-spec/)."""
    try:
        with socket.create_connection((host, port), seconds) as connection:
            connection.settimeout(seconds)
            connection.sendall(b"*1\r\n$4\r\nPING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
