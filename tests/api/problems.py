"""The one shape of every error of the API."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from rest_framework.test import APIClient

PAGES = "/api/page/content/"
CONTENTS = "/api/content/"


def problem(answer: Any, status: int, *fields: str) -> dict[str, Any]:
    """The problem that the answer tells, which is about these fields and no others."""
    assert answer.status_code == status, answer.content[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert list(body) == ["type", "title", "status", "detail", *(["errors"] if fields else [])]
    assert (body["title"], body["status"]) == (HTTPStatus(status).phrase, status)
    assert body["detail"]
    assert set(body.get("errors", {})) == set(fields)
    assert "Traceback" not in answer.content.decode()
    return body


def send_bytes(
    client: APIClient, method: str, address: str, body: bytes, content_type: str = "application/json"
) -> Any:
    """Send a body of any bytes."""
    return client.generic(method, address, body, content_type=content_type)  # type: ignore[arg-type]


def send(client: APIClient, method: str, address: str, body: Any) -> Any:
    """Send any JSON at all: the client's own encoder stops at half a character."""
    return client.generic(method, address, json.dumps(body), content_type="application/json")
