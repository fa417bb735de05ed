"""System checks: each one tested by breaking the thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pagecast.conf import checks
from pagecast.conf.environment import networks
from pagecast.pages.models import Audio, Content, Text, Video


def ids(found: list[Any]) -> list[str]:
    return [message.id for message in found]


def test_a_folder_that_is_a_file_is_named(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    settings.PAGECAST_DATA = tmp_path / "taken" / "data"
    found = checks.folders_are_ours()
    assert ids(found) == ["pagecast.E001"]
    assert "PAGECAST_DATA" in str(found[0].hint)


def test_folders_that_are_still_to_be_made_are_fine(settings: Any, tmp_path: Path) -> None:
    settings.PAGECAST_DATA = tmp_path / "to" / "come"
    assert checks.folders_are_ours() == []


def test_a_key_that_others_can_read_is_reported(settings: Any, tmp_path: Path) -> None:
    settings.PAGECAST_DATA = tmp_path
    key = tmp_path / "secret-key"
    key.write_text("secret")
    key.chmod(0o644)
    assert ids(checks.secret_is_secret()) == ["pagecast.W002"]
    key.chmod(0o600)
    assert checks.secret_is_secret() == []


def test_an_unencrypted_origin_is_reported_unless_it_is_this_machine(settings: Any) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["http://localhost:8000", "https://pages.example.org"]
    assert checks.internet_is_encrypted() == []
    settings.CSRF_TRUSTED_ORIGINS = ["http://pages.example.org"]
    assert ids(checks.internet_is_encrypted()) == ["pagecast.W003"]


def test_two_origins_that_nobody_can_tell_apart_are_refused(settings: Any) -> None:
    settings.PAGECAST_ORIGIN = ["https://pages.example.org", "http://pages.example.org:8080", "http://a.org"]
    assert checks.origins_can_be_told_apart() == []
    settings.PAGECAST_ORIGIN = ["https://pages.example.org", "http://a.org", "http://pages.example.org"]
    assert ids(checks.origins_can_be_told_apart()) == ["pagecast.E006"]


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "127.0.0.1,::/0"])
def test_trusting_everybody_is_reported(settings: Any, everybody: str) -> None:
    assert checks.not_everybody_is_a_proxy() == []
    settings.PAGECAST_TRUSTED_PROXIES = networks(everybody)
    assert ids(checks.not_everybody_is_a_proxy()) == ["pagecast.W004"]


@pytest.mark.parametrize(
    ("kind", "attribute", "value", "expected"),
    [
        (Text, "json_fields", ("text", "colour"), "pagecast.E011"),
        (Video, "link_field", "somewhere", "pagecast.E012"),
    ],
)
def test_a_kind_that_declares_what_it_does_not_have_is_named(
    kind: type[Content], attribute: str, value: Any, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, attribute, value)
    assert expected in ids(kind.check())


def test_two_kinds_of_one_name_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Audio, "kind", classmethod(lambda _cls: "video"))
    assert "pagecast.E013" in ids(Video.check())


def test_a_sqlite_that_cannot_count_is_refused(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    database = settings.DATABASES["default"]
    monkeypatch.setitem(database, "ENGINE", "pagecast.counting.sqlite3")
    assert checks.sqlite_can_count() == []
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 34, 1))
    assert ids(checks.sqlite_can_count()) == ["pagecast.E005"]
    monkeypatch.setitem(database, "ENGINE", "django.db.backends.postgresql")
    assert checks.sqlite_can_count() == []
