"""The command line as people meet it: tokens, help, and settings that are wrong."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from rest_framework.test import APIClient

from tests.acceptance.server import Installation

Token = Callable[[str], str]


@pytest.fixture
def token(db: None, capsys: pytest.CaptureFixture[str]) -> Token:
    """`pagecast token NAME`: what it prints to stdout."""

    def make(name: str) -> str:
        capsys.readouterr()
        call_command("token", name)
        return capsys.readouterr().out

    return make


def may_edit(token: str) -> bool:
    client = APIClient(headers={"Authorization": f"Bearer {token}"})
    return client.post("/api/page/content/", {"title": "Handbook"}).status_code == 201


def test_it_works(token: Token) -> None:
    printed = token("alice")
    assert printed == f"{printed.strip()}\n"
    assert may_edit(printed.strip())


def test_the_first_token_stays_valid_beside_the_second(token: Token) -> None:
    first, second = token("alice").strip(), token("alice").strip()
    assert first != second
    assert may_edit(first)
    assert may_edit(second)
    assert User.objects.filter(username="alice").count() == 1


def test_a_new_editor_has_no_password(token: Token) -> None:
    token("alice")
    assert not User.objects.get(username="alice").has_usable_password()


def test_another_token_is_no_token(token: Token) -> None:
    assert not may_edit(token("alice").strip()[:-1] + "x")


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A data folder that is not there yet."""
    return Installation(tmp_path)


def said_in_one_line(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode != 0
    assert answer.stdout == ""
    (line,) = answer.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAGECAST_MAX_UPLOAD_BYTES", "lots"),
        ("PAGECAST_MAX_UPLOAD_BYTES", "0"),
        ("PAGECAST_ORIGIN", "example.org"),
        ("PAGECAST_LANGUAGE", "xx"),
        ("PAGECAST_TIME_ZONE", "Mars/Olympus"),
        ("PAGECAST_LOG_FORMAT", "poem"),
        ("PAGECAST_LOG_REQUESTS", "perhaps"),
        ("PAGECAST_DATA", "/dev/null/data"),
        ("PAGECAST_MEDIA", "ftp://example.org"),
        ("PAGECAST_APPS", "nowhere.to.be.found"),
        ("DATABASE_URL", "mysql://root:hunter2@localhost/pages"),
        ("DATABASE_URL", "nonsense"),
        ("REDIS_URL", "nonsense"),
    ],
)
def test_a_wrong_setting_names_itself_in_one_line(name: str, value: str, tmp_path: Path) -> None:
    line = said_in_one_line(Installation(tmp_path, **{name: value}).run("token", "alice"))
    assert line.startswith("pagecast: ")
    assert name in line
    assert "hunter2" not in line


def test_a_file_for_a_setting_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    line = said_in_one_line(Installation(tmp_path, DATABASE_URL_FILE="/nowhere").run("token", "alice"))
    assert "DATABASE_URL_FILE" in line
    assert "/nowhere" in line


def test_a_secret_key_of_ones_own_needs_no_other_preparation(tmp_path: Path) -> None:
    with Installation(tmp_path, PAGECAST_SECRET_KEY="$ecret and long enough for anything") as installation:
        answer = installation.run("token", "alice")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.strip()


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_the_overview_names_every_command(words: list[str], installation: Installation) -> None:
    answer = installation.run(*words)
    assert answer.returncode == 0
    for command in ("serve", "work", "token NAME", "import FOLDER"):
        assert f"pagecast {command}" in answer.stdout
    assert not installation.data.exists()


@pytest.mark.parametrize("command", ["serve", "work", "token", "import"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command(command, "--help")
    assert ended.value.code == 0
    assert command in capsys.readouterr().out
