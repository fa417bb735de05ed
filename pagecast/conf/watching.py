"""Answers for whoever watches the server, before anything else and without Django's threads.

/healthz   this process answers
/readyz    it can serve readers: the database answers
/metrics   figures for a Prometheus on this machine, or with the token
"""

import asyncio
import json
from collections.abc import Callable
from hmac import compare_digest
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import anyio.to_thread
from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pagecast.chores import pulse

from . import metrics, vitals
from .bounded import Bounded

# Seconds in which the database has to answer a watcher, and for which its answers are good.
PATIENCE, FRESH = 2.0, 5.0
RETRY_AFTER = "2"
# As the specification has it, and as granian does.
HTTP_1_0 = ("1.0", "1")

ADDRESSES = frozenset(("/healthz", "/readyz", "/metrics"))


class Watching:
    """Answers at these three addresses; hands every other request on untouched.

    It stands before whoever believes what proxies say: only the connection itself shows who is local.
    `sample` is called before figures are shown, and takes down what this process is like.
    """

    def __init__(self, app: ASGIApp, *, sample: Callable[[], None]) -> None:
        self._app, self._sample = app, sample
        self._vitals = Bounded(vitals.ask, seconds=PATIENCE, fresh=FRESH)
        self._silence = Bounded(vitals.silence, seconds=PATIENCE, fresh=0.5)
        self._messages = Bounded(vitals.waiting_messages, seconds=PATIENCE, fresh=FRESH)
        self._free = Bounded(vitals.free_bytes, seconds=PATIENCE, fresh=FRESH)
        self._answers = {"/healthz": _alive, "/readyz": self._ready, "/metrics": self._metrics}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answers.get(scope["path"])
        if answer is None:
            await self._app(scope, receive, send)
        elif answer == self._metrics and not may_see(scope, settings.PAGECAST_METRICS_TOKEN):
            # As if there was no such address.
            await self._app(scope, receive, send)
        elif scope["method"] not in ("GET", "HEAD"):
            await PlainTextResponse("", 405, {"Allow": "GET, HEAD"})(scope, receive, send)
        else:
            response = await answer()
            response.headers["Cache-Control"] = "no-store"
            await response(scope, receive, send)

    def close(self) -> None:
        """Ask nothing more."""
        for each in (self._vitals, self._silence, self._messages, self._free):
            each.close()

    async def _ready(self) -> Response:
        """503 only for what another node may do better. Everything else is told.

        There is none for a server that is about to end: it takes no connection from that moment on, which
        every balancer understands, and answers whatever it has taken.
        """
        silence, messages = await asyncio.gather(self._silence.answer(), self._messages.answer())
        told = {
            "database": "does not answer" if silence is None else "ok",
            "worker": worker(silence),
            "broker": broker(messages),
        }
        if silence is not None:
            return _json(HTTPStatus.OK, told)
        detail = "The database does not answer this server."
        status = HTTPStatus.SERVICE_UNAVAILABLE
        problem = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
        return _json(status, problem | told)

    async def _metrics(self) -> Response:
        known, free, messages = await asyncio.gather(
            self._vitals.answer(), self._free.answer(), self._messages.answer()
        )
        self._sample()
        collector = vitals.VitalsCollector(known, free or {}, messages)
        body = await anyio.to_thread.run_sync(metrics.expose, collector)
        return Response(body, media_type=CONTENT_TYPE_LATEST)


async def _alive() -> Response:
    return PlainTextResponse("ok\n")


def worker(silence: float | None) -> str:
    """How the background work is, in words."""
    if silence is None:
        return "not known"
    if silence == float("inf"):
        return "none was seen yet"
    return f"silent for {silence:.0f} s" if silence > pulse.SILENCE.total_seconds() else "ok"


def broker(messages: int | None) -> str:
    """How the broker is, in words."""
    if not settings.REDIS_URL:
        return "none is needed"
    return "does not answer; files wait, pages are served and counted" if messages is None else "ok"


def may_see(scope: Scope, token: str) -> bool:
    """Whether the figures are for this reader: somebody on this machine, or one who has the token."""
    headers = Headers(scope=scope)
    given = headers.get("authorization", "")
    if token and compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    # No Prometheus asks in HTTP/1.0, and an nginx that was told nothing does.
    is_proxied = scope.get("http_version") in HTTP_1_0 or any(map(_is_of_a_proxy, headers))
    return _is_local(scope) and not given and not is_proxied


def _is_local(scope: Scope) -> bool:
    """Whether the connection comes from this machine: from its loopback, or from the address it came to."""
    client, server = scope.get("client"), scope.get("server")
    try:
        address = ip_address(client[0] if client else "")
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or bool(server and client and client[0] == server[0])


def _is_of_a_proxy(header: str) -> bool:
    """Whether a proxy has put it there, who would be local for the whole world."""
    return header.startswith("x-forwarded-") or header in ("forwarded", "x-real-ip", "via")


def _json(status: HTTPStatus, told: dict[str, Any]) -> Response:
    is_fine = status == HTTPStatus.OK
    kind = "application/json" if is_fine else "application/problem+json"
    headers = {} if is_fine else {"Retry-After": RETRY_AFTER}
    return Response(json.dumps(told), status, headers, kind)
