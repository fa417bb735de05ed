"""Static files, straight from the packages and the theme that bring them, and how long browsers keep them."""

import gzip
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import NOT_ALLOWED_RESPONSE, Response

from pagecast.site import assets

#: Our own scripts and styles: they go with the HTML of the same version, and with each other.
OURS = ("pages/", assets.FOLDER)
FOR_EVER = "max-age=31536000, public, immutable"
# What is larger is sent from the disk, and in parts.
KEPT_IN_MEMORY = 2**20
# A picture may hold a script, which never runs in a page, but would where somebody opens it alone.
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
_TAKES_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))")


class KeptFile:
    """A small file in memory, and compressed beside where that makes it smaller."""

    def __init__(self, body: bytes, headers: Iterable[tuple[str, str]]) -> None:
        packed = _packed(body)
        tag = hashlib.sha256(body).hexdigest()[:16]
        more = [("Vary", "Accept-Encoding")] if packed else []
        self._plain = body, [*headers, *more, ("ETag", f'"{tag}"')]
        zipped = [*headers, *more, ("ETag", f'"{tag}-gzip"'), ("Content-Encoding", "gzip")]
        self._packed = (packed, zipped) if packed else None

    def get_response(self, method: str, request: Mapping[str, Any]) -> Any:
        """What WhiteNoise asks of its files."""
        if method not in {"GET", "HEAD"}:
            return NOT_ALLOWED_RESPONSE
        takes = self._packed and _TAKES_GZIP.search(request.get("HTTP_ACCEPT_ENCODING", ""))
        body, headers = self._packed if self._packed and takes else self._plain
        if dict(headers)["ETag"] in request.get("HTTP_IF_NONE_MATCH", ""):
            return Response(HTTPStatus.NOT_MODIFIED, headers, None)
        file = None if method == "HEAD" else BytesIO(body)
        return Response(HTTPStatus.OK, [*headers, ("Content-Length", str(len(body)))], file)


@cache
def _packed(body: bytes) -> bytes | None:
    packed = gzip.compress(body, mtime=0)
    return packed if len(packed) < 0.9 * len(body) else None


class StaticFiles(WhiteNoiseMiddleware):
    """All static files; those of the site under an address with their version, too, where they stay for ever.

    Ours without a version are asked for again, which costs a 304 and never mixes two versions.
    """

    def __init__(
        self, get_response: Callable[[HttpRequest], HttpResponse] | None = None, settings: Any = settings
    ) -> None:
        super().__init__(get_response, settings)
        self._versioned = re.compile(rf"{re.escape(self.static_prefix)}site\.{assets.VERSION}/(.+)")
        if self.use_finders or self.static_root:
            for name, path in assets.found().items():
                self._keep(path, f"{self._ours()}{name}")
        if logo := settings.PAGECAST_SITE_LOGO:
            address = f"{self.static_prefix}{logo.name}"
            self.files[address] = KeptFile(logo.body, self._headers(logo.name, FOR_EVER))

    def __call__(self, request: HttpRequest) -> Any:
        found = self.find(request.path_info)
        return self.get_response(request) if found is None else self.serve(found, request)

    def find(self, path: str) -> Any:
        """The file at this path; None if there is none.

        Under the address of another version it is the one of now: where nodes are brought up to date one
        after the other, a page of one asks another for its style.
        """
        found = self.files.get(path)
        if found is None and self.autorefresh:
            found = self.find_file(path)
        if found is None and (match := self._versioned.fullmatch(path)):
            found = self.find(f"{self.static_prefix}{assets.FOLDER}{match[1]}")
        return found

    def add_cache_headers(self, headers: Headers, path: str, url: str) -> None:
        if url.startswith(self._ours()):
            headers["Cache-Control"] = FOR_EVER
        elif url.startswith(tuple(self.static_prefix + folder for folder in OURS)):
            headers["Cache-Control"] = "no-cache"
        else:
            super().add_cache_headers(headers, path, url)

    def _ours(self) -> str:
        return f"{self.static_prefix}{assets.VERSIONED.format(version=assets.version())}"

    def _keep(self, path: Path, url: str) -> None:
        if path.stat().st_size > KEPT_IN_MEMORY:
            self.files[url] = self.get_static_file(str(path), url)
        else:
            self.files[url] = KeptFile(path.read_bytes(), self._headers(str(path), FOR_EVER))

    def _headers(self, path: str, kept: str) -> list[tuple[str, str]]:
        headers = Headers([("Cache-Control", kept), ("Access-Control-Allow-Origin", "*")])
        self.add_mime_headers(headers, path, path)
        if path.endswith(".svg"):
            headers["Content-Security-Policy"] = PICTURE_POLICY
        return headers.items()
