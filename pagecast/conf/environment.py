"""Settings from the environment: each read once, with its type, its default and its help in one place."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

from pagecast.media.stores.address import Bucket, parse_bucket

from .hosts import parse_origin

Value = TypeVar("Value")

# Where a server listens, but where nobody can be reached.
NOWHERE = ("0.0.0.0", "[::]")  # noqa: S104 - what is refused


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, for the documentation and the test that holds it to the code."""

    name: str
    default: str
    help: str


class Unfit(ValueError):  # noqa: N818 - what the reader says of the value
    """A value that one of the readers below refuses, in words that quote nothing secret."""


#: Every setting that was read, in the order of reading.
SETTINGS: list[Setting] = []

_env = environ.Env()


def read(name: str, default: str, parse: Callable[[str], Value], help_text: str) -> Value:
    """The setting's value. NAME_FILE names a file that holds it instead, for secrets.

    Raises `ImproperlyConfigured`, naming the setting, for a value that cannot be used.
    """
    SETTINGS.append(Setting(name, default, help_text))
    raw = _from_file(name) or os.environ.get(name, default)
    try:
        return parse(raw)
    except (ValueError, KeyError, ImproperlyConfigured) as error:
        # A secret may stand in an address, so neither the value nor what its parser says of it is shown.
        secret = "://" in raw or "@" in raw or "SECRET" in name or "TOKEN" in name
        message = (
            f"{name}: {_of_secret(error) if secret else f'{raw!r} cannot be used: {error}'}. {help_text}"
        )
        raise ImproperlyConfigured(message) from None


def _of_secret(error: Exception) -> str:
    text = "its value cannot be used"
    # Our own readers name origins and modules, never passwords; whoever else complains may quote one.
    return f"{text}: {error}" if isinstance(error, Unfit) else f"{text}; percent-encode / # @ in a password"


def _from_file(name: str) -> str:
    path = _env.str(f"{name}_FILE", "")
    if not path:
        return ""
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        message = f"{name}_FILE names {path}, which cannot be read: {why}."
        raise ImproperlyConfigured(message) from None
    if not value:
        # What is left out has a default: a secret that was lost must not quietly become another database.
        message = (
            f"{name}_FILE names {path}, which is empty. Write the value into it, or leave {name}_FILE out."
        )
        raise ImproperlyConfigured(message)
    return value


def text(raw: str) -> str:
    """As it is, without the white space around it."""
    return raw.strip()


def boolean(raw: str) -> bool:
    """True or false, and nothing in between."""
    values = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if raw.strip().lower() not in values:
        message = "it is neither true nor false"
        raise Unfit(message)
    return values[raw.strip().lower()]


def at_least(least: int) -> Callable[[str], int]:
    """A whole number, `least` or more."""

    def parse(raw: str) -> int:
        number = int(raw)
        if number < least:
            message = f"it is less than {least}"
            raise Unfit(message)
        return number

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these words."""

    def parse(raw: str) -> str:
        if raw not in choices:
            message = f"it is none of {', '.join(choices)}"
            raise Unfit(message)
        return raw

    return parse


def folder(raw: str) -> Path:
    """A folder, made absolute. It need not exist yet."""
    if "://" in raw:
        message = "it is an address, not a folder"
        raise Unfit(message)
    return Path(raw).expanduser().absolute()


def media(raw: str) -> Path | Bucket:
    """A folder, or a bucket of an object store."""
    if not raw.startswith("s3://"):
        return folder(raw)
    try:
        bucket = parse_bucket(raw)
    except ValueError as error:
        raise Unfit(str(error)) from error
    if find_spec("storages") is None:
        message = 'a bucket needs more packages: pip install "pagecast[s3]"'
        raise Unfit(message)
    return bucket


def location(raw: str) -> str:
    """A path of the server in front, from slash to slash; empty for none."""
    if raw and not re.fullmatch(r"/[\w/-]*/", raw):
        message = "it is no path such as /internal-media/"
        raise Unfit(message)
    return raw


def token(raw: str) -> str:
    """A secret that goes into a header; empty for none."""
    secret = raw.strip()
    if secret and not re.fullmatch(r"[A-Za-z0-9._~+/=-]{16,}", secret):
        # Told like the value of a secret, which is not quoted.
        message = (
            "it has fewer than 16 letters and digits, or other signs; openssl rand -hex 32 makes a good one"
        )
        raise Unfit(message)
    return secret


def time_zone(raw: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(raw)
    except (ValueError, ZoneInfoNotFoundError) as error:
        message = "there is no such time zone"
        raise Unfit(message) from error
    return raw


def own_folder(raw: str) -> Path:
    """A folder, made absolute, and made if it is not there."""
    path = folder(raw)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"{error.strerror}; name a folder that you may write"
        raise Unfit(message) from error
    return path


def words(raw: str) -> list[str]:
    """Words between commas."""
    return [word.strip() for word in raw.split(",") if word.strip()]


def origins(raw: str) -> list[str]:
    """Origins between commas, such as https://pages.example.org, each as browsers write it."""
    found = []
    for word in words(raw):
        origin = parse_origin(word.rstrip("/"))
        if origin is None or origin.host.name in NOWHERE:
            message = f"{word} is no origin; write it like https://pages.example.org"
            raise Unfit(message)
        found.append(str(origin))
    return found


def host_of(origin: str) -> str:
    """The host of an origin, as the Host header has it, without the port."""
    parsed = parse_origin(origin)
    return parsed.host.name if parsed else ""


def networks(raw: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks between commas, such as 192.0.2.7, 10.0.0.0/8."""
    found = []
    for word in words(raw):
        try:
            found.append(ip_network(word, strict=False))
        except ValueError as error:
            message = f"{word} is neither an address nor a network; write 192.0.2.7 or 10.0.0.0/8"
            raise Unfit(message) from error
    return found


def database(raw: str) -> dict[str, Any]:
    """A database's address, as Django wants it; empty for SQLite in the data folder."""
    if not raw:
        return {}
    if not raw.startswith(("postgres://", "postgresql://", "sqlite://")):
        message = "Pagecast runs on PostgreSQL and SQLite"
        raise Unfit(message)
    config: dict[str, Any] = _env.db_url_config(raw)
    if raw.startswith("sqlite://"):
        # Which SQLite is ours to say, and not the address's.
        del config["ENGINE"]
    return config


def broker(raw: str) -> str:
    """The address of a Redis; empty for none."""
    if raw and not raw.startswith(("redis://", "rediss://", "redis+socket://")):
        message = "it is no address of Redis"
        raise Unfit(message)
    parts = urlsplit(raw)
    # What follows a / # ? in a password would be taken for a path, and the password for a port.
    if parts.port == 0 or "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise ValueError
    return raw


def modules(raw: str) -> list[str]:
    """Names of Python modules between commas, each of them installed."""
    names = words(raw)
    for name in names:
        # The parents first: looking for a.b fails in another way when there is no a.
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            if not all(part.isidentifier() for part in parts) or find_spec(".".join(parts[:end])) is None:
                message = f"there is no module {name}"
                raise Unfit(message)
    return names
