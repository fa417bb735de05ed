"""Media in a bucket: readers are sent to the object store, or get the bytes through us."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import anyio
import anyio.to_thread
import structlog
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from pagecast.media.stores.shown import Shown, shown_as
from pagecast.media.stores.store import StoreAway, Stored

from .media import SAFE, Application, Media, Receive, Scope, Send, file_headers, narrow, no_such_file

if TYPE_CHECKING:
    # Its libraries need not be installed where there is no bucket.
    from pagecast.media.stores.bucket import BucketStore

log = structlog.get_logger(__name__)
Result = TypeVar("Result")

# Seconds for which a browser may use the address that it was sent to; it is good for an hour.
REMEMBERED = 600
# Seconds after which to try again when the store is away.
PATIENCE = 5
CHUNK = 256 * 1024
# Threads that wait for the store, so that those for other things are not all taken.
THREADS = 32


class MediaObjects(Media):
    """Answers GET and HEAD below `url` from a bucket; hands every other request on untouched.

    A file that is there is answered with 302 to its address in the store. `proxied`, and subtitles always,
    which a browser wants from where the page is, are sent from here, a chunk of the file in memory at a time.
    Of several ranges in one request the whole file is sent, as RFC 9110 allows.
    """

    def __init__(self, app: Application, *, url: str, store: BucketStore, proxied: bool = False) -> None:
        super().__init__(app, url=url)
        self.store, self.proxied = store, proxied
        self._threads = anyio.CapacityLimiter(THREADS)

    async def answer(self, scope: Scope, path: str, *, download: bool) -> Response:
        shown = shown_as(path, download=download)
        try:
            found = await self._wait(lambda: self.store.find(path))
            if found is None:
                return no_such_file()
            if self.proxied or shown.media_type.startswith("text/vtt"):
                return await self._send(scope, found, shown)
            return await self._redirect(scope, path, download=download)
        except ValueError:
            # With the prefix it is too long.
            return no_such_file()
        except FileNotFoundError:
            # Removed since it was found.
            return no_such_file()
        except StoreAway as away:
            log.warning("the object store is away", path=path, reason=str(away))
            return _away()

    async def _redirect(self, scope: Scope, path: str, *, download: bool) -> Response:
        address = await self._wait(
            lambda: self.store.address(path, method=scope["method"], download=download)
        )
        return RedirectResponse(
            address, HTTPStatus.FOUND, headers=SAFE | {"Cache-Control": f"private, max-age={REMEMBERED}"}
        )

    async def _send(self, scope: Scope, found: Stored, shown: Shown) -> Response:
        # The store's own tag is a hash of the bytes, which tells whoever has the same ones that we have them.
        version = f"{found.since.timestamp()}-{found.size}"
        etag = f'"{hashlib.md5(version.encode(), usedforsecurity=False).hexdigest()}"'
        parts = narrow(scope, etag, int(found.since.timestamp()), found.size)
        if isinstance(parts, Response):
            return parts
        headers = file_headers(shown) | {
            "Accept-Ranges": "bytes",
            "ETag": etag,
            "Last-Modified": format_datetime(found.since, usegmt=True),
            "Content-Length": str(found.size),
        }
        if scope["method"] == "HEAD" or not found.size:
            return Response(headers=headers, media_type=shown.media_type)
        if not parts or len(parts) > 1:
            body = await self._wait(lambda: self.store.open(found.path))
            return _Passage(body, self._threads, HTTPStatus.OK, headers, shown.media_type)
        [(start, end)] = parts
        headers["Content-Length"] = str(end - start)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
        body = await self._wait(lambda: self.store.open_part(found.path, start, end))
        return _Passage(body, self._threads, HTTPStatus.PARTIAL_CONTENT, headers, shown.media_type)

    async def _wait(self, ask: Callable[[], Result]) -> Result:
        return await anyio.to_thread.run_sync(ask, limiter=self._threads)


class _Passage(StreamingResponse):
    """Bytes from the store, on their way to a reader. When he goes away, the store is hung up on."""

    def __init__(
        self,
        body: BinaryIO,
        threads: anyio.CapacityLimiter,
        status: int,
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        super().__init__(self._chunks(), status, headers, media_type)
        self._body, self._threads = body, threads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._body.close, limiter=self._threads)

    async def _chunks(self) -> AsyncIterator[bytes]:
        while chunk := await anyio.to_thread.run_sync(self._body.read, CHUNK, limiter=self._threads):
            yield chunk


def _away() -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus.SERVICE_UNAVAILABLE.phrase,
        "status": HTTPStatus.SERVICE_UNAVAILABLE.value,
        "detail": "The store of the media does not answer just now. Try again in a few seconds.",
    }
    headers = SAFE | {"Retry-After": str(PATIENCE), "Cache-Control": "no-store"}
    return JSONResponse(
        body, HTTPStatus.SERVICE_UNAVAILABLE, headers=headers, media_type="application/problem+json"
    )
