"""Plain HTTP questions to an installation, asked from outside. Nothing secret goes with them."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

# More than any answer that is asked for; whoever sends without an end is cut off.
_MOST = 4 * 2**20
_AGENT = "pagecast-doctor"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; names of headers are in lower case, of several of one name the last one counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Mapping[str, str]

    @property
    def is_ours(self) -> bool:
        """A refusal in Pagecast's own words, and not those of a server in front of it."""
        return self.headers.get("content-type", "").startswith("application/problem+json")

    def json(self) -> Any:
        """The body, read as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class Site:
    """An installation at its public address. `url` begins with http:// or https:// and names a host."""

    def __init__(self, url: str, timeout: float) -> None:
        parts = urlsplit(url)
        self.scheme, self.host, self.timeout = parts.scheme, _ascii(parts.hostname or ""), timeout
        self.is_encrypted = self.scheme == "https"
        usual = 443 if self.is_encrypted else 80
        self.port = parts.port or usual
        #: As browsers write it: https://html.spec.whatwg.org/multipage/browsers.html#origin
        self.origin = f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}"
        if self.port != usual:
            self.origin += f":{self.port}"

    def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """The answer to one request. Raises `OSError` and `HTTPException` when there is none."""
        with closing(self.connection()) as connection:
            connection.request(method, path, body or None, {"User-Agent": _AGENT, **(headers or {})})
            return _answer(connection)

    def ask_slowly(
        self, path: str, headers: Mapping[str, str], body: bytes, pause: float, patience: float
    ) -> Answer:
        """The answer to a POST whose last byte comes `pause` seconds late; below 0 none of its bytes comes.

        `patience` is how long the answer is waited for. Raises as `ask` does, `TimeoutError` too.
        """
        with closing(self.connection()) as connection:
            connection.putrequest("POST", path)
            for name, value in {"User-Agent": _AGENT, **headers}.items():
                connection.putheader(name, value)
            connection.endheaders()
            if pause >= 0:
                connection.send(body[:-1])
                time.sleep(pause)
                connection.send(body[-1:])
            connection.sock.settimeout(patience)
            return _answer(connection)

    def connection(self) -> HTTPConnection:
        """A connection that trusts whatever certificate there is: the certificate has a check of its own."""
        if not self.is_encrypted:
            return HTTPConnection(self.host, self.port, timeout=self.timeout)
        anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
        return HTTPSConnection(self.host, self.port, timeout=self.timeout, context=anything)

    @cached_property
    def first_page(self) -> dict[str, Any] | Answer:
        """A page that readers see, with its address; where there is none, the answer. Counts one view."""
        answer = self.ask("GET", "/api/page/content/?page_size=1", {"Accept": "application/json"})
        found = answer.json()
        pages = found.get("results") if isinstance(found, dict) else None
        return pages[0] if pages and isinstance(pages[0], dict) else answer

    @cached_property
    def login(self) -> Answer:
        """The form for logging in, with the cookie that belongs to it."""
        return self.ask("GET", "/admin/login/")


def trouble(error: Exception) -> str:
    """Why there is no answer, in a few words."""
    if isinstance(error, TimeoutError):
        return "nothing came in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).strip() or type(error).__name__


UNANSWERED = (OSError, HTTPException)


def _ascii(host: str) -> str:
    """The host as it goes over the wire."""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _answer(connection: HTTPConnection) -> Answer:
    response = connection.getresponse()
    cookies = {}
    for cookie in response.headers.get_all("Set-Cookie", []):
        name, _, value = cookie.partition(";")[0].partition("=")
        cookies[name.strip()] = value.strip()
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, response.read(_MOST), cookies)
