"""One connection of an editor: forms, resumable uploads, in pieces and in parallel."""

from __future__ import annotations

import base64
import io
import random
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from tests.acceptance.server import PATIENCE

CONTENTS, UPLOADS = "/api/content/", "/api/upload/"
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = TUS | {"Content-Type": "application/offset+octet-stream"}
# What goes at once, and the seconds that may pass before the next.
PIECE, LATER = 1 << 16, 0.02
FULL = 507

Found = TypeVar("Found")


class CutError(Exception):
    """The answer was cut off: what was asked for is done, or not."""


class NotSentError(Exception):
    """Nobody listened."""


class FullError(Exception):
    """The disk of the server is full, and it says so."""


class Wrong(AssertionError):  # noqa: N818 - what a test finds, as every assertion
    """An answer that must never be given."""


class SlowFile(io.BytesIO):
    """A file on a slow line, so that kills come in its middle."""

    def __init__(self, data: bytes, chance: random.Random) -> None:
        super().__init__(data)
        self._chance = chance

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes, some time later."""
        time.sleep(self._chance.uniform(0, LATER))
        return super().read(size)


class Connection:
    """Sends one request at a time, and repeats none by itself."""

    def __init__(
        self,
        url: str,
        token: str,
        chance: random.Random,
        count: Callable[[str], None],
        away: Collection[int] = (),
    ) -> None:
        """`count` is told of each answer that leaves something to be desired, `away` are statuses of such."""
        self._chance, self._count, self._away = chance, count, away
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def ask(self, method: str, address: str, *right: int, **options: Any) -> httpx.Response:
        """The answer, if it has one of these statuses."""
        try:
            answer = self._client.request(method, urlsplit(address).path, **options)
        except httpx.ConnectError as error:
            raise NotSentError from error
        except httpx.TimeoutException as error:
            message = f"{method} {address} was not answered in {PATIENCE:g} s"
            raise Wrong(message) from error
        except httpx.TransportError as error:
            self._count("answers cut off")
            raise CutError from error
        if answer.status_code in right:
            return answer
        if answer.status_code in self._away:
            self._count(f"answers with {answer.status_code}")
            raise CutError
        if answer.status_code == FULL and answer.headers["Content-Type"] == "application/problem+json":
            self._count("answers that the disk is full")
            raise FullError
        message = f"{method} {address} was answered with {answer.status_code}: {answer.text[:500]}"
        raise Wrong(message)

    def slow(self, data: bytes) -> SlowFile:
        """The bytes as a file that comes slowly."""
        return SlowFile(data, self._chance)

    def upload(self, name: str, data: bytes) -> str:
        """Send a resumable upload in some pieces; answers with its id."""
        return _id(self._whole(name, data))

    def parallel_upload(self, name: str, data: bytes) -> str:
        """Send it in parts that are put together; answers with the id of the whole."""
        middle = self._chance.randrange(1, len(data))
        parts = [
            self._whole(name, part, **{"Upload-Concat": "partial"}) for part in (data[:middle], data[middle:])
        ]
        joined = {"Upload-Concat": f"final;{' '.join(parts)}", "Upload-Metadata": _metadata(name)}
        # Asked for the same parts again, it answers with the same upload.
        answer = self._insist(lambda: self.ask("POST", UPLOADS, 201, headers=TUS | joined))
        return _id(answer.headers["Location"])

    def unfinished_upload(self, name: str, data: bytes, size: int) -> str:
        """The address of an upload of which only these first bytes come."""
        address = self._begin(name, size)
        self.ask("PATCH", address, 204, content=data, headers=BYTES | {"Upload-Offset": "0"})
        return address

    def go_on(self, address: str, data: bytes, acknowledged: int = 0) -> None:
        """Send what is missing of these bytes, however often it takes. None that was acknowledged is lost."""
        while acknowledged < len(data):
            try:
                told = int(self.ask("HEAD", address, 200, headers=TUS).headers["Upload-Offset"])
                if told < acknowledged:
                    message = f"{address}: {acknowledged} bytes were acknowledged, {told} are there"
                    raise Wrong(message)
                acknowledged = told
                if acknowledged < len(data):
                    acknowledged = self._patch(address, data, acknowledged)
            except (CutError, NotSentError, FullError):
                time.sleep(self._chance.uniform(0.1, 0.4))

    def _patch(self, address: str, data: bytes, offset: int) -> int:
        piece = data[offset : offset + self._chance.randrange(1, max(len(data) // 2, PIECE))]
        headers = BYTES | {"Upload-Offset": str(offset), "Content-Length": str(len(piece))}
        # 409: what a cut connection had sent is still being written.
        answer = self.ask("PATCH", address, 204, 409, content=self._slowly(piece), headers=headers)
        return int(answer.headers["Upload-Offset"]) if answer.status_code == 204 else offset

    def _slowly(self, data: bytes) -> Iterator[bytes]:
        file = self.slow(data)
        return iter(lambda: file.read(PIECE), b"")

    def _whole(self, name: str, data: bytes, **headers: str) -> str:
        address = self._begin(name, len(data), **headers)
        self.go_on(address, data)
        return address

    def _begin(self, name: str, size: int, **headers: str) -> str:
        told = TUS | {"Upload-Length": str(size), "Upload-Metadata": _metadata(name)} | headers
        # One whose address was never heard of is swept one day.
        answer = self._insist(lambda: self.ask("POST", UPLOADS, 201, headers=told))
        return str(answer.headers["Location"])

    def _insist(self, ask: Callable[[], Found]) -> Found:
        while True:
            try:
                return ask()
            except (CutError, NotSentError, FullError):
                time.sleep(self._chance.uniform(0.1, 0.4))


def _id(address: str) -> str:
    return urlsplit(address).path.removeprefix(UPLOADS).strip("/")


def _metadata(name: str) -> str:
    return f"filename {base64.b64encode(name.encode()).decode()}"
