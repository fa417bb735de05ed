"""An editor's client that costs next to nothing: the kernel sends the file."""

import json
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

PATIENCE = 600
LOOK = 0.01
UPLOADS, CONTENTS = "/api/upload/", "/api/content/"
BOUNDARY = "a-line-that-no-file-has"


class Editor:
    """Each request has a connection of its own. Raises `RuntimeError` for every answer that is no success."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._token = port, token

    def send(self, path: Path) -> str:
        """The id of a new upload, whose bytes were sent at once (tus 1.0.0: creation, then one PATCH)."""
        spoken = {"Tus-Resumable": "1.0.0"}
        name = b64encode(path.name.encode()).decode()
        begun = {"Upload-Length": str(path.stat().st_size), "Upload-Metadata": f"filename {name}"}
        address, _ = self._ask("POST", UPLOADS, spoken | begun)
        key = address.rstrip("/").rpartition("/")[2]
        headers = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        self._ask("PATCH", f"{UPLOADS}{key}/", spoken | headers, [path])
        return key

    def give_up(self, upload: str) -> None:
        """Remove an upload that nobody uses."""
        self._ask("DELETE", f"{UPLOADS}{upload}/", {"Tus-Resumable": "1.0.0"})

    def post(self, path: Path) -> int:
        """The id of a new content, made by a form with its file."""
        head = "".join(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in {"content_type": "video", "title": "A film"}.items()
        )
        file = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
            "Content-Type: video/mp4\r\n\r\n"
        )
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        parts: list[bytes | Path] = [(head + file).encode(), path, f"\r\n--{BOUNDARY}--\r\n".encode()]
        _, content = self._ask("POST", CONTENTS, headers, parts)
        return int(content["id"])

    def attach(self, upload: str) -> int:
        """The id of a new content that has this upload."""
        body = json.dumps({"content_type": "video", "title": "A film", "upload": upload}).encode()
        _, content = self._ask("POST", CONTENTS, {"Content-Type": "application/json"}, [body])
        return int(content["id"])

    def remove(self, content: int) -> None:
        """Remove a content; its file stays until a sweep."""
        self._ask("DELETE", f"{CONTENTS}{content}/", {})

    def wait(self, content: int) -> list[str]:
        """Wait until its file is filed; answers with what its editor is told about it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            _, found = self._ask("GET", f"{CONTENTS}{content}/", {})
            if found["upload_status"] == "completed":
                notices: list[str] = found["upload_notices"]
                return notices
            if found["upload_status"] == "failed":
                raise RuntimeError(found["upload_error"])
            time.sleep(LOOK)
        message = "the worker does not file what was sent"
        raise TimeoutError(message)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: Sequence[bytes | Path] = ()
    ) -> tuple[str, Any]:
        """The answer's Location and its JSON."""
        length = sum(part.stat().st_size if isinstance(part, Path) else len(part) for part in body)
        connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            connection.putrequest(method, path)
            own = {"Authorization": f"Bearer {self._token}", "Content-Length": str(length)}
            for name, value in (own | dict(headers)).items():
                connection.putheader(name, value)
            connection.endheaders()
            for part in body:
                if isinstance(part, Path):
                    with part.open("rb") as file:
                        connection.sock.sendfile(file)
                else:
                    connection.sock.sendall(part)
            answer = connection.getresponse()
            data = answer.read()
            if not 200 <= answer.status < 300:  # noqa: PLR2004
                raise RuntimeError(f"{method} {path} is answered with {answer.status}: {data[:500]!r}")  # noqa: EM102
            return answer.getheader("Location", ""), json.loads(data) if data else None
        finally:
            connection.close()
