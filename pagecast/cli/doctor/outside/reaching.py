"""Whether people get there: the address, its certificate, and the way from http:// to https://."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPConnection
from urllib.parse import urlsplit

from pagecast.cli.doctor import speaking
from pagecast.cli.doctor.asking import UNANSWERED, Answer, Site, trouble
from pagecast.cli.doctor.check import Finding, check, failed, ok, skipped, warning
from pagecast.cli.doctor.visit import Visit

DAY = 86_400
# Days before the end of a certificate at which it should have been renewed.
SOON = 14
# Seconds.
DRIFT, FAR = 5, 60
# How /readyz begins to tell of a worker that is missing.
UNWELL = ("silent", "none")
PLAIN_PORT, ENCRYPTED_PORT = 80, 443
NOT_ENCRYPTED = "The address is http://: there is no TLS."


@check("address", 60, "Check the name, the firewall, and that the proxy and `pagecast serve` run.")
def address(visit: Visit) -> Finding:
    """Pagecast answers at the address."""
    try:
        answer = visit.site.ask("GET", "/healthz")
    except UNANSWERED as error:
        return failed(f"Nobody answers at {visit.site.origin}: {trouble(error)}.")
    if answer.status in {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE}:
        return failed(
            f"The proxy does not reach Pagecast (its answer: {answer.status}).",
            "Start `pagecast serve`, and check the address in the proxy (proxy_pass, reverse_proxy).",
        )
    if answer.status == HTTPStatus.BAD_REQUEST:
        return failed(
            f"The server does not know itself as {visit.site.origin} (its answer: 400).",
            _own_address(visit.site),
        )
    if answer.status != HTTPStatus.OK or answer.body.strip() != b"ok":
        return failed(
            f"Somebody answers at {visit.site.origin}, but not Pagecast ({answer.status} for /healthz)."
        )
    return ok(f"Pagecast answers at {visit.site.origin}.")


def _own_address(site: Site) -> str:
    return f"Set PAGECAST_ORIGIN={site.origin}\nIn the proxy, nginx say: proxy_set_header Host $http_host;"


@check("certificate", 61, "Renew it, for instance: certbot renew", "address")
def certificate(visit: Visit) -> Finding:
    """The certificate is valid, for this name, and for some weeks to come."""
    site = visit.site
    if not site.is_encrypted:
        return skipped(NOT_ENCRYPTED)
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((site.host, site.port), site.timeout) as plain,
            context.wrap_socket(plain, server_hostname=site.host) as encrypted,
        ):
            told = encrypted.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return failed(
            f"Browsers refuse the certificate: {error.verify_message.rstrip('.')}.",
            f"Get one for {site.host} with its whole chain, for instance: certbot --nginx -d {site.host}",
        )
    except OSError as error:
        return failed(f"There is no TLS to be had: {trouble(error)}.")
    ends = ssl.cert_time_to_seconds(str(told["notAfter"]))
    days = (ends - time.time()) / DAY
    if days < SOON:
        return warning(f"The certificate ends in {days:.0f} days, and nobody has renewed it.")
    return ok(f"The certificate is good for {days:.0f} days.")


def plain_address(site: Site) -> tuple[str, int]:
    """Where somebody comes who types the name alone."""
    return site.host, PLAIN_PORT


@check(
    "redirect",
    62,
    "In the proxy, nginx say: server { listen 80; return 301 https://$host$request_uri; }",
    "address",
)
def redirect(visit: Visit) -> Finding:
    """Who comes by http:// is sent to https://."""
    if not visit.site.is_encrypted:
        return skipped(NOT_ENCRYPTED)
    if visit.site.port != ENCRYPTED_PORT and plain_address(visit.site)[1] == PLAIN_PORT:
        return skipped("The address has a port of its own, and http:// leads to another server.")
    connection = HTTPConnection(*plain_address(visit.site), timeout=visit.timeout)
    try:
        connection.request("GET", "/healthz")
        response = connection.getresponse()
        target = response.headers.get("Location", "")
    except UNANSWERED as error:
        return warning(f"Nobody answers who types the name without https://: {trouble(error)}.")
    finally:
        connection.close()
    if response.status // 100 == 3 and urlsplit(target).scheme == "https":  # noqa: PLR2004 - 3xx
        return ok("Who comes by http:// is sent to https://.")
    return warning(f"Who comes by http:// is not sent to https:// (the answer: {response.status}).")


@check(
    "server-clock",
    63,
    "Let both machines take their time from the network: timedatectl set-ntp true",
    "address",
)
def server_clock(visit: Visit) -> Finding:
    """The server's clock and that of this machine agree."""
    answer = visit.site.ask("GET", "/healthz")
    if "date" not in answer.headers:
        return skipped("The answers have no date.")
    drift = (parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC)).total_seconds()
    if abs(drift) > DRIFT:
        found = failed if abs(drift) > FAR else warning
        return found(
            f"The server's clock is {abs(drift):.0f} s {'ahead of' if drift > 0 else 'behind'} ours."
        )
    return ok("The server's clock and ours agree.")


@check("ready", 64, "Run `pagecast doctor` on the server itself.", "address")
def ready(visit: Visit) -> Finding:
    """The server can do its work."""
    answer = visit.site.ask("GET", "/readyz")
    if answer.status == HTTPStatus.OK:
        parts = answer.json()
        if isinstance(parts, dict) and str(parts.get("worker", "ok")).startswith(UNWELL):
            return warning(f"The server says that nobody does its background work{_told(answer)}.")
        return ok(f"The server says that it can work{_told(answer)}.")
    return failed(f"The server says that it can not work ({answer.status} for /readyz){_told(answer)}.")


def _told(answer: Answer) -> str:
    """What it says of its parts, in one line."""
    found = answer.json()
    if not isinstance(found, dict):
        return ""
    if isinstance(found.get("detail"), str):
        return f": {found['detail'].rstrip('.')}"
    return "".join(f"; {name}: {value}" for name, value in found.items() if isinstance(value, str))


@check("hidden", 65, "Do not let the proxy pass /metrics on: location = /metrics { return 404; }", "address")
def hidden(visit: Visit) -> Finding:
    """The metrics are nobody's business."""
    answer = visit.site.ask("GET", "/metrics")
    if answer.status == HTTPStatus.OK and speaking.is_here(visit.site.host):
        return skipped("The address is this machine itself, which may see them. Ask from another one.")
    if answer.status == HTTPStatus.OK:
        return failed("/metrics answers everybody.")
    return ok("/metrics does not answer strangers.")


@check("debug-outside", 66, "Take DEBUG = True out of the settings module on the server.", "address")
def debug_outside(visit: Visit) -> Finding:
    """An error shows neither settings nor code."""
    answer = visit.site.ask("GET", "/there-is-no-such-page/")
    if b"DEBUG = True" in answer.body or b"URLconf" in answer.body:
        return failed("DEBUG is on: an address that does not exist shows how the server is built.")
    return ok("An address that does not exist shows nothing of the server.")
