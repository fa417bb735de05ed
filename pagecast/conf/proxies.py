"""Who is in front of us: the address under which we were asked, and that of whoever asks.

The setting is the truth about the former, so nothing that a proxy says, or forgets to say, can make it wrong.
"""

from collections.abc import Awaitable, Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from .hosts import LOCAL, LONGEST, PORTS, Host, Origin, parse_host, parse_origin

#: In the scope, for whoever stands behind: the origin as bytes; None for a host that is none of ours.
KEY = "pagecast.host"
# Health checks and collectors of figures ask addresses, not names.
FOR_ANY_HOST = frozenset(("/healthz", "/readyz", "/metrics"))
# What proxies say of others. Behind this layer it is either done or not to be believed.
PREFIX = b"x-forwarded"
SAID_BY_PROXIES = frozenset(
    name.encode()
    for name in (
        *("forwarded", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "x-remote-ip", "x-remote-addr"),
        *("true-client-ip", "client-ip", "cf-connecting-ip", "cf-connecting-ipv6", "cf-visitor"),
        *("cloudfront-forwarded-proto", "fastly-client-ip", "fly-client-ip", "x-appengine-user-ip"),
        *("x-azure-clientip", "x-azure-socketip", "x-envoy-external-address", "x-original-forwarded-for"),
        *("x-original-host", "x-original-url", "x-rewrite-url", "x-host", "x-http-host-override"),
        *("x-scheme", "x-url-scheme", "x-proto", "x-protocol", "x-forward-for", "front-end-https"),
    )
)
# How a request is called in logs: a stranger is not to choose a name there.
NAMED = b"x-request-id"
# How many proxies may stand in a row, and how many bytes they need at most to say so.
HOPS, SAID = 20, 2000
# What nginx calls whoever came to it by a socket of its machine: another proxy.
SOCKET = "unix:"
REMEMBERED = 2048
_SAID = SAID_BY_PROXIES | {NAMED}
_LEFT_OUT = _SAID | {b"host"}

Network = IPv4Network | IPv6Network


class Place(NamedTuple):
    """An origin in the forms that a request carries."""

    scheme: str
    netloc: bytes
    origin: bytes


class Proxies:
    """Gives each request the scheme and the Host of one of `origins`, and the address of its client.

    A Host that is no host of ours leaves the request as it is, with None under `KEY`. `X-Forwarded-For` where
    Host is ours, and `X-Forwarded-Host` where it is not, are believed as long as those who speak are in
    `trusted` networks, or on a socket of this machine; nobody behind this layer sees them.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str], trusted: Iterable[Network]) -> None:
        self._app, self._trusted = app, tuple(trusted)
        ours = [origin for origin in map(parse_origin, origins) if origin]
        self._first = _place(ours[0] if ours else Origin("http", Host(LOCAL[0], "")))
        self._is_for_this_machine_only = not ours
        self._exact: dict[Host, Place] = {}
        self._by_name: dict[str, Place] = {}
        for origin in ours:
            place, (name, port) = _place(origin), origin.host
            implied = PORTS[origin.scheme]
            for written in {port, *(("", implied) if port in ("", implied) else ())}:
                self._exact.setdefault(Host(name, written), place)
            self._by_name.setdefault(name, place)
        self._asked_as = lru_cache(REMEMBERED)(self._by_host)
        self._meant = lru_cache(REMEMBERED)(self._by_what_is_said)
        self._forwarded = lru_cache(REMEMBERED)(self._walk)
        self._trusts = lru_cache(REMEMBERED)(self._is_trusted)

    def is_known(self, host: str) -> bool:
        """Whether a Host header with this value is one of ours."""
        return self._place(host.encode(), None, None) is not None

    # Without `async`, and with a short way for who comes without a proxy: here pass the readers of all pages.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            scope = self._as_it_is(scope) or self._placed(scope)
        return self._app(scope, receive, send)

    def _as_it_is(self, scope: Scope) -> Scope | None:
        """A request that says nothing of others, and whose Host is written as ours is; None for others."""
        given = scope["headers"]
        said = dict(given)
        if len(said) < len(given) or not _SAID.isdisjoint(said) or PREFIX in b" ".join(said):
            return None
        host = said.get(b"host", b"")
        place = self._asked_as(host) if len(host) <= LONGEST else None
        if place is None or place.netloc != host:
            return None
        return {**scope, KEY: place.origin, "scheme": place.scheme}

    def _placed(self, scope: Scope) -> Scope:
        given = scope["headers"]
        kept = [each for each in given if each[0] not in _LEFT_OUT and not each[0].startswith(PREFIX)]
        client, said = scope.get("client"), dict(given)
        host, through = said.get(b"host", b""), None
        left_out = len(given) - len(kept)
        if left_out != 1:
            if sum(name == b"host" for name, _value in given) != 1:
                # Two of them: whoever reads the other one reads another request.
                host = b""
            peer = client[0] if client else ""
            if self._trusts(peer):
                kept += [each for each in given if each[0] == NAMED]
                through = said.get(b"x-forwarded-host")
                chain = b",".join(value for name, value in given if name == b"x-forwarded-for")
                # A proxy that names itself in Host was told nothing: what is said here, its clients say.
                if chain and len(host) <= LONGEST and self._asked_as(host):
                    client = (self._forwarded(peer, chain[-SAID:]), 0)
        place = self._place(host, through, said.get(b"origin"))
        if place is None and scope["path"] in FOR_ANY_HOST:
            place = self._first
        if place is None:
            headers = [(name, value) for name, value in given if name == b"host"]
            return {**scope, KEY: None, "client": client, "headers": [*headers, *kept]}
        return {
            **scope,
            KEY: place.origin,
            "client": client,
            "scheme": place.scheme,
            "headers": [(b"host", place.netloc), *kept],
        }

    def _place(self, host: bytes, through: bytes | None, sender: bytes | None) -> Place | None:
        """Where a request was sent to, by its Host, X-Forwarded-Host and Origin."""
        if len(host) > LONGEST:
            return None
        if place := self._asked_as(host):
            return place
        # What is remembered has a length that is known.
        told = [each if each and len(each) <= SAID else None for each in (through, sender)]
        return self._meant(host, *told)

    def _by_host(self, raw: bytes) -> Place | None:
        host = _parse(raw)
        if host and self._is_for_this_machine_only and host.name in LOCAL:
            return _place(Origin("http", host))
        return self._of_ours(host)

    def _by_what_is_said(self, raw: bytes, through: bytes | None, sender: bytes | None) -> Place | None:
        for each in (through or b"").split(b",")[:HOPS]:
            if place := self._of_ours(_parse(each)):
                return place
        host = _parse(raw)
        if host is None or host.name not in LOCAL or self._is_for_this_machine_only:
            return None
        # Either a proxy that passes nothing on, or somebody at this machine, whose browser says where he is.
        own, origin = Origin("http", host), parse_origin(sender.decode("latin-1")) if sender else None
        return _place(own) if origin == own else (origin and self._exact.get(origin.host)) or self._first

    def _of_ours(self, host: Host | None) -> Place | None:
        return (self._exact.get(host) or self._by_name.get(host.name)) if host else None

    def _walk(self, peer: str, said: bytes) -> str:
        """The first in the row, from us outwards, who is not trusted; or the last whom anybody knows."""
        client = peer
        for entry in reversed(said.decode("latin-1").rsplit(",", HOPS)[-HOPS:]):
            if entry.strip() == SOCKET and self._trusts(client):
                continue
            if not self._trusts(client) or (address := _address(entry.strip())) is None:
                break
            client = address
        return client

    def _is_trusted(self, peer: str) -> bool:
        # Whoever has none is at a socket of this machine, and those who may open it were chosen.
        if (address := _address(peer)) is None:
            return not peer or peer.startswith("unix")
        return any(ip_address(address) in network for network in self._trusted)


def _place(origin: Origin) -> Place:
    return Place(origin.scheme, origin.netloc.encode(), str(origin).encode())


def _parse(raw: bytes) -> Host | None:
    try:
        return parse_host(raw.decode())
    except UnicodeDecodeError:
        return None


def _address(entry: str) -> str | None:
    """An address without its port and brackets, IPv4 as IPv4; None for what is none."""
    if entry.startswith("["):
        entry = entry[1:].partition("]")[0]
    elif entry.count(":") == 1:
        entry = entry.partition(":")[0]
    try:
        address = ip_address(entry)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
