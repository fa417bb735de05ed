"""The ways to write a host, made one: as browsers send it in Host and Origin."""

import re
from functools import lru_cache
from ipaddress import IPv6Address
from typing import NamedTuple
from urllib.parse import urlsplit

# What Django takes for a host: https://docs.djangoproject.com/en/5.2/ref/settings/#allowed-hosts
_HOST = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{0,5}))?")
PORTS = {"http": "80", "https": "443"}
# No name is longer, with its port: https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4
LONGEST = 262
# With its scheme, and white space around it.
LONGEST_ORIGIN = LONGEST + 20
#: What this machine calls itself.
LOCAL = ("localhost", "127.0.0.1", "[::1]")


class Host(NamedTuple):
    """A name in lower case and punycode, or an address (IPv6 in brackets), and a port, which may be empty."""

    name: str
    port: str


class Origin(NamedTuple):
    """An address under which people reach the server."""

    scheme: str
    host: Host

    @property
    def netloc(self) -> str:
        """As browsers send it in Host: without the port that the scheme implies."""
        name, port = self.host
        return f"{name}:{port}" if port not in ("", PORTS[self.scheme]) else name

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"


def parse_host(raw: str) -> Host | None:
    """What a Host header says, or None if that can be no host.

    Names of other alphabets become punycode as in IDNA 2003; where IDNA 2008 has another opinion (ß), write
    punycode.
    """
    stripped = raw.strip()
    # Nothing longer is remembered: a header may have hundreds of kilobytes.
    return _parsed(stripped) if len(stripped) <= LONGEST else None


@lru_cache(1024)
def _parsed(raw: str) -> Host | None:
    lower = raw.lower()
    if not lower.isascii():
        try:
            name, colon, port = lower.partition(":")
            lower = name.encode("idna").decode() + colon + port
        except UnicodeError:
            return None
    if (found := _HOST.fullmatch(lower)) is None:
        return None
    name, port = found[1], found[2] or ""
    if name.startswith("["):
        try:
            return Host(f"[{IPv6Address(name[1:-1])}]", port)
        except ValueError:
            return None
    name = name.removesuffix(".")
    return Host(name, port) if name else None


def parse_origin(raw: str) -> Origin | None:
    """What an Origin header or the setting says, with nothing behind the host; None for anything else."""
    if len(raw) > LONGEST_ORIGIN:
        return None
    try:
        parts = urlsplit(raw.strip())
        has_port_zero = parts.port == 0
    except ValueError:
        return None
    host = parse_host(parts.netloc)
    if parts.scheme not in PORTS or host is None or has_port_zero or any(parts[2:]) or raw[-1] in "?#":
        return None
    return Origin(parts.scheme, host)
