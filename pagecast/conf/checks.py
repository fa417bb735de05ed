"""System checks: what is wrong with an installation, before it goes wrong."""

import os
import sqlite3
import stat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Caution
from django.template import TemplateSyntaxError, engines
from django.utils.module_loading import import_string

# UPDATE … FROM … RETURNING.
SQLITE_LEAST = (3, 35)
LOCAL = {"localhost", "127.0.0.1", "::1"}


@register()
def sqlite_can_count(**_kwargs: Any) -> list[CheckMessage]:
    """SQLite can change rows and return them in one statement, if it is the database."""
    engine = settings.DATABASES["default"]["ENGINE"]
    if not engine.endswith("sqlite3") or sqlite3.sqlite_version_info >= SQLITE_LEAST:
        return []
    hint = "Install a Python with a newer SQLite, or set DATABASE_URL to a PostgreSQL."
    least = ".".join(map(str, SQLITE_LEAST))
    text = f"SQLite {sqlite3.sqlite_version} is too old; Pagecast needs {least} or newer."
    return [Error(text, hint=hint, id="pagecast.E005")]


@register()
def folders_are_ours(**_kwargs: Any) -> list[CheckMessage]:
    """The folders can be written, or their parents can, where they are still to be made."""
    found: list[CheckMessage] = []
    for name, folder in (("PAGECAST_DATA", settings.PAGECAST_DATA), ("PAGECAST_MEDIA", settings.MEDIA_ROOT)):
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            hint = f"Name another folder with {name}, or give this user the right to write there."
            found.append(Error(f"{there} cannot be written.", hint=hint, id="pagecast.E001"))
    return found


@register()
def media_hold_media_only(**_kwargs: Any) -> list[CheckMessage]:
    """Whatever lies in the media folder is public, so the database and the key may not lie there."""
    data, media = Path(settings.PAGECAST_DATA).resolve(), Path(settings.MEDIA_ROOT).resolve()
    if not data.is_relative_to(media):
        return []
    hint = "Name a folder of its own with PAGECAST_MEDIA."
    text = f"{media} holds the database and the secret key, and everybody could fetch them."
    return [Error(text, hint=hint, id="pagecast.E004")]


@register()
def secret_is_secret(**_kwargs: Any) -> list[CheckMessage]:
    """Nobody else on this machine can read the key that signs sessions."""
    path = settings.PAGECAST_DATA / "secret-key"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        hint = f"Run: chmod 600 {path}"
        return [Caution(f"{path} can be read by others on this machine.", hint=hint, id="pagecast.W002")]
    return []


@register()
def origins_can_be_told_apart(**_kwargs: Any) -> list[CheckMessage]:
    """No two origins come with the same Host: the scheme would be a guess."""
    found: dict[str, str] = {}
    for origin in settings.PAGECAST_ORIGIN:
        netloc = urlsplit(origin).netloc
        if found.setdefault(netloc, origin) != origin:
            hint = "Name the https:// one alone in PAGECAST_ORIGIN, and let the proxy redirect http:// to it."
            text = f"Nobody can tell {found[netloc]} from {origin}: a browser sends the same Host for both."
            return [Error(text, hint=hint, id="pagecast.E006")]
    return []


@register()
def not_everybody_is_a_proxy(**_kwargs: Any) -> list[CheckMessage]:
    """Whoever is believed chooses his own address, and is never locked out."""
    if all(network.prefixlen for network in settings.PAGECAST_TRUSTED_PROXIES):
        return []
    hint = "Name the addresses of the proxies alone."
    text = "PAGECAST_TRUSTED_PROXIES holds everybody: who guesses passwords may choose his address."
    return [Caution(text, hint=hint, id="pagecast.W004")]


@register()
def internet_is_encrypted(**_kwargs: Any) -> list[CheckMessage]:
    """Passwords do not cross the internet in the clear."""
    plain = [
        origin
        for origin in settings.CSRF_TRUSTED_ORIGINS
        if origin.startswith("http://") and urlsplit(origin).hostname not in LOCAL
    ]
    if not plain:
        return []
    hint = "End TLS in a server in front of Pagecast, and name the https:// address in PAGECAST_ORIGIN."
    text = f"{', '.join(plain)}: passwords and cookies travel unencrypted."
    return [Caution(text, hint=hint, id="pagecast.W003")]


@register()
def theme_can_be_drawn(**_kwargs: Any) -> list[CheckMessage]:
    """The templates of the theme are templates, before a reader finds out that one is not."""
    found: list[CheckMessage] = []
    theme = settings.PAGECAST_THEME
    for path in sorted((theme / "templates").rglob("*.html")) if theme else ():
        try:
            engines["django"].from_string(path.read_text(encoding="utf-8"))
        except (TemplateSyntaxError, OSError, UnicodeDecodeError) as error:
            found.append(_out_of_theme(path, error))
    if theme and not found:
        try:
            # What it extends and includes is only found now; and without a frame not even errors are told.
            import_string("pagecast.site.errors.plain")(404, "")
        except Exception as error:  # noqa: BLE001 - a template of somebody's own may raise anything
            why = f"{type(error).__name__}: {error}"
            found.append(_out_of_theme(f"What is around every page, with {theme / 'templates'}", why))
    return found


@register()
def theme_can_be_sent(**_kwargs: Any) -> list[CheckMessage]:
    """The static files of the theme are there, and not, say, links that editors of texts leave to nothing."""
    found: list[CheckMessage] = []
    theme = settings.PAGECAST_THEME
    for path in sorted((theme / "static").rglob("*")) if theme else ():
        try:
            if not path.is_dir():
                path.open("rb").close()
        except OSError as error:
            found.append(_out_of_theme(path, error))
    return found


def _out_of_theme(what: Path | str, why: Exception | str) -> Error:
    hint = "Correct it, or take it out of the theme: the site's own one is used then."
    return Error(f"{what}: {why}", hint=hint, id="pagecast.E007")
