"""Who is in front of us: under which address we were asked, and by whom, whatever proxies say of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.conf import settings as django_settings

from pagecast.conf import hosts
from pagecast.conf.environment import networks
from pagecast.conf.proxies import Proxies

ONE, OTHER, ODD, PLAIN = (
    "https://pages.example.org",
    "https://xn--e1afmkfd.xn--p1ai",
    "https://host.example.org:8443",
    "http://192.0.2.7:8080",
)
LOOPBACK, OUTSIDE = "127.0.0.1", "198.51.100.1"


class Asked:
    """What stands behind the layer: it only looks at what it is asked."""

    def __init__(self, *origins: str, trusted: str | None = None) -> None:
        self.scopes: list[Any] = []
        proxies = django_settings.PAGECAST_TRUSTED_PROXIES if trusted is None else networks(trusted)
        self.layer = Proxies(self._look, origins=origins, trusted=proxies)

    async def _look(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)

    def ask(
        self, host: str | None, *more: tuple[str, str], peer: str | None = LOOPBACK, path: str = "/"
    ) -> Any:
        """The scope of a request, as those behind get it."""
        given = [("host", host), ("accept", "*/*")] if host is not None else [("accept", "*/*")]
        scope: dict[str, Any] = {
            "type": "http",
            "scheme": "http",
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in (*given, *more)],
            "client": (peer, 4000) if peer is not None else None,
        }
        before = {**scope, "headers": list(scope["headers"])}
        asyncio.run(self.layer(scope, None, None))  # type: ignore[arg-type]
        assert scope == before, "the server's own scope was changed"
        return self.scopes[-1]

    def origin(self, host: str | None, *more: tuple[str, str], **how: Any) -> str | None:
        """The origin by its scheme and Host; None for a request that was left as it is."""
        scope = self.ask(host, *more, **how)
        if scope["pagecast.host"] is None:
            assert scope["scheme"] == "http"
            assert dict(scope["headers"]).get(b"host", b"") == (host or "").encode()
            return None
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        assert len(hosts) == 1
        origin: str = f"{scope['scheme']}://{hosts[0].decode()}"
        assert scope["pagecast.host"].decode() == origin
        return origin

    def client(self, said: str | tuple[str, ...], peer: str | None = LOOPBACK) -> str | None:
        """The address of the client, for one or several X-Forwarded-For."""
        lines = (said,) if isinstance(said, str) else said
        more = [("x-forwarded-for", line) for line in lines]
        client = self.ask("localhost", *more, peer=peer)["client"]
        return client and str(client[0])


@pytest.fixture
def several() -> Asked:
    """A server with four addresses."""
    return Asked(ONE, OTHER, ODD, PLAIN)


# --- The address of the server -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("pages.example.org", ONE),
        ("pages.example.org:443", ONE),
        ("PAGES.Example.ORG", ONE),
        ("pages.example.org.", ONE),
        ("pages.example.org.:443", ONE),
        # A proxy that passes the name with a port of its own.
        ("pages.example.org:8000", ONE),
        ("pages.example.org:", ONE),
        ("xn--e1afmkfd.xn--p1ai", OTHER),
        ("пример.рф", OTHER),
        ("ПРИМЕР.рф:443", OTHER),
        ("host.example.org:8443", ODD),
        # nginx's $host has no port.
        ("host.example.org", ODD),
        ("192.0.2.7:8080", PLAIN),
        ("192.0.2.7", PLAIN),
    ],
)
def test_a_host_of_ours_brings_its_origin(several: Asked, host: str, origin: str) -> None:
    assert several.origin(host) == origin
    assert several.layer.is_known(host)


@pytest.mark.parametrize(
    "host",
    [
        *("example.org", "evil.example.org", "pages.example.org.evil.org", "192.0.2.8", "", " ", ":443", "."),
        *("pages.example.org@evil.org", "pages.example.org/", "pages.example.org:x", "pages.example.org,x"),
        *("pages.example.org:443:443", "[::1", "[x]", "${jndi:ldap://x}", "a" * 5000, "ü" * 300, "\x00"),
        *("..", "pages..example.org", "пример.рф.evil.org", "testserver"),
    ],
)
def test_another_host_is_left_alone(several: Asked, host: str) -> None:
    assert several.origin(host) is None
    assert not several.layer.is_known(host)


def test_bytes_that_are_no_text_are_no_host(several: Asked) -> None:
    scope = {
        "type": "http",
        "path": "/",
        "headers": [(b"host", b"\xff\xfe")],
        "client": None,
        "scheme": "http",
    }
    asyncio.run(several.layer(scope, None, None))  # type: ignore[arg-type]
    assert several.scopes[-1]["pagecast.host"] is None


def test_two_hosts_are_none(several: Asked) -> None:
    scope = several.ask("pages.example.org", ("host", "pages.example.org"))
    assert scope["pagecast.host"] is None
    assert [name for name, _value in scope["headers"]].count(b"host") == 2


def test_no_host_is_none_of_ours(several: Asked) -> None:
    assert several.origin(None) is None


def test_an_address_of_ipv6_is_known_however_it_is_written() -> None:
    asked = Asked("http://[2001:db8::7]:8080")
    assert asked.origin("[2001:DB8:0:0::7]:8080") == "http://[2001:db8::7]:8080"


def test_of_two_ports_of_one_host_each_has_its_own_scheme() -> None:
    asked = Asked("https://h.example.org", "http://h.example.org:8080")
    assert asked.origin("h.example.org") == "https://h.example.org"
    assert asked.origin("h.example.org:8080") == "http://h.example.org:8080"
    assert asked.origin("h.example.org:9") == "https://h.example.org"


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST."]
)
def test_without_an_origin_this_machine_is_reached_as_it_is_called(host: str) -> None:
    assert Asked().origin(host) == f"http://{host.lower().rstrip('.')}"


@pytest.mark.parametrize("host", ["pages.example.org", "192.168.1.5:8000", "127.0.0.2", "localhost.evil.org"])
def test_without_an_origin_nobody_else_is_known(host: str) -> None:
    assert Asked().origin(host, ("x-forwarded-host", "localhost")) is None


# --- A proxy that passes on less than it should, or more -----------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_a_proxy_that_says_nothing_speaks_of_the_first_origin(several: Asked, host: str) -> None:
    assert several.origin(host) == ONE
    assert several.origin(host, ("x-forwarded-for", OUTSIDE)) == ONE
    assert several.origin(host, ("origin", OTHER)) == OTHER
    assert several.origin(host, ("origin", "https://evil.example.org")) == ONE
    assert several.origin(host, ("origin", "null")) == ONE


def test_whoever_works_at_this_machine_itself_is_where_his_browser_says(several: Asked) -> None:
    assert several.origin("127.0.0.1:8000", ("origin", "http://127.0.0.1:8000")) == "http://127.0.0.1:8000"
    assert several.origin("127.0.0.1:8000", ("origin", "http://127.0.0.1:9000")) == ONE


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "pagecast:8000", "backend.internal"])
def test_a_trusted_proxy_may_name_one_of_our_hosts(several: Asked, host: str) -> None:
    named = ("x-forwarded-host", "xn--e1afmkfd.xn--p1ai")
    assert several.origin(host, named) == OTHER
    assert several.origin(host, ("x-forwarded-host", "evil.example.org, host.example.org:8443")) == ODD
    assert several.origin(host, named, peer=OUTSIDE) in (None, ONE)
    assert several.origin("pagecast:8000", ("x-forwarded-host", "evil.example.org")) is None


def test_what_a_proxy_says_of_the_scheme_and_the_host_changes_nothing_for_a_host_of_ours(
    several: Asked,
) -> None:
    more = [
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "host.example.org"),
        ("forwarded", "proto=http"),
    ]
    assert several.origin("pages.example.org", *more) == ONE
    assert several.origin("192.0.2.7:8080", ("x-forwarded-proto", "https")) == PLAIN


@pytest.mark.parametrize("peer", [LOOPBACK, OUTSIDE, None])
@pytest.mark.parametrize("host", ["pages.example.org", "evil.example.org"])
def test_what_proxies_say_reaches_nobody_behind(several: Asked, host: str, peer: str | None) -> None:
    names = [
        *("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-ssl"),
        *("x-forwarded-prefix", "x-forwarded-anything", "x-forwarded", "forwarded", "x-real-ip"),
        *("x-client-ip", "true-client-ip", "cf-connecting-ip", "x-original-url", "x-rewrite-url"),
    ]
    kept = [("x-http-method-override", "PATCH"), ("cookie", "a=b"), ("cookie", "c=d"), ("x-csrftoken", "t")]
    scope = several.ask(host, *((name, "1.2.3.4") for name in names), *kept, peer=peer)
    assert sorted(scope["headers"]) == sorted(
        [(b"host", host.encode()), (b"accept", b"*/*"), *((a.encode(), b.encode()) for a, b in kept)]
    )


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_health_is_told_to_whoever_asks_by_whatever_address(path: str) -> None:
    for host in ("10.0.3.7:8000", "pod", "", None):
        assert Asked(ONE).origin(host, path=path, peer=OUTSIDE) == ONE
        assert Asked().origin(host, path=path) == "http://localhost"
        assert Asked(ONE).origin(host, path=f"{path}/") is None


# --- The address of the client -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("198.51.100.1", "198.51.100.1"),
        # What the client claims stands further left than what a proxy has seen.
        ("203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (("203.0.113.9", "198.51.100.1"), "198.51.100.1"),
        # Two proxies in a row.
        ("198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("203.0.113.9, 198.51.100.1, 10.1.2.3, 192.168.0.9", "198.51.100.1"),
        (("198.51.100.1", "10.1.2.3, 192.168.0.9"), "198.51.100.1"),
        # With ports, as some write it.
        ("198.51.100.1:4711", "198.51.100.1"),
        ("[2001:db8::5]:4711", "2001:db8::5"),
        ("[2001:db8::5]", "2001:db8::5"),
        ("2001:DB8:0::5", "2001:db8::5"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        # Nobody knows who stands left of what is no address.
        ("198.51.100.1, unknown", "127.0.0.1"),
        ("198.51.100.1, 10.1.2.3, _hidden, 10.1.2.4", "10.1.2.4"),
        ("198.51.100.1,,10.1.2.3", "10.1.2.3"),
        # Two nginx in a row, with a socket between them.
        ("198.51.100.1, unix:", "198.51.100.1"),
        ("203.0.113.9, unix:, 198.51.100.1, unix:, 10.1.2.3", "198.51.100.1"),
        ("203.0.113.9, unix:, 198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 10.1.2.3\x00", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("x" * 100_000, "127.0.0.1"),
        # All are ours: it is somebody of the house.
        ("10.1.2.9, 10.1.2.3", "10.1.2.9"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_the_client_is_the_first_who_is_not_trusted(said: str | tuple[str, ...], client: str) -> None:
    assert Asked().client(said) == client


@pytest.mark.parametrize("peer", [LOOPBACK, "::1", "::ffff:127.0.0.1", "10.9.9.9", "172.31.0.1", "fd00::1"])
def test_loopback_and_private_networks_are_trusted_unless_told_otherwise(peer: str) -> None:
    assert Asked().client(OUTSIDE, peer) == OUTSIDE
    assert Asked(trusted="").client(OUTSIDE, peer) == peer


@pytest.mark.parametrize("peer", ["203.0.113.5", "172.32.0.1", "2001:db8::1", "fe80::1%eth0"])
def test_who_is_not_trusted_speaks_for_himself(peer: str) -> None:
    assert Asked().client(OUTSIDE, peer) == peer


@pytest.mark.parametrize(("peer", "named"), [(LOOPBACK, b"0123456789abcdef"), (OUTSIDE, None)])
def test_only_a_trusted_proxy_gives_a_request_its_name(
    several: Asked, peer: str, named: bytes | None
) -> None:
    for host in ("pages.example.org", "somebody.example.org"):
        scope = several.ask(host, ("x-request-id", "0123456789abcdef"), peer=peer)
        assert dict(scope["headers"]).get(b"x-request-id") == named


def test_a_socket_of_this_machine_is_trusted() -> None:
    assert Asked().client(OUTSIDE, None) == OUTSIDE
    assert Asked().client(OUTSIDE, "") == OUTSIDE
    assert Asked().client((), None) is None


def test_a_proxy_that_was_told_nothing_lets_nobody_choose_his_address(several: Asked) -> None:
    """A bare `proxy_pass` names itself in Host, and hands on what its clients say of others."""
    lies = [("x-forwarded-for", OUTSIDE), ("x-forwarded-host", "pages.example.org")]
    for host in ("127.0.0.1:8000", "pagecast:8000", "pagecast_nodes", "", "a" * 5000):
        assert several.ask(host, *lies)["client"] == (LOOPBACK, 4000)
    assert several.ask("pages.example.org", *lies)["client"] == (OUTSIDE, 0)


def test_named_proxies_are_trusted_and_no_others() -> None:
    asked = Asked(trusted="203.0.113.0/24,2001:db8:1::/48")
    assert asked.client("198.51.100.1, 203.0.113.77", "203.0.113.5") == OUTSIDE
    assert asked.client("198.51.100.1, 2001:db8:1::9", "203.0.113.5") == OUTSIDE
    assert asked.client("198.51.100.1, 10.0.0.1", "203.0.113.5") == "10.0.0.1"
    assert asked.client(OUTSIDE, LOOPBACK) == LOOPBACK


def test_no_more_than_twenty_proxies_stand_in_a_row() -> None:
    hops = ", ".join(["198.51.100.1", *(f"10.0.0.{number}" for number in range(1, 21))])
    assert Asked().client(hops) == "10.0.0.1"
    assert Asked().client(hops.replace("10.0.0.1, ", "")) == OUTSIDE


def test_the_port_of_a_client_that_nobody_speaks_for_is_kept() -> None:
    assert Asked().ask("localhost", peer=OUTSIDE)["client"] == (OUTSIDE, 4000)


def test_what_strangers_make_it_remember_is_bounded() -> None:
    asked = Asked(ONE)
    for number in range(3000):
        asked.ask(
            f"{number}.example.org", ("origin", f"https://{number}.org"), ("x-forwarded-for", str(number))
        )
    asked.ask("127.0.0.1", ("origin", "x" * 10**6), ("x-forwarded-host", "y" * 10**6))
    layer: Any = asked.layer
    for remembered in (layer._asked_as, layer._meant, layer._forwarded, layer._trusts):
        info = remembered.cache_info()
        assert info.currsize <= info.maxsize <= 2048


def test_a_header_is_not_remembered_however_long_it_is() -> None:
    """1,024 hosts of 400 kB, which is what the server takes, would be 400 MB."""
    before = hosts._parsed.cache_info().currsize
    for number in range(10):
        long = f"{number}." + "a" * 400_000
        assert hosts.parse_host(long) is None
        assert hosts.parse_origin(f"http://{long}") is None
    assert hosts._parsed.cache_info().currsize == before
    longest = "a" * 256 + ".org"
    assert hosts.parse_host(f" {longest}  ") == (longest, "")
    assert hosts.parse_origin(f"https://{longest}") is not None
