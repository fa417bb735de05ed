"""An installation that has some of everything, and what archives are compared by: all rows, all files."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import models
from knox.models import AuthToken

from pagecast.counting import folding, ledger
from pagecast.counting.hours import add as add_hours
from pagecast.counting.models import GroupHour, MemberHour
from pagecast.media import resuming, retrying
from pagecast.media.models import Blob, Hold, Piece, Upload
from pagecast.media.receiving import receive
from pagecast.media.words import Words
from pagecast.pages import access, editing, filing, reading
from pagecast.pages.models import Audio, Page, Text, Video
from tests.films import film, picture, sound
from tests.gallery.models import Image
from tests.postcards.models import Postcard
from tests.uploading import add, add_subtitles, file, fresh, upload_of

# Made by every database for itself, and what stays behind.
OWN = {"contenttypes", "sessions", "axes", "chores"}
# Where bytes are staged in a bucket, and who reads them.
OF_THE_BUCKET = {Piece, Hold}
LONG = 'Съешь ещё этих мягких французских булок\n\t“\\"” \u2028 🎬 ' * 50


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, not read by the code that is tested; without editions, which are renewed."""
    found: dict[str, list[dict[str, Any]]] = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label in OWN or model in {Permission, *OF_THE_BUCKET}:
            continue
        names = [field.attname for field in model._meta.local_concrete_fields]
        rows: models.QuerySet[Any] = models.QuerySet(model)
        found[model._meta.label] = sorted((_told(row) for row in rows.values(*names)), key=repr)
    return found


def _told(row: dict[str, Any]) -> dict[str, Any]:
    row.pop("edition", None)
    for name, value in row.items():
        if value is not None and name in {"content_type_id", "polymorphic_ctype_id"}:
            row[name] = ContentType.objects.get(pk=value).natural_key()
        elif name == "permission_id":
            row[name] = Permission.objects.get(pk=value).natural_key()
    return row


def files() -> dict[str, str]:
    """The SHA-256 of everything in the media folder, and of what is staged, by its path."""
    found = {}
    for root in (Path(settings.MEDIA_ROOT), Path(settings.PAGECAST_STAGING)):
        for path in sorted(root.rglob("*")):
            if path.is_file():
                name = f"{root.name}/{path.relative_to(root)}"
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def tell() -> None:
    """Print rows and files, for somebody in another process."""
    rows = json.dumps(everything(), default=_text)
    sys.stdout.write(json.dumps({"rows": json.loads(rows), "files": files()}))


def _text(value: Any) -> str:
    # An offset may be written in several ways.
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else str(value)


def fill() -> str:
    """Make some of everything, in every state; answers with a token of alice."""
    dawn, shared = add(film("dawn"), "Рассвет.mp4"), Text.objects.create(title="Both", text=LONG)
    rain = add(sound("rain"), "Rain.m4a", Audio)
    photo = add(picture("photo"), "Ёлка.jpg", Image)
    tracks = [add_subtitles(dawn, "Доброе утро", "ru"), add_subtitles(dawn, "Good morning", "en")]
    refused = add(b"%PDF-1.7 no film", "No film.mp4")
    file(dawn, rain, photo, *tracks, refused)
    for key in Blob.objects.values_list("pk", flat=True):
        filing.study(key)
    waiting = add(film("waiting"), "Waiting.mp4")
    _failed_for_a_while()
    _half_sent()
    linked = Video.objects.create(title="Elsewhere", video_url="https://films.example.org/a.mp4?b=c&d")
    first = editing.create_page({"title": "Ёлка и “кавычки”", "text": LONG}, [dawn.pk, shared.pk, photo.pk])
    second = editing.create_page({"title": "Second"}, [shared.pk, rain.pk, waiting.pk, refused.pk])
    editing.create_page({"title": "Hidden", "is_active": False}, [linked.pk])
    gone = editing.create_page({"title": "Gone"}, [dawn.pk])
    _look(first, second, gone)
    gone.delete()
    _look(first)
    return _people(fresh(photo).blob, upload_of(waiting))


def _failed_for_a_while() -> None:
    upload = receive([film("tired")], "Tired.mp4")
    Upload.objects.filter(pk=upload.pk).update(
        state=Upload.State.FAILED,
        expires_at=upload.created_at + retrying.KEPT,
        reason=Words("No such thing.").to_json(),
    )


def _half_sent() -> None:
    upload = resuming.begin("Half.mp4", 1000, sender="7", metadata="filename SGFsZi5tcDQ=")
    with resuming.append(upload, 0) as end:
        end.write(b"x" * 321)
    parts = [resuming.begin(f"{number}.part", 5, sender="7", is_part=True) for number in range(2)]
    for part in parts:
        with resuming.append(part, 0) as end:
            end.write(b"12345")
        resuming.finish(part)
    resuming.join([part.pk for part in parts], "Whole.mp4", sender="7")


def _look(*pages: Page) -> None:
    for number, page in enumerate(pages, start=1):
        for _ in range(number * 3):
            reading.view([page.pk], lambda shown: shown)
        if number % 2:
            ledger.settle(page.pk)


def _people(blob: Blob | None, draft: Upload) -> str:
    bob = User.objects.create_user("bob", "bob@example.org", "bob's password", first_name="Боб")
    bob.user_permissions.add(Permission.objects.get(codename="view_image"))
    bob.groups.add(access.viewers())
    alice = access.editor("alice")
    kind = ContentType.objects.get_for_model(Image)
    LogEntry.objects.create(
        user=bob,
        content_type=kind,
        object_id="1",
        object_repr="Ёлка",
        action_flag=ADDITION,
        change_message="[]",
    )
    card = Postcard._base_manager.create(picture=blob, stamp=blob, draft=draft)
    card.others.add(*Blob.objects.all()[:2])
    day = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    for table in (GroupHour, MemberHour):
        add_hours(table, [(0, day, 2), (0, day + dt.timedelta(hours=5), 3)])
    folding.fold()
    token: str = AuthToken.objects.create(user=alice)[1]
    return token


def members(archive: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    """What is in an archive."""
    with tarfile.open(archive) as tar:
        return [(each, cast("Any", tar.extractfile(each)).read()) for each in tar]


def rebuilt(archive: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> Path:
    """The archive with its members changed, and a manifest that goes with it as it was."""
    found = members(archive)
    change(found)
    target = archive.with_name("changed.tar")
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as tar:
        for info, data in found:
            info.size = len(data) if info.isreg() else info.size
            tar.addfile(info, io.BytesIO(data))
    return target
