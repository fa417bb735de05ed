"""Filed media over ASGI: ranges, conditional requests, and nothing that runs in our origin."""

import os
import stat
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.responses import FileResponse, PlainTextResponse, Response

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# A blob never changes under its name.
CACHE = "public, max-age=31536000, immutable"
# Shown as what they are; anything else is offered for download. HTML or SVG would run as a page of ours.
SHOWN = (
    "video/",
    "audio/",
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/avif",
    "text/vtt",
    "text/plain",
)
# Not every machine has a table of its own, and some have other ideas of .ts.
TYPES = {
    ".m4v": "video/mp4",
    ".mkv": "video/x-matroska",
    ".ogv": "video/ogg",
    ".flv": "video/x-flv",
    ".wmv": "video/x-ms-wmv",
    ".ts": "video/mp2t",
    ".3gp": "video/3gpp",
    ".m4a": "audio/mp4",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
    ".wma": "audio/x-ms-wma",
    ".wav": "audio/wav",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox",
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": CACHE,
}


class MediaFiles:
    """Answers GET and HEAD below `url` from `folder`; hands every other request on untouched."""

    def __init__(self, app: Application, *, url: str, folder: Path) -> None:
        self.app, self.url, self.folder = app, url, folder.resolve()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(self.url):
            await self.app(scope, receive, send)
            return
        response = await self._answer(scope)
        await response(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Only GET and HEAD.\n", 405, headers={"Allow": "GET, HEAD"})
        found = await anyio.to_thread.run_sync(self._find, scope["path"].removeprefix(self.url))
        if found is None:
            return PlainTextResponse("There is no such file.\n", 404)
        path, status = found
        media_type = TYPES.get(path.suffix.lower())
        response = FileResponse(path, headers=HEADERS, stat_result=status, media_type=media_type)
        if not (response.media_type or "").startswith(SHOWN):
            response.headers["Content-Type"] = "application/octet-stream"
            response.headers["Content-Disposition"] = "attachment"
        known = Headers(scope=scope).get("if-none-match", "")
        if known.strip() == "*" or response.headers["etag"] in [
            tag.strip().removeprefix("W/") for tag in known.split(",")
        ]:
            return Response(status_code=304, headers=HEADERS | {"ETag": response.headers["etag"]})
        return response

    def _find(self, relative: str) -> tuple[Path, os.stat_result] | None:
        parts = relative.split("/")
        # No way out, and nothing that is not filed yet: those names begin with a dot.
        if "\0" in relative or any(not part or part.startswith(".") for part in parts):
            return None
        path = self.folder.joinpath(*parts)
        try:
            status = path.stat()
        except (OSError, ValueError):
            return None
        inside = path.resolve().is_relative_to(self.folder)
        return (path, status) if inside and stat.S_ISREG(status.st_mode) else None
