"""Whether the database and Redis let in somebody who has no password, from where others can reach them."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from pagecast.cli.doctor.check import Finding, check, failed, ok, skipped, warning
from pagecast.cli.doctor.speaking import answers_to_anybody
from pagecast.cli.doctor.visit import Visit

from .broker import NOT_SET

_OF_IPV4, _OF_IPV6 = Path("/proc/net/fib_trie"), Path("/proc/net/if_inet6")


def own_addresses() -> list[str]:
    """The addresses by which other machines reach this one. Empty where the system does not tell."""
    found = set()
    for path, pattern in ((_OF_IPV4, r"\|-- (\S+)\n\s+/32 host LOCAL"), (_OF_IPV6, r"(?m)^([0-9a-f]{32}) ")):
        try:
            text = path.read_text(encoding="ascii")
        except OSError:
            continue
        for match in re.findall(pattern, text):
            address = ipaddress.ip_address(match if "." in match else int(match, 16).to_bytes(16))
            if not address.is_loopback and not address.is_link_local:
                found.add(str(address))
    return sorted(found)


def reachable_at(host: str) -> list[str]:
    """Where others would find what we find at this host: it may listen on more than the loopback."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError:
        return []
    addresses = sorted(str(address) for address in found)
    return own_addresses() if all(map(is_loopback, addresses)) else addresses


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches it."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def is_public(address: str) -> bool:
    """Whether the whole world reaches it, if nothing is in the way."""
    return ipaddress.ip_address(address.partition("%")[0]).is_global


def _judged(what: str, opened: Iterable[str]) -> Finding:
    opened = list(opened)
    if not opened:
        return ok(f"{what} lets nobody in without a password.")
    sentence = f"{what} lets in anybody without a password at {', '.join(opened)}."
    if any(map(is_public, opened)):
        return failed(sentence)
    return warning(sentence)


@check(
    "database-open",
    25,
    "Set listen_addresses in postgresql.conf to what the nodes need, ask for scram-sha-256 in "
    "pg_hba.conf, and close the port in the firewall.",
    "database",
)
def database_open(_visit: Visit) -> Finding:
    """PostgreSQL lets nobody in without a password."""
    if connection.vendor != "postgresql":
        return skipped("SQLite listens to nobody.")
    known = connection.get_connection_params()
    host, port = str(known.get("host") or ""), int(known.get("port") or 5432)
    if not host or host.startswith("/"):
        host = "localhost"
    return _judged("PostgreSQL", [each for each in reachable_at(host) if _lets_in(each, port)])


def _lets_in(address: str, port: int) -> bool:
    """Whether a stranger comes in who guesses the name of the user and of the database."""
    known = connection.get_connection_params()
    connect, trouble = import_string("psycopg.connect"), import_string("psycopg.Error")
    try:
        connect(
            host=address, port=port, user=known.get("user"), dbname=known.get("dbname"),
            password="", passfile=os.devnull, connect_timeout=3,
        ).close()  # fmt: skip
    except trouble:
        return False
    return True


@check(
    "redis-open",
    32,
    "Set requirepass and bind in redis.conf, put the password into REDIS_URL, and "
    "close the port in the firewall.",
    "redis",
)
def redis_open(visit: Visit) -> Finding:
    """Redis lets nobody in without a password."""
    if not settings.CELERY_BROKER_URL:
        return skipped(NOT_SET)
    parts = urlsplit(settings.CELERY_BROKER_URL)
    if parts.hostname is None:
        return skipped("Redis listens on a socket of this machine.")
    port, seconds = parts.port or 6379, min(visit.timeout, 3)
    opened = [each for each in reachable_at(parts.hostname) if answers_to_anybody(each, port, seconds)]
    return _judged("Redis", opened)
