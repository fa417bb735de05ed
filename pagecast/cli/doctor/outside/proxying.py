"""What the proxies in between do to a request: its address, its body, its patience."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from pagecast.cli.doctor.asking import UNANSWERED, Answer, Site, trouble
from pagecast.cli.doctor.check import Finding, check, failed, ok, skipped, warning
from pagecast.cli.doctor.visit import Visit

from .reaching import ENCRYPTED_PORT

MEBIBYTE = 2**20
# If the server does not tell the largest file that it takes.
LARGE = 2**30
# Seconds without a byte, as happens to everybody on a train.
PAUSE = 6.0
# The part of the time for one answer in which comes what comes at once.
AT_ONCE = 0.3
UPLOADS, FORM = "/api/upload/", "/i18n/setlang/"
HEADERS = ("content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy")


@check("host", 67, "Set PAGECAST_ORIGIN to this very address, and let the proxy pass the Host on.", "address")
def host(visit: Visit) -> Finding:
    """The proxy passes on the address, and PAGECAST_ORIGIN is it."""
    site, page = visit.site, visit.site.first_page
    if isinstance(page, Answer):
        if page.status == HTTPStatus.OK:
            return skipped("There is no page yet whose address could be looked at.")
        return failed(f"The list of pages is not to be had (the answer: {page.status}).", _cure(site))
    parts = urlsplit(str(page.get("url", "")))
    if (found := f"{parts.scheme}://{parts.netloc}") != site.origin:
        return failed(f"The server takes itself for {found}, and not for {site.origin}.", _cure(site))
    return ok(f"The server knows itself as {site.origin}.")


def _cure(site: Site) -> str:
    return f"Set PAGECAST_ORIGIN={site.origin}\nIn the proxy, nginx say: proxy_set_header Host $http_host;"


@check(
    "forms",
    68,
    "Set PAGECAST_ORIGIN to this very address, and let the proxy pass Host and Cookie on.",
    "address",
)
def forms(visit: Visit) -> Finding:
    """A form that is sent from this address is accepted."""
    site = visit.site
    if (token := site.login.cookies.get("csrftoken")) is None:
        return failed(
            f"The form for logging in comes without its cookie (the answer: {site.login.status}).",
            "Let the proxy pass Set-Cookie on, and keep nothing of /admin/ in a cache.",
        )
    answer = site.ask("POST", FORM, _as_browser(site, token), b"language=en")
    if answer.status == HTTPStatus.FORBIDDEN:
        return failed(f"A form from {site.origin} is refused: nobody can log in.", _cure(site))
    if answer.status >= HTTPStatus.BAD_REQUEST:
        return failed(f"A form from {site.origin} is not accepted (the answer: {answer.status}).")
    return ok("A form from this address is accepted.")


def _as_browser(site: Site, token: str) -> dict[str, str]:
    return {
        "Origin": site.origin,
        "Referer": f"{site.origin}/admin/login/",
        "Cookie": f"csrftoken={token}",
        "X-CSRFToken": token,
        "Content-Type": "application/x-www-form-urlencoded",
    }


@check("headers", 69, "Take out of the proxy what removes or replaces them (proxy_hide_header).", "address")
def headers(visit: Visit) -> Finding:
    """The headers that protect browsers arrive."""
    found = visit.site.login.headers
    # What is said of a host is for all of its ports, so it is not said at one of them.
    is_for_good = visit.site.is_encrypted and visit.site.port == ENCRYPTED_PORT
    wanted = (*HEADERS, "strict-transport-security") if is_for_good else HEADERS
    if "no-referrer" in found.get("referrer-policy", "").replace("no-referrer-when", ""):
        return failed(
            "Referrer-Policy is no-referrer: browsers send `Origin: null`, and every form is refused.",
            "Take Referrer-Policy out of the proxy; Pagecast sends its own.",
        )
    missing = [name for name in wanted if name not in found]
    if missing == ["strict-transport-security"]:
        return warning(
            "Strict-Transport-Security is missing.",
            f"Set PAGECAST_ORIGIN={visit.site.origin}, and nothing else.",
        )
    if missing:
        return warning(f"Of the headers that protect browsers, these do not arrive: {', '.join(missing)}.")
    return ok("The headers that protect browsers arrive.")


def _announce(site: Site, size: int) -> Answer | None:
    """What is answered to a body of this size of which no byte comes; None where it is waited for."""
    told = {
        "Content-Length": str(size),
        "Content-Type": "application/offset+octet-stream",
        "Tus-Resumable": "1.0.0",
        "Upload-Length": str(size),
    }
    try:
        return site.ask_slowly(UPLOADS, told, b"", -1, site.timeout * AT_ONCE)
    except TimeoutError:
        return None


def _is_too_large(answer: Answer | None) -> bool:
    """Whether a proxy says so: Pagecast itself says so in words of its own."""
    return answer is not None and answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and not answer.is_ours


def _largest(site: Site) -> int:
    told = site.ask("OPTIONS", UPLOADS).headers.get("tus-max-size", "")
    return int(told) if told.isdecimal() else LARGE


@check(
    "upload-limit",
    70,
    "In nginx: client_max_body_size 0; elsewhere the like. Pagecast has a limit of its own.",
    "address",
)
def upload_limit(visit: Visit) -> Finding:
    """The proxy lets uploads through that are as large as Pagecast takes."""
    site, most = visit.site, _largest(visit.site)
    if not _is_too_large(_announce(site, most)):
        return ok(f"The proxy lets {_size(most)} through, which is the largest file.")
    low, high = 0, most // MEBIBYTE
    # What it lets through, in MiB, to a tenth.
    while high - low > max(low // 10, 1):
        middle = (low + high) // 2 if low else max(high // 8, 1)
        if _is_too_large(_announce(site, middle * MEBIBYTE)):
            high = middle
        else:
            low = middle
    return failed(
        f"The proxy refuses uploads of {high} MiB or more (413), and {_size(most)} should be taken."
    )


def _size(number: int) -> str:
    return f"{number // MEBIBYTE} MiB" if number >= MEBIBYTE else f"{number} bytes"


@check(
    "upload-buffering",
    71,
    "In nginx: proxy_request_buffering off; proxy_http_version 1.1;",
    "address",
    "upload-limit",
)
def upload_buffering(visit: Visit) -> Finding:
    """The proxy passes uploads on while they arrive."""
    answer = _announce(visit.site, 2 * MEBIBYTE)
    if answer is None and "nginx" not in visit.site.ask("GET", "/healthz").headers.get("server", ""):
        return skipped(
            "No answer came before the end of an upload, as behind Caddy, Traefik and Apache, which pass "
            "uploads on all the same: see at one whether its progress is shown."
        )
    if answer is None:
        return warning(
            "The proxy keeps uploads until they are complete: they need room on its disk, a broken one is "
            "lost whole, and its progress is not shown."
        )
    if not answer.is_ours:
        return warning(f"The proxy answers uploads by itself ({answer.status}).")
    return ok("The proxy passes uploads on while they arrive.")


@check(
    "patience",
    72,
    "In nginx: client_body_timeout 60s; proxy_read_timeout 120s; proxy_send_timeout 120s;",
    "address",
)
def patience(visit: Visit) -> Finding:
    """A sender may be silent for some seconds."""
    site, body = visit.site, b"language=en"
    # With its token, so that the server has nothing to complain of in its log.
    told = _as_browser(site, site.login.cookies.get("csrftoken", "")) | {"Content-Length": str(len(body))}
    try:
        answer = site.ask_slowly(FORM, told, body, PAUSE, site.timeout)
    except UNANSWERED as error:
        return failed(f"Who is silent for {PAUSE:g} s is cut off: {trouble(error)}.")
    if answer.status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}:
        return failed(f"Who is silent for {PAUSE:g} s is cut off (the answer: {answer.status}).")
    return ok(f"Who is silent for {PAUSE:g} s is waited for.")
