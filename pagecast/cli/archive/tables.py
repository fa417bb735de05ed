"""Which tables are in an archive: those of every model that is installed, but for the few below."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

from .errors import ArchiveError

Model = type[models.Model]

#: By app or model: what stays behind, and why.
LEFT_OUT = {
    "sessions": "whoever is logged in logs in again: they are signed with the secret key, which stays",
    "axes": "wrong passwords concern this address of this installation",
    "chores": "who has done what last is a matter of the workers here",
    "media.piece": "where bytes are staged is a matter of this bucket; the bytes themselves are there",
    "media.hold": "who reads what is staged here just now",
    "contenttypes": "made anew by every database; told by name where a row refers to one",
    "auth.permission": "made anew by every database; told by name where a row refers to one",
}
#: Rows that refer to one of these tell its name.
TOLD_BY_NAME = ("contenttypes.contenttype", "auth.permission")
# Written last when an archive is restored: readers wait from there on only.
_LAST = "counting"


def tables() -> list[Model]:
    """The models whose rows are in an archive, in their order there.

    Raises `ArchiveError` if one refers to a table that is left out.
    """
    found: list[Model] = []
    for model in apps.get_models(include_auto_created=True):
        options = model._meta
        if options.managed and not options.proxy and not options.swapped and not is_left_out(model):
            found.append(model)
    for model in found:
        for field in columns(model):
            target = field.remote_field.model if field.remote_field else None
            if target and is_left_out(target) and target._meta.label_lower not in TOLD_BY_NAME:
                message = (
                    f"{model._meta.label}.{field.name} refers to {target._meta.label}, which an archive "
                    "leaves out: its rows cannot be exported."
                )
                raise ArchiveError(message)
    return sorted(found, key=lambda model: (model._meta.app_label == _LAST, model._meta.label_lower))


def is_left_out(model: Model) -> bool:
    """Whether its rows stay behind."""
    return model._meta.app_label in LEFT_OUT or model._meta.label_lower in LEFT_OUT


def columns(model: Model) -> list[models.Field[Any, Any]]:
    """The columns of the model's own table that somebody writes."""
    return [field for field in model._meta.local_concrete_fields if not getattr(field, "generated", False)]


def key_column(model: Model) -> str | None:
    """The column that the database draws numbers for, if there is one."""
    automatic = [field for field in model._meta.local_fields if isinstance(field, models.AutoField)]
    return automatic[0].column if automatic else None


def migrations() -> dict[str, list[str]]:
    """The migrations that this database has, by the app of a table in an archive."""
    kept = {model._meta.app_label for model in tables()}
    found: dict[str, list[str]] = {app: [] for app in sorted(kept)}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        if app in kept:
            found[app].append(name)
    return found
