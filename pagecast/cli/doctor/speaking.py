"""A word to a port, to hear who is there."""

from __future__ import annotations

import socket


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
