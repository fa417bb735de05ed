"""Settings from the environment: each typed reader, and where their values come from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from pagecast.conf import environment
from pagecast.conf.environment import (
    at_least,
    boolean,
    broker,
    database,
    folder,
    networks,
    one_of,
    origins,
    read,
    text,
    time_zone,
    words,
)


@pytest.fixture(autouse=True)
def settings_that_were_read(monkeypatch: pytest.MonkeyPatch) -> list[environment.Setting]:
    """The list of all settings, which these tests do not add to."""
    settings: list[environment.Setting] = []
    monkeypatch.setattr(environment, "SETTINGS", settings)
    return settings


def test_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGECAST_COLOUR", "red")
    assert read("PAGECAST_COLOUR", "blue", text, "The colour.") == "red"


def test_what_is_not_set_has_its_default() -> None:
    assert read("PAGECAST_COLOUR", "7", at_least(1), "The colour.") == 7


def test_what_was_read_is_listed(settings_that_were_read: list[environment.Setting]) -> None:
    read("PAGECAST_COLOUR", "blue", text, "The colour.")
    assert settings_that_were_read == [environment.Setting("PAGECAST_COLOUR", "blue", "The colour.")]


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tmp_path.joinpath("secret").write_text("hush\n")
    monkeypatch.setenv("PAGECAST_COLOUR_FILE", str(tmp_path / "secret"))
    assert read("PAGECAST_COLOUR", "blue", text, "The colour.") == "hush"


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGECAST_COLOUR_FILE", "/nowhere")
    with pytest.raises(ImproperlyConfigured, match="PAGECAST_COLOUR_FILE names /nowhere"):
        read("PAGECAST_COLOUR", "blue", text, "The colour.")


@pytest.mark.parametrize(("content", "why"), [(b"", "empty"), (b" \n", "empty"), (b"\xff\xfe", "no text")])
def test_a_file_without_a_value_is_named_and_gives_no_default(
    content: bytes, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of DATABASE_URL, say: instead of it, SQLite would count views that nobody finds again."""
    tmp_path.joinpath("secret").write_bytes(content)
    monkeypatch.setenv("PAGECAST_COLOUR_FILE", str(tmp_path / "secret"))
    with pytest.raises(ImproperlyConfigured, match=f"PAGECAST_COLOUR_FILE names .*{why}"):
        read("PAGECAST_COLOUR", "blue", text, "The colour.")


def test_a_value_that_cannot_be_used_is_named_with_its_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGECAST_SIZE", "lots")
    with pytest.raises(ImproperlyConfigured, match=r"PAGECAST_SIZE: 'lots' .* The size in bytes\."):
        read("PAGECAST_SIZE", "1", at_least(1), "The size in bytes.")


@pytest.mark.parametrize("value", ["mysql://root:hunter2@host/x", "root:hunter2@host/x"])
def test_a_password_in_an_address_is_not_shown(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", value)
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as raised:
        read("DATABASE_URL", "", database, "The database.")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("value", ["$ecret", "$HOME", "$$", "a$b", " # ", "\\n"])
def test_a_value_is_taken_as_it_stands(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGECAST_SECRET_KEY", value)
    assert read("PAGECAST_SECRET_KEY", "", str, "The key.") == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        *[("1", True), ("TRUE", True), ("yes", True), (" on ", True)],
        *[("0", False), ("False", False), ("no", False), ("off", False)],
    ],
)
def test_a_boolean_is_true_or_false(raw: str, value: object) -> None:
    assert boolean(raw) is value


@pytest.mark.parametrize("raw", ["", "perhaps", "2", "y"])
def test_what_is_in_between_is_no_boolean(raw: str) -> None:
    with pytest.raises(ValueError, match="neither true nor false"):
        boolean(raw)


def test_a_number_may_be_the_least() -> None:
    assert (at_least(1)("1"), at_least(1)("5368709120")) == (1, 5368709120)


@pytest.mark.parametrize("raw", ["", "0", "-1", "lots", "1.5", "5GB", "1e9"])
def test_a_number_is_whole_and_large_enough(raw: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        at_least(1)(raw)


def test_a_word_is_one_of_those_that_are_known() -> None:
    assert one_of("en", "ru")("ru") == "ru"
    with pytest.raises(ValueError, match="none of en, ru"):
        one_of("en", "ru")("xx")


def test_a_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/alice")
    assert folder("data") == tmp_path / "data"
    assert folder("~/data") == Path("/home/alice/data")
    assert folder("/var/lib/pagecast") == Path("/var/lib/pagecast")


def test_an_address_is_no_folder() -> None:
    with pytest.raises(ValueError, match="an address"):
        folder("ftp://example.org")


@pytest.mark.parametrize(
    ("raw", "value"), [("", []), ("one", ["one"]), (" one, two ,", ["one", "two"]), (",,", [])]
)
def test_words_stand_between_commas(raw: str, value: list[str]) -> None:
    assert words(raw) == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("", []),
        ("https://pages.example.org", ["https://pages.example.org"]),
        ("https://pages.example.org/", ["https://pages.example.org"]),
        ("http://localhost:8000, https://a.org", ["http://localhost:8000", "https://a.org"]),
        ("https://[::1]:8000", ["https://[::1]:8000"]),
        # As browsers write them.
        ("HTTPS://Pages.Example.ORG.:443/", ["https://pages.example.org"]),
        ("http://pages.example.org:80,http://a.org:443", ["http://pages.example.org", "http://a.org:443"]),
        ("https://Пример.рф", ["https://xn--e1afmkfd.xn--p1ai"]),
        ("http://[2001:DB8::0:7]:8080", ["http://[2001:db8::7]:8080"]),
    ],
)
def test_origins_stand_between_commas(raw: str, value: list[str]) -> None:
    assert origins(raw) == value


@pytest.mark.parametrize(
    "raw",
    [
        *["example.org", "//example.org", "ftp://example.org", "https://", "https://example.org/pages", "*"],
        *["https://example.org?x", "https://[::1", "https://example.org:port", "https://alice@example.org"],
        *["https://0.0.0.0:8000", "http://[::]", "https://*.example.org", "https://example.org#x"],
        *["https://example.org?", "https://example.org:0", "https://example.org:99999", "https://a_b.org"],
        *["https://https://example.org", "https://exa mple.org", f"https://{'a' * 300}.org"],
    ],
)
def test_what_is_no_origin_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        origins(raw)


def test_networks_stand_between_commas() -> None:
    found = networks("127.0.0.1, 10.1.2.3/8,::1, fc00::/7 ,")
    assert [str(network) for network in found] == ["127.0.0.1/32", "10.0.0.0/8", "::1/128", "fc00::/7"]
    assert networks("") == []


@pytest.mark.parametrize(
    "raw", ["proxy", "10.0.0.0/33", "10.0.0", "127.0.0.1:8000", "[::1]", "127.0.0.1;::1", "*"]
)
def test_what_is_no_network_is_refused_and_named(raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGECAST_TRUSTED_PROXIES", f"127.0.0.1,{raw}")
    with pytest.raises(ImproperlyConfigured, match=f"PAGECAST_TRUSTED_PROXIES.*{re.escape(raw)} is neither"):
        read("PAGECAST_TRUSTED_PROXIES", "", networks, "The proxies.")


@pytest.mark.parametrize("raw", ["UTC", "Europe/Moscow"])
def test_a_time_zone_has_a_name(raw: str) -> None:
    assert time_zone(raw) == raw


@pytest.mark.parametrize("raw", ["Mars/Olympus", "", "../../etc/passwd", "+03:00"])
def test_what_is_no_time_zone_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="no such time zone"):
        time_zone(raw)


def test_a_database_is_postgresql_or_sqlite() -> None:
    found: dict[str, Any] = database("postgresql://alice:p%40ss@db.example.org:5433/pages")
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert [found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "alice", "p@ss", "db.example.org", 5433, "pages",
    ]  # fmt: skip
    assert database("sqlite:////var/lib/pages.sqlite3")["NAME"] == "/var/lib/pages.sqlite3"
    assert database("") == {}


@pytest.mark.parametrize("raw", ["mysql://root@host/x", "nonsense", "oracle://host/x"])
def test_another_database_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="PostgreSQL and SQLite"):
        database(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "redis://queue.example.org:6379/0",
        "rediss://:a%2Fb%23c@[2001:db8::1]:6380/1?ssl_cert_reqs=none",
        "redis+socket:///run/redis.sock",
    ],
)
def test_a_broker_is_a_redis(raw: str) -> None:
    assert broker(raw) == raw


@pytest.mark.parametrize("password", ["hunter/2secret", "hunter#2secret", "hunter?2secret", "12/secret"])
def test_a_password_that_cuts_an_address_short_is_refused_unseen(
    password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://:{password}@queue.example.org:6379/0")
    with pytest.raises(ImproperlyConfigured, match=r"REDIS_URL: .*percent-encode") as raised:
        read("REDIS_URL", "", broker, "The broker.")
    assert "hunter" not in str(raised.value)
    assert "secret" not in str(raised.value)
