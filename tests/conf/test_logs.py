"""Each event is one line, whoever wrote it, and nothing secret is in it."""

from __future__ import annotations

import json
import logging
import logging.config
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from django.http import HttpResponse
from django.test import RequestFactory
from structlog.contextvars import bound_contextvars

from pagecast.conf import logs
from pagecast.conf.middleware import RequestLog
from pagecast.conf.redacting import HIDDEN, Redactor
from pagecast.delivery.request_ids import request_id
from pagecast.media.models import Upload

ROOT = Path(__file__).resolve().parents[2]
SECRET = "correct-horse-battery"


def hidden(line: str) -> str:
    return Redactor([]).hide(line)


@pytest.mark.parametrize(
    "line",
    [
        f"connection to postgresql://pagecast:{SECRET}@db/pagecast failed",
        f"redis://:{SECRET}@queue:6379/0 is away",
        f"amqp://guest:p@ss{SECRET}@queue/ is away",
        f"Authorization: Bearer {SECRET}",
        f"{{'Authorization': 'Bearer {SECRET}'}}",
        f"(b'authorization', b'Bearer {SECRET}')",
        f"Authorization: Basic {SECRET}",
        f"Invalid header value b'Bearer {SECRET}'",
        f"Cookie: csrftoken=x; sessionid={SECRET}",
        f"{{'Set-Cookie': 'sessionid={SECRET}; HttpOnly'}}",
        f"GET /api/?token={SECRET}&page=2",
        f"GET /api/?a=1&access_token={SECRET} HTTP/1.1",
        f"https://s3/bucket/x.mp4?X-Amz-Credential={SECRET}%2F2026&X-Amz-Date=1&X-Amz-Signature={SECRET}",
        f"https://s3/bucket/x.mp4?AWSAccessKeyId={SECRET}&Signature={SECRET}&Expires=1",
        f"X-Amz-Security-Token={SECRET}",
        f'{{"password": "{SECRET}", "name": "alice"}}',
        f"password={SECRET} host=db",
        f"AWS_SECRET_ACCESS_KEY: {SECRET}",
        f"aws_secret_access_key='{SECRET}'",
        f"PAGECAST_METRICS_TOKEN={SECRET}",
        f"api_key={SECRET}",
        f"DETAIL:  Failing row contains (5, pbkdf2_sha256$1000000$salt${SECRET}, null, f, ann).",
        f"('argon2$argon2id$v=19$m=102400,t=2,p=8$salt${SECRET}',)",
    ],
)
def test_what_looks_like_a_secret_is_hidden(line: str) -> None:
    assert SECRET not in hidden(line)
    assert HIDDEN in hidden(line)


@pytest.mark.parametrize(
    "line",
    [
        "upload_refused kind=video reason=“y.mp4”: This is a sound (M4A), not a video.",
        "https://pages.example.org/pages/token-ring/?page=2",
        "GET /admin/password_change/",
        "request_id=0123456789abcdef0123456789abcdef",
        "the basic idea of the author",
        "CSRF verification failed",
        "connection to server at 127.0.0.1, port 5432 failed: Connection refused",
    ],
)
def test_what_is_none_stays_readable(line: str) -> None:
    assert hidden(line) == line


def test_the_secrets_of_this_installation_are_hidden_wherever_they_stand() -> None:
    redactor = Redactor(["p@ss:word/1", None, "", "short", "redis://:queue-key%2F1@queue:6379/0"])
    assert redactor.hide("it said p@ss:word/1 and p%40ss%3Aword%2F1") == f"it said {HIDDEN} and {HIDDEN}"
    assert redactor.hide("queue-key/1, queue-key%2F1") == f"{HIDDEN}, {HIDDEN}"
    assert redactor.hide("a short word") == "a short word"


@pytest.mark.parametrize("part", ["token", "x-csrf-", "sessionid", "secret."])
def test_a_long_word_of_a_stranger_keeps_nobody_waiting(part: str) -> None:
    started = time.process_time()
    hidden(part * (400_000 // len(part)))
    # It were minutes.
    assert time.process_time() - started < 1


@pytest.fixture(params=["json", "console"])
def lines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """What is written to the log from now on, as it is configured."""
    structured, uncaught = structlog.get_config(), (sys.excepthook, threading.excepthook)
    configured = logs.configuration(request.param, [SECRET])
    kept = logging.root.handlers[:], logging.root.level
    formatter = logging.config.DictConfigurator(configured).configure_formatter(
        configured["formatters"]["line"]
    )
    handler = logging.FileHandler(tmp_path / "log", encoding="utf-8")
    handler.setFormatter(formatter)
    logging.root.handlers, logging.root.level = [handler], logging.INFO

    def read() -> list[str]:
        handler.flush()
        text = (tmp_path / "log").read_text(encoding="utf-8")
        return (
            [json.loads(line)["event"] and line for line in text.splitlines()]
            if request.param == "json"
            else [text]
        )

    try:
        yield read
    finally:
        handler.close()
        logging.root.handlers, logging.root.level = kept
        sys.excepthook, threading.excepthook = uncaught
        logging.captureWarnings(capture=False)
        structlog.configure(**structured)


def test_every_event_is_a_line_of_json_or_text_without_secrets(lines: Callable[[], list[str]]) -> None:
    log = structlog.get_logger("pagecast.test")
    log.info("filed", reason='a "quoted" \\ line\nand another', address=f"https://x:{SECRET}@host/")
    log.info(
        "nested", inner={"Authorization": f"Bearer {SECRET}", "list": [f"token={SECRET}", Path("/x"), 1]}
    )
    logging.getLogger("library").warning("asked for %s with %r", "/x", {"password": SECRET})
    try:
        raise ValueError(f"postgresql://pagecast:{SECRET}@db/ is no address")  # noqa: EM102, TRY301 - a library's
    except ValueError:
        log.exception("broke_off", upload=Upload(name="x"))
        logging.getLogger("library").exception("broke off")
    written = lines()
    assert len(written) in (1, 5)
    assert "broke_off" in "".join(written)
    assert "is no address" in "".join(written)
    assert SECRET not in "".join(written)


def test_a_line_has_the_name_of_its_request(lines: Callable[[], list[str]]) -> None:
    with bound_contextvars(request_id="given-by-nginx"):
        logging.getLogger("library").warning("something")
    assert "given-by-nginx" in "".join(lines())


def test_what_nobody_catches_is_a_line_too() -> None:
    program = f"""
import threading, warnings
import django; django.setup()
warnings.warn("look here")
thread = threading.Thread(target=lambda: 1 / 0); thread.start(); thread.join()
raise RuntimeError("token={SECRET}")
"""
    environment = {"PAGECAST_LOG_FORMAT": "json", "DJANGO_SETTINGS_MODULE": "pagecast.conf.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | environment,
        text=True,
        capture_output=True,
        check=False,
    )
    events = [json.loads(line) for line in done.stderr.splitlines()]
    assert [each["level"] for each in events] == ["warning", "critical", "critical"]
    assert [each["exception"][0]["exc_type"] for each in events[1:]] == ["ZeroDivisionError", "RuntimeError"]
    assert SECRET not in done.stderr
    assert done.returncode == 1


@pytest.mark.parametrize(
    "given", [b"given-by-nginx", b"0123456789abcdef0123456789abcdef", b"A.b_c-12", b"x" * 64]
)
def test_a_well_formed_name_is_kept(given: bytes) -> None:
    assert request_id([(b"host", b"x"), (b"x-request-id", given)]) == given.decode()


@pytest.mark.parametrize(
    "given", [b"short", b"x" * 65, b"with space", b"line\nbreak", "имя-запроса".encode(), b""]
)
def test_any_other_is_replaced(given: bytes) -> None:
    made = request_id([(b"x-request-id", given)])
    assert made != given.decode()
    assert len(made) == 32


def test_of_two_names_neither_is_believed() -> None:
    assert request_id([(b"x-request-id", b"given-one")] * 2) != "given-one"


def test_an_upload_keeps_the_name_of_the_request_that_brought_it() -> None:
    assert Upload(name="x").request_id is None
    with bound_contextvars(request_id="given-by-nginx"):
        assert Upload(name="x").request_id == "given-by-nginx"


def test_the_query_of_a_request_is_not_logged() -> None:
    request = RequestFactory().get("/admin/?q=secret+search&key=1")
    assert RequestLog.format_request(request) == "GET /admin/"


def test_the_address_in_the_log_is_no_header_of_the_clients() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.7", HTTP_X_FORWARDED_FOR="1.2.3.4")
    with bound_contextvars():
        RequestLog.bind_ip(request)
        assert structlog.contextvars.get_contextvars()["ip"] == "10.0.0.7"
    structlog.contextvars.clear_contextvars()


def test_the_line_of_a_request_has_no_more_of_its_browser_than_a_name(
    lines: Callable[[], list[str]],
) -> None:
    request = RequestFactory().get("/admin/", headers={"User-Agent": "Mozilla\x9b" + "x" * 100_000})
    with bound_contextvars():
        RequestLog(lambda _request: HttpResponse())(request)
    (line,) = [line for line in "".join(map(str, lines())).splitlines() if "request_started" in line]
    assert "Mozilla" in line
    assert "\x9b" not in line
    assert len(line) < 1000
