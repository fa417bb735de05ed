"""Whether the rows of an archive fit the tables that are here."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import ArchiveError
from .form import Head
from .tables import Model, columns, migrations, tables


def models_of(head: Head) -> list[Model]:
    """The models of the archive's tables, in its order.

    Raises `ArchiveError`, with the cure, unless every table has the same columns and the same migrations
    here. An archive is not migrated: the code that made it restores it, and a later version brings the
    database up to date when it starts.
    """
    here = {model._meta.label_lower: model for model in tables()}
    names = [table.model for table in head.tables]
    apps = {name.partition(".")[0] for name in names}
    _require_migrations(head, apps)
    if len(set(names)) != len(names) or not set(names) <= here.keys():
        message = (
            f"The archive has tables that are not known here: {_some(sorted(set(names) - here.keys()))}."
        )
        raise ArchiveError(message)
    if missing := {name for name in here if name.partition(".")[0] in apps} - set(names):
        message = f"The archive lacks tables that are here: {_some(sorted(missing))}. {_older(head)}"
        raise ArchiveError(message)
    for table in head.tables:
        if table.columns != [field.attname for field in columns(here[table.model])]:
            message = f"{table.model} has other columns in the archive than here. {_older(head)}"
            raise ArchiveError(message)
    return [here[name] for name in names]


def _require_migrations(head: Head, apps: set[str]) -> None:
    ours = migrations()
    if unknown := sorted(apps - ours.keys()):
        message = (
            f"The archive has rows of apps that are not installed here: {_some(unknown)}. Set PAGECAST_APPS "
            "as it was where the archive was made."
        )
        raise ArchiveError(message)
    for app in sorted(apps):
        theirs = set(head.migrations.get(app, ()))
        if later := sorted(theirs - set(ours[app])):
            message = (
                f"The archive is of a newer version, Pagecast {head.pagecast}: {app} has {_some(later)}. "
                "That is not known here. Install that version, or a later one, and restore again."
            )
            raise ArchiveError(message)
        if earlier := sorted(set(ours[app]) - theirs):
            message = f"The archive was made before {app} had {_some(earlier)}. {_older(head)}"
            raise ArchiveError(message)


def _older(head: Head) -> str:
    return (
        f"Restore it with the version that made it, Pagecast {head.pagecast}, into an empty data folder or "
        "database; then start this version on that, which brings it up to date."
    )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")  # noqa: PLR2004 - enough to know
