"""Whether the databases of an installation can be reached by the whole world."""

from __future__ import annotations

from pagecast.cli.doctor import speaking
from pagecast.cli.doctor.check import Finding, check, failed, ok, skipped
from pagecast.cli.doctor.speaking import answers_to_anybody, is_open
from pagecast.cli.doctor.visit import Visit

# A port that drops what is sent to it answers never.
_SECONDS = 5.0
HERE = "The address is this machine itself, where its ports are open to itself."


@check(
    "database-port",
    80,
    "Close the port in the firewall, set listen_addresses in postgresql.conf; in compose, publish no port.",
    "address",
)
def database_port(visit: Visit) -> Finding:
    """The database is not open to the world."""
    if speaking.is_here(visit.site.host):
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
    if speaking.is_here(host):
        return skipped(HERE)
    if answers_to_anybody(host, port, seconds):
        return failed(f"Anybody uses Redis: port {port} of {host} is open, and wants no password.")
    if is_open(host, port, seconds):
        return failed(f"Anybody reaches Redis: port {port} of {host} is open.")
    return ok(f"Port {port} of {host} is closed.")
