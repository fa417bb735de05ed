"""Whether the databases of an installation can be reached by the whole world."""

from __future__ import annotations

import ipaddress
import socket

from pagecast.cli.doctor.check import Finding, check, failed, ok, skipped
from pagecast.cli.doctor.speaking import answers_to_anybody, is_open
from pagecast.cli.doctor.visit import Visit

# A port that drops what is sent to it answers never.
_SECONDS = 5.0
HERE = "The address is this machine itself, where its ports are open to itself."


def is_here(host: str) -> bool:
    """Whether only this machine is asked, and not the world's view of it."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(each[4][0]).partition("%")[0]).is_loopback for each in found)


@check(
    "database-port",
    80,
    "Close the port in the firewall, set listen_addresses in postgresql.conf; in compose, publish no port.",
    "address",
)
def database_port(visit: Visit) -> Finding:
    """The database is not open to the world."""
    if is_here(visit.site.host):
        return skipped(HERE)
    port = visit.database_port
    if is_open(visit.site.host, port, min(visit.timeout, _SECONDS)):
        return failed(f"Anybody reaches the database: port {port} of {visit.site.host} is open.")
    return ok(f"Port {port} of {visit.site.host} is closed.")


@check(
    "redis-port",
    81,
    "Close the port in the firewall, set bind and requirepass in redis.conf; in compose, publish no port.",
    "address",
)
def redis_port(visit: Visit) -> Finding:
    """Redis is not open to the world."""
    host, port, seconds = visit.site.host, visit.redis_port, min(visit.timeout, _SECONDS)
    if is_here(host):
        return skipped(HERE)
    if answers_to_anybody(host, port, seconds):
        return failed(f"Anybody uses Redis: port {port} of {host} is open, and wants no password.")
    if is_open(host, port, seconds):
        return failed(f"Anybody reaches Redis: port {port} of {host} is open.")
    return ok(f"Port {port} of {host} is closed.")
