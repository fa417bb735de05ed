"""Filed media over ASGI: ranges, conditional requests, and nothing that runs in our origin."""

import os
import stat
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response

from pagecast.media.stores.shown import CACHE, Shown, shown_as

from .conditions import precondition, ranges

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# What every answer has; those with a file have CACHE, too.
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox",
    "Access-Control-Allow-Origin": "*",
}
# The longest path, in bytes: what an object store takes.
LONGEST = 1024


class Media(ABC):
    """Answers GET and HEAD below `url`, and hands every other request on untouched.

    With the query `?download` a file is offered to be saved, under its own name.
    """

    def __init__(self, app: Application, *, url: str) -> None:
        self.app, self.url = app, url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.url):
            await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(self.url)
        if scope["method"] not in ("GET", "HEAD"):
            response: Response = text(405, "Only GET and HEAD.", Allow="GET, HEAD")
        elif not _may_be_filed(path):
            response = no_such_file()
        else:
            download = scope.get("query_string", b"").partition(b"=")[0] == b"download"
            response = await self.answer(scope, path, download=download)
        await response(scope, receive, send)

    @abstractmethod
    async def answer(self, scope: Scope, path: str, *, download: bool) -> Response:
        """The answer to GET or HEAD for a path that may be one of a file."""


class MediaFiles(Media):
    """Answers GET and HEAD below `url` from `folder`; hands every other request on untouched.

    Given `accel`, the place at which nginx has the same folder as an internal location, it answers with the
    headers alone, and nginx sends the file, with ranges and conditional requests:

        location /internal-media/ {
            internal;
            alias /var/lib/pagecast/media/;
            max_ranges 16;
            # nginx takes over the type, the disposition and the caching; the others only like this.
            add_header X-Content-Type-Options $upstream_http_x_content_type_options always;
            add_header Content-Security-Policy $upstream_http_content_security_policy always;
            add_header Access-Control-Allow-Origin $upstream_http_access_control_allow_origin always;
        }
    """

    def __init__(self, app: Application, *, url: str, folder: Path, accel: str = "") -> None:
        super().__init__(app, url=url)
        self.folder, self.accel = folder.resolve(), accel

    async def answer(self, scope: Scope, path: str, *, download: bool) -> Response:
        found = await anyio.to_thread.run_sync(self._find, path)
        if found is None:
            return no_such_file()
        file, status = found
        shown = shown_as(path, download=download)
        headers = file_headers(shown)
        if self.accel:
            headers["X-Accel-Redirect"] = quote(f"{self.accel}{path}", safe="/")
            return Response(headers=headers, media_type=shown.media_type)
        response = FileResponse(file, headers=headers, stat_result=status, media_type=shown.media_type)
        etag, modified, size = response.headers["ETag"], int(status.st_mtime), status.st_size
        parts = narrow(scope, etag, modified, size)
        if isinstance(parts, Response):
            return parts
        # Starlette would refuse what it does not understand instead of leaving it out.
        asked = Headers(scope=scope).mutablecopy()
        del asked["range"], asked["if-range"]
        if parts:
            asked["range"] = "bytes=" + ",".join(f"{start}-{end - 1}" for start, end in parts)
        scope["headers"] = asked.raw
        return response

    def _find(self, path: str) -> tuple[Path, os.stat_result] | None:
        file = self.folder.joinpath(*path.split("/"))
        try:
            status = file.stat()
        except (OSError, ValueError):
            return None
        inside = file.resolve().is_relative_to(self.folder)
        return (file, status) if inside and stat.S_ISREG(status.st_mode) else None


def narrow(scope: Scope, etag: str, modified: int, size: int) -> Response | list[tuple[int, int]] | None:
    """The answer that needs no file: 304, 412 or 416; else the parts that are wanted, None for the whole."""
    asked = Headers(scope=scope)
    status = precondition(asked, etag, modified)
    if status is not None:
        return Response(status_code=status, headers=SAFE | {"Cache-Control": CACHE, "ETag": etag})
    # No other method has ranges (RFC 9110, 14.2).
    parts = ranges(asked, size, etag, modified) if scope["method"] == "GET" else None
    if parts is not None and not parts:
        return text(416, "The file has no such range.", **{"Content-Range": f"bytes */{size}"})
    return parts


def file_headers(shown: Shown) -> dict[str, str]:
    """What a file is sent with, beside its type, length, date and tag."""
    disposition = {"Content-Disposition": shown.disposition} if shown.disposition else {}
    return SAFE | {"Cache-Control": CACHE} | disposition


def no_such_file() -> Response:
    """404."""
    return text(404, "There is no such file.")


def text(status: int, said: str, **headers: str) -> Response:
    """An answer in one line."""
    return PlainTextResponse(f"{said}\n", status, headers=SAFE | headers)


def _may_be_filed(path: str) -> bool:
    """Whether it is no way out, and no name that begins with a dot, as those do that are not filed yet."""
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        return False
    return (
        length <= LONGEST
        and "\0" not in path
        and not any(not part or part.startswith(".") for part in path.split("/"))
    )
