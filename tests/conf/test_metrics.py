"""What a Prometheus may know, and who may ask."""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import itertools
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest
import yaml
from django.db import DatabaseError
from django.db.models.functions import Now
from django.utils.module_loading import import_string

from pagecast.chores.models import Chore
from pagecast.conf import metrics, vitals, worker_figures
from pagecast.conf.bounded import Bounded
from pagecast.conf.watching import Watching, may_see, worker
from pagecast.counting.recorder import record
from pagecast.media import figures as media
from pagecast.media.models import Upload
from pagecast.pages.models import Content, Page
from tests.acceptance.server import free_port
from tests.delivery.desk import Answer, ask

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-prometheus"
KNOWN = vitals.Vitals({"failed": 2}, 3.0, 4, 5, 6.0, {"settle": 7.0})
FREE = {"data": 8, "media": 9}


def promtool(*words: str, given: str | None = None) -> None:
    """Have Prometheus' own tool look at something. Skipped where it is not; on a CI server that fails."""
    found = shutil.which("promtool")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("promtool is missing")
        pytest.skip("promtool is not installed")
    done = subprocess.run(
        [found, *words],
        input=given,
        text=True,
        capture_output=True,
        check=False,
        cwd=ROOT / "deploy/prometheus",
    )
    assert done.returncode == 0, done.stdout + done.stderr


def scope(client: str = "127.0.0.1", server: str = "0.0.0.0", **headers: str) -> dict[str, Any]:  # noqa: S104 - what it may be bound to
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "headers": named, "client": (client, 4000), "server": (server, 8000)}


@pytest.mark.parametrize(
    ("asked", "token", "expected"),
    [
        (scope(), "", True),
        (scope("::1"), "", True),
        (scope("::ffff:127.0.0.1"), "", True),
        (scope("10.0.0.7", "10.0.0.7"), "", True),
        (scope("10.0.0.8", "10.0.0.7"), "", False),
        (scope("203.0.113.9"), "", False),
        (scope(""), "", False),
        (scope(x_forwarded_for="203.0.113.9"), "", False),
        (scope(x_forwarded_proto="https"), "", False),
        (scope(x_real_ip="203.0.113.9"), "", False),
        (scope(forwarded="for=203.0.113.9"), "", False),
        (scope(via="1.1 proxy"), "", False),
        (scope() | {"http_version": "1.1"}, "", True),
        (scope() | {"http_version": "1.0"}, "", False),
        (scope() | {"http_version": "1"}, "", False),
        (scope("203.0.113.9", authorization=f"Bearer {TOKEN}"), TOKEN, True),
        (scope(x_forwarded_for="203.0.113.9", authorization=f"Bearer {TOKEN}"), TOKEN, True),
        (scope("203.0.113.9", authorization="Bearer "), "", False),
        (scope("203.0.113.9", authorization=f"Bearer {TOKEN}x"), TOKEN, False),
        (scope("203.0.113.9", authorization=TOKEN), TOKEN, False),
        (scope(authorization="Bearer another"), TOKEN, False),
    ],
)
def test_figures_are_for_this_machine_and_for_who_has_the_token(
    asked: dict[str, Any], token: str, expected: bool
) -> None:
    assert may_see(asked, token) is expected


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Answer]:
    """Ask one of the three addresses, in front of somebody who answers 404 to all others."""

    async def nothing(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b"as if there was nothing"})

    def asked(path: str, method: str = "GET", **headers: str) -> Answer:
        return asyncio.run(ask(Watching(nothing, sample=lambda: None), method, path, headers))

    monkeypatch.setattr(vitals, "ask", lambda: KNOWN)
    monkeypatch.setattr(vitals, "silence", lambda: 3.0)
    return asked


def test_it_works(asked: Callable[..., Answer]) -> None:
    answer = asked("/metrics")
    assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/plain")
    assert "pagecast_views_total" in answer.body.decode()
    assert answer.headers["cache-control"] == "no-store"


def test_for_others_it_is_an_address_like_any_that_is_not_there(asked: Callable[..., Answer]) -> None:
    away = asked("/metrics", x_forwarded_for="203.0.113.9")
    assert (away.status, away.body) == (404, asked("/nothing").body)
    assert asked("/metrics", "POST", x_forwarded_for="203.0.113.9").status == 404


def test_alive_is_who_answers_whatever_the_database_does(asked: Callable[..., Answer]) -> None:
    assert (asked("/healthz").status, asked("/healthz").body) == (200, b"ok\n")


def test_ready_is_who_reaches_the_database(asked: Callable[..., Answer], settings: Any) -> None:
    settings.REDIS_URL = ""
    answer = asked("/readyz")
    assert answer.status == 200
    assert json.loads(answer.body) == {"database": "ok", "worker": "ok", "broker": "none is needed"}


def test_who_does_not_reach_it_is_taken_out_of_service(
    asked: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.REDIS_URL = ""
    monkeypatch.setattr(vitals, "silence", lambda: None)
    answer = asked("/readyz")
    assert answer.status == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "2"
    assert json.loads(answer.body)["database"] == "does not answer"
    monkeypatch.setattr(vitals, "ask", lambda: None)
    text = asked("/metrics").body.decode()
    assert "pagecast_database_up 0.0" in text
    assert "pagecast_views_total" in text
    assert "pagecast_unsettled_views" not in text


@pytest.mark.parametrize(
    ("silence", "words"),
    [(3.0, "ok"), (50.4, "silent for 50 s"), (float("inf"), "none was seen yet"), (None, "not known")],
)
def test_how_the_worker_is_is_only_told(
    silence: float | None,
    words: str,
    asked: Callable[..., Answer],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert worker(silence) == words
    if silence is not None:
        monkeypatch.setattr(vitals, "silence", lambda: silence)
        answer = asked("/readyz")
        assert (answer.status, json.loads(answer.body)["worker"]) == (200, words)


@pytest.mark.parametrize("address", ["redis://127.0.0.1:1/0", "redis+socket:///nowhere/redis.sock"])
def test_a_broker_that_does_not_answer_is_only_told(
    address: str, asked: Callable[..., Answer], settings: Any
) -> None:
    pytest.importorskip("redis", reason="the extra `redis` is not installed")
    settings.REDIS_URL = address
    answer = asked("/readyz")
    assert answer.status == 200
    assert "does not answer" in json.loads(answer.body)["broker"]
    assert "pagecast_broker_up 0.0" in asked("/metrics").body.decode()


def test_messages_that_wait_for_a_worker_are_told(asked: Callable[..., Answer]) -> None:
    if not (address := os.environ.get("REDIS_URL")):
        assert "pagecast_broker_up" not in asked("/metrics").body.decode()
        return
    client = import_string("redis.Redis").from_url(address)
    there = client.llen(vitals.QUEUE)
    client.rpush(vitals.QUEUE, "one", "another")
    try:
        text = asked("/metrics").body.decode()
    finally:
        client.rpop(vitals.QUEUE, 2)
    assert "pagecast_broker_up 1.0" in text
    assert f"pagecast_waiting_messages {there + 2}.0" in text


def test_a_database_that_hangs_keeps_nobody() -> None:
    free = threading.Event()
    hanging = Bounded(free.wait, seconds=0.1, fresh=60)

    async def ask_often() -> list[Any]:
        early = await asyncio.gather(hanging.answer(), hanging.answer())
        free.set()
        deadline = time.monotonic() + 60
        while not (late := await hanging.answer()) and time.monotonic() < deadline:
            """It comes to its end by and by."""
        return [*early, late]

    assert asyncio.run(ask_often()) == [None, None, True]


def test_a_disk_that_hangs_keeps_nobody_from_the_other_figures(
    asked: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    is_back = threading.Event()
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: is_back.wait(20))
    since = time.monotonic()
    body = asked("/metrics").body.decode()
    is_back.set()
    assert time.monotonic() - since < 5
    assert "pagecast_database_up 1.0" in body
    assert "pagecast_free_bytes{" not in body


def test_a_folder_that_cannot_be_looked_at_has_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(vitals.free_bytes()) == {"data", "media"}
    monkeypatch.setattr(Path, "exists", Mock(side_effect=OSError(errno.ESTALE, "stale")))
    assert vitals.free_bytes() == {}


def test_a_question_is_asked_once_as_long_as_its_answer_is_fresh() -> None:
    times = itertools.count(1)
    question = Bounded(lambda: next(times), seconds=60, fresh=3600)

    async def ask_thrice() -> list[Any]:
        return [await question.answer() for _ in range(3)]

    assert asyncio.run(ask_thrice()) == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_the_database_tells_how_things_are(handbook: Page, film: Content) -> None:
    Chore.objects.create(name="pulse", ran_at=Now() - dt.timedelta(seconds=50))
    Chore.objects.create(name="settle", ran_at=Now() - dt.timedelta(seconds=90))
    for state in ("receiving", "failed", "failed", "completed"):
        Upload.objects.create(name="a.mp4", size=1, state=state)
    waiting = Upload.objects.create(name="b.mp4", size=1)
    film.upload = waiting
    film.save()
    Upload.objects.filter(pk=waiting.pk).update(created_at=Now() - dt.timedelta(seconds=600))
    record([handbook.pk], len)
    record([handbook.pk], len)
    known = vitals.ask()
    assert known is not None
    assert dict(known.uploads) == {"receiving": 1, "pending": 1, "processing": 0, "failed": 2}
    assert 600 <= known.oldest_upload < 660
    assert (known.unsettled_views, known.unsettled_pages) == (2, 1)
    assert 50 <= known.silence < 110
    assert 90 <= known.chores["settle"] < 150
    assert "pulse" not in known.chores


@pytest.mark.django_db
def test_without_anything_it_tells_so() -> None:
    known = vitals._read()
    assert known.silence == float("inf")
    assert (known.oldest_upload, known.unsettled_views) == (0.0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_fails_is_told_and_not_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> dict[str, int]:
        raise DatabaseError

    monkeypatch.setattr(media, "uploads", fail)
    assert vitals.ask() is None


def test_the_uploads_that_are_kept_are_not_counted_again_and_again() -> None:
    index = next(each for each in Upload._meta.indexes if each.name == "upload_not_filed")
    assert set(index.condition.children[0][1]) == {state.value for state in media.STATES}


def test_prometheus_finds_nothing_to_complain_of() -> None:
    metrics.FILING_SECONDS.labels("video", "kept").observe(1)
    promtool("check", "metrics", given=metrics.expose(vitals.VitalsCollector(KNOWN, FREE)).decode())


def test_the_rules_and_the_example_are_what_prometheus_takes(tmp_path: Path) -> None:
    promtool("check", "rules", "alerts.yml")
    example = (ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8")
    for name in ("alerts.yml", "metrics-token"):
        (tmp_path / name).write_bytes(
            (ROOT / "deploy/prometheus" / name).read_bytes() if name == "alerts.yml" else b"token"
        )
    (tmp_path / "prometheus.yml").write_text(example, encoding="utf-8")
    promtool("check", "config", str(tmp_path / "prometheus.yml"))


def test_every_alert_comes_when_it_should_and_not_before() -> None:
    promtool("test", "rules", "alerts.test.yml")


def rules() -> list[dict[str, Any]]:
    text = (ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = yaml.safe_load(text)["groups"][0]["rules"]
    return found


def test_every_alert_is_tried_and_documented_and_says_what_to_do() -> None:
    tried = (ROOT / "deploy/prometheus/alerts.test.yml").read_text(encoding="utf-8")
    documented = (ROOT / "docs/watching.md").read_text(encoding="utf-8")
    for rule in rules():
        assert f'alertname="{rule["alert"]}"' in tried
        assert f"| `{rule['alert']}` |" in documented
        assert len(rule["annotations"]["runbook"]) > 80


def families() -> dict[str, Any]:
    """Every figure that there is, by the name of its family."""
    found = [*metrics.REGISTRY.collect(), *vitals.VitalsCollector(KNOWN, FREE, 7).collect()]
    return {f"{each.name}_total" if each.type == "counter" else each.name: each for each in found}


def test_dashboard_and_alerts_use_figures_that_there_are() -> None:
    used = (ROOT / "deploy/grafana/pagecast.json").read_text(encoding="utf-8")
    used += " ".join(str(rule["expr"]) for rule in rules())
    named = set(re.findall(r"pagecast_[a-z_]+", used))
    there = families()
    of_histograms = {
        f"{name}_{end}"
        for name, each in there.items()
        if each.type == "histogram"
        for end in ("bucket", "sum", "count")
    }
    assert named <= there.keys() | of_histograms
    assert len(named) > 20


def test_every_figure_is_documented() -> None:
    documented = (ROOT / "docs/watching.md").read_text(encoding="utf-8")
    lines = re.findall(r"^\| `(pagecast_\w+)` \| (\w+) \| .* \| (.*) \|$", documented, re.MULTILINE)
    assert lines == [(name, each.type, each.documentation) for name, each in families().items()]


def test_a_worker_tells_its_figures_to_the_same_readers() -> None:
    said: list[str] = []

    def get(path: str, **environment: str) -> bytes:
        asked = {"PATH_INFO": path, "REMOTE_ADDR": "127.0.0.1"} | environment
        return b"".join(worker_figures.application(asked, lambda status, _headers: said.append(status)))  # type: ignore[arg-type]

    assert b"pagecast_filing_seconds" in get("/metrics")
    assert b"pagecast" not in get("/metrics", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert b"pagecast" not in get("/metrics", REMOTE_ADDR="203.0.113.9")
    assert b"pagecast" not in get("/")
    assert said == ["200 OK", *["404 Not Found"] * 3]


def test_a_stranger_who_says_nothing_keeps_nobody_from_the_figures_of_a_worker() -> None:
    port = free_port()
    worker_figures.serve(f"127.0.0.1:{port}")
    with socket.create_connection(("127.0.0.1", port)) as stranger:
        assert httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=3).status_code == 200
        stranger.settimeout(10)
        assert stranger.recv(1) == b""
