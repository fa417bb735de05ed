"""A client of tus 1.0.0, as plain as can be: it sends what it is told to, right or wrong."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

from rest_framework.test import APIClient

UPLOADS = "/api/upload/"
BYTES = "application/offset+octet-stream"


def encoded(text: str | bytes) -> str:
    """Base64, as in Upload-Metadata."""
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


def checksum(data: bytes, algorithm: str = "sha1") -> dict[str, str]:
    """The header that these bytes are checked by."""
    return {"Upload-Checksum": f"{algorithm} {encoded(hashlib.new(algorithm, data).digest())}"}


class Tus:
    """Requests of the protocol. A header that is None is left out."""

    def __init__(self, client: APIClient) -> None:
        self.client = client

    def ask(self, method: str, address: str, body: bytes = b"", /, **headers: str | None) -> Any:
        """Any request; header names with underscores."""
        told = {"Tus_Resumable": "1.0.0"} | headers
        content_type = told.pop("Content_Type", None) or (BYTES if body else "")
        named = {name.replace("_", "-"): value for name, value in told.items() if value is not None}
        path = urlsplit(address).path
        return self.client.generic(method, path, body, content_type=content_type, headers=named)  # type: ignore[arg-type]

    def begin(self, size: int, body: bytes = b"", /, **headers: str | None) -> Any:
        """A new upload."""
        return self.ask("POST", UPLOADS, body, **{"Upload_Length": str(size)} | headers)

    def address(self, size: int, **headers: str | None) -> str:
        """The address of a new upload."""
        answer = self.begin(size, **headers)
        assert answer.status_code == 201, answer.content
        return str(answer.headers["Location"])

    def patch(self, address: str, offset: int | None, body: bytes, **headers: str | None) -> Any:
        """The next bytes."""
        told = {"Upload_Offset": None if offset is None else str(offset), "Content_Type": BYTES}
        return self.ask("PATCH", address, body, **told | headers)

    def head(self, address: str, **headers: str | None) -> Any:
        """How far it has come."""
        return self.ask("HEAD", address, **headers)

    def offset(self, address: str) -> int:
        """How far it has come, as a number."""
        return int(self.head(address).headers["Upload-Offset"])

    def whole(self, data: bytes, **headers: str | None) -> str:
        """The address of an upload that has arrived."""
        address = self.address(len(data), **headers)
        assert self.patch(address, 0, data).status_code == 204
        return address
