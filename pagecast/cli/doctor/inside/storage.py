"""Room for files, the store that they are kept in, and the process that looks into them."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import tempfile
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.template.defaultfilters import filesizeformat

from pagecast.cli.doctor.check import Finding, check, failed, ok, warning
from pagecast.cli.doctor.visit import Visit
from pagecast.media.errors import Refused
from pagecast.media.probing import checker, probe
from pagecast.media.stores import chosen
from pagecast.media.stores.folder import FolderStore

# Bytes below which the next upload fills the disk, and the part of it below which it is time to act.
LEAST, PART = 2**30, 0.1
# Part of the names that a file system has left.
NAMES = 0.01


def nearest(path: Path) -> Path:
    """The folder, or the one above it in which it will be made."""
    return next(each for each in (path, *path.parents) if each.exists())


def _folders() -> dict[str, Path]:
    """What lies on this machine, each file system once."""
    found = {"data": Path(settings.PAGECAST_DATA), "staging": Path(settings.PAGECAST_STAGING)}
    if settings.PAGECAST_BUCKET is None:
        found["media"] = Path(settings.MEDIA_ROOT)
    devices: dict[int, str] = {}
    for name, path in found.items():
        devices.setdefault(nearest(path).stat().st_dev, name)
    return {name: nearest(found[name]) for name in devices.values()}


@check(
    "disk", 50, "Free some room (`pagecast sweep --dry-run` tells what nobody needs), or take a larger disk."
)
def disk(_visit: Visit) -> Finding:
    """There is room for data, media and uploads."""
    low = []
    for name, path in _folders().items():
        usage, status = shutil.disk_usage(path), os.statvfs(path)
        free = f"{filesizeformat(usage.free)} free for {name} ({path})".replace("\xa0", " ")
        if usage.free < LEAST:
            return failed(f"Only {free}.")
        if usage.free < usage.total * PART or usage.free < 2 * settings.PAGECAST_MAX_UPLOAD_BYTES:
            low.append(free)
        if status.f_files and status.f_favail < status.f_files * NAMES:
            low.append(f"{status.f_favail} files more for {name} ({path})")
    if low:
        return warning(
            f"Only {', and only '.join(low)}; two of the largest uploads and a tenth should be free."
        )
    return ok("There is room for data, media and uploads.")


@contextmanager
def _staged(data: bytes) -> Iterator[Path]:
    """A file where uploads arrive, or where they will."""
    with tempfile.NamedTemporaryFile(dir=nearest(Path(settings.PAGECAST_STAGING)), prefix=".doctor-") as file:
        file.write(data)
        file.flush()
        yield Path(file.name)


@check("store", 51, "Check PAGECAST_MEDIA, and what this user, or these keys, may do there.")
def store(_visit: Visit) -> Finding:
    """A file can be put into the media store, read and removed."""
    kept, path = chosen.store(), f"doctor/{secrets.token_hex(8)}.txt"
    content = path.encode()
    try:
        with _staged(content) as source:
            kept.put(source, path)
            try:
                with kept.open(path) as file:
                    is_same = file.read() == content
            finally:
                kept.remove(path)
            is_apart = isinstance(kept, FolderStore) and source.stat().st_dev != kept.root.stat().st_dev
    except OSError as error:
        said = error.strerror or str(error)
        return failed(f"A file could not be put into the media store, read and removed: {said.rstrip('.')}.")
    if not is_same:
        return failed("The media store gave back something else than was put there.")
    if is_apart:
        return warning(
            "Uploads arrive on another file system than media lie on: each is copied, and needs room twice.",
            "Let both lie on one file system: PAGECAST_DATA and PAGECAST_MEDIA.",
        )
    return ok("A file was put into the media store, read and removed.")


@check(
    "probing",
    53,
    "Install Pagecast anew with the packages that it needs: pip install --force-reinstall pagecast",
)
def probing(_visit: Visit) -> Finding:
    """Films and sounds can be looked into."""
    try:
        with _staged(_sound()) as source:
            found = probe(source, "doctor.wav")
    except (Refused, OSError) as error:
        return failed(f"A sound could not be looked into: {error}")
    finally:
        checker.forget()
    if not found.duration:
        return failed("A sound was looked into, and nothing was found.")
    return ok("A sound was looked into, in the process that files are checked in.")


def _sound() -> bytes:
    """A tenth of a second of silence."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(1600))
    return target.getvalue()
