"""What is set, and what this machine allows. Nobody else is asked."""

from __future__ import annotations

import datetime as dt
import os
import resource
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from pagecast.cli.doctor.check import Finding, check, failed, ok, warning
from pagecast.cli.doctor.visit import Visit

# Letters of a key that nobody guesses, and how many different ones are in it at least.
LENGTH, VARIETY = 32, 10
# Below the first not even the server's own files and a few readers fit; the second is a small site.
FEW_DESCRIPTORS, DESCRIPTORS = 1024, 4096
LOCALTIME, UNIVERSAL = Path("/etc/localtime"), "+0000"
LOCAL = {"localhost", "127.0.0.1", "::1"}


@check("debug", 11, "Take DEBUG = True out of the settings module that DJANGO_SETTINGS_MODULE names.")
def debug(_visit: Visit) -> Finding:
    """Django's debug mode is off."""
    if settings.DEBUG:
        return failed("DEBUG is on: whoever makes an error happen reads settings and code.")
    return ok("DEBUG is off.")


@check(
    "data-folder", 12, "Name another folder with PAGECAST_DATA, or give this user the right to write there."
)
def data_folder(_visit: Visit) -> Finding:
    """The data folder can be written, and not by everybody."""
    folder = Path(settings.PAGECAST_DATA)
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as trial:
            trial.write(b"?")
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as error:
        return failed(f"{folder} can not be written: {error.strerror}.")
    if path := next(
        (path for path in _needed(folder) if path.exists() and not os.access(path, os.W_OK)), None
    ):
        return failed(
            f"{path} can not be written by this user: some command has run as another one, who owns it.",
            f"Run, as root: chown -R --reference={folder} {path}\nRun every command as the user of `serve`.",
        )
    if folder.stat().st_mode & stat.S_IWOTH:
        return warning(f"Everybody on this machine can write in {folder}.", f"Run: chmod o-w {folder}")
    return ok(f"{folder} can be written.")


def _needed(data: Path) -> Iterator[Path]:
    """What is written all the time: the database, what arrives, and where the next files are put."""
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        yield from (Path(f"{name}{end}") for end in ("", "-wal", "-shm"))
    yield data / "staging"
    if settings.PAGECAST_BUCKET is None:
        # A folder for each year, month and day, and in it one for each kind.
        folders = [Path(settings.MEDIA_ROOT)]
        while folders:
            yield from folders
            newest = max(folders)
            folders = [path for path in newest.iterdir() if path.is_dir()] if newest.is_dir() else []


@check(
    "secret-key",
    13,
    "Set PAGECAST_SECRET_KEY to the output of: "
    "python3 -c 'import secrets; print(secrets.token_urlsafe(50))' (everybody has to log in again).",
)
def secret_key(_visit: Visit) -> Finding:
    """The key that signs sessions is long, readable by its owner only, and the same on every node."""
    key, path = settings.SECRET_KEY, Path(settings.PAGECAST_DATA) / "secret-key"
    if len(key) < LENGTH or len(set(key)) < VARIETY:
        return failed(f"The secret key is too easy to guess: it needs {LENGTH} random letters or more.")
    if not (path.exists() and path.read_text(encoding="ascii") == key):
        return ok("The secret key is set, and long enough.")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return failed(
            f"{path} can be read by others on this machine (mode {mode:04o}).", f"Run: chmod 600 {path}"
        )
    if connection.vendor == "postgresql":
        return warning(
            f"The secret key lies in {path}; a second node with its own data folder would make another one, "
            "and nobody would stay logged in.",
            f"Set PAGECAST_SECRET_KEY on every node to what is in {path}. For a single node all is well.",
        )
    return ok(f"The secret key lies in {path}, readable by its owner only.")


@check("origin", 14, "Set PAGECAST_ORIGIN=https://… to the address that people type.")
def origin(_visit: Visit) -> Finding:
    """The public address is set, and encrypted."""
    origins = list(settings.CSRF_TRUSTED_ORIGINS)
    if not origins:
        return warning("PAGECAST_ORIGIN is not set: only this machine itself is served.")
    plain = [each for each in origins if each.startswith("http://") and urlsplit(each).hostname not in LOCAL]
    if plain:
        return warning(
            f"Passwords and cookies travel unencrypted to {', '.join(plain)}.",
            "End TLS in a server in front of Pagecast, and name the https:// address in PAGECAST_ORIGIN.",
        )
    return ok(f"This server knows itself as {', '.join(origins)}.")


@check("time-zone", 15, "Set PAGECAST_TIME_ZONE to the zone of the editors, such as Europe/Moscow.")
def time_zone(_visit: Visit) -> Finding:
    """The admin shows the time of this machine's zone."""
    ours = settings.TIME_ZONE
    try:
        with LOCALTIME.open("rb") as file:
            theirs = ZoneInfo.from_file(file)
    except (OSError, ValueError):
        return ok(f"The admin shows the time of {ours}; this machine names no zone.")
    shown, here = (f"{dt.datetime.now(zone):%z}" for zone in (ZoneInfo(ours), theirs))
    if here == UNIVERSAL:
        # As most servers and containers do, wherever the editors are.
        return ok(f"The admin shows the time of {ours}; this machine lives by UTC.")
    if shown != here:
        return warning(f"The admin shows the time of {ours} ({shown}), and this machine lives in {here}.")
    return ok(f"The admin shows the time of {ours}, as this machine does.")


@check("descriptors", 16, "Raise it: LimitNOFILE=131072 in a systemd unit, ulimits in a compose file.")
def descriptors(_visit: Visit) -> Finding:
    """Enough connections can be open at once."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= DESCRIPTORS:
        return ok("As many files and connections may be open as a site needs.")
    found = failed if hard < FEW_DESCRIPTORS else warning
    return found(f"At most {hard} files and connections may be open in a process that is started from here.")
