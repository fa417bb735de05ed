"""Migrations run while an older version serves from the same tables, which may be large.

So none may lock a table for long, or take away what the older version reads or leave out what it writes. What
has to be done in two steps is done in two releases: see "Updating" in docs/running.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.models.expressions import Combinable
from django.db.models.fields import NOT_PROVIDED
from django.db.models.functions import Now

# Those of the first release, which find no tables that anybody uses.
FIRST = {
    ("chores", "0001_initial"),
    ("counting", "0001_initial"),
    ("counting", "0002_shown_and_catalogue"),
    ("counting", "0003_history"),
    ("counting", "0004_counts_in_order"),
    ("media", "0001_initial"),
    ("media", "0002_probing_and_resuming"),
    ("media", "0003_finding_uploads"),
    ("media", "0004_pieces"),
    ("media", "0005_naming_requests"),
    ("media", "0006_holds"),
    ("pages", "0001_initial"),
    ("pages", "0002_hidden_pages"),
    ("pages", "0003_subtitles"),
    ("pages", "0004_finding_contents"),
}
# The second steps: (app, migration) and why no version that is still in use minds.
REASONS: dict[tuple[str, str], str] = {}
HARMLESS = (
    migrations.CreateModel,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.RemoveIndex,
    migrations.RemoveConstraint,
)


def complaints(migration: migrations.Migration) -> Iterator[str]:
    """What is wrong with a migration, in words that say what would be right."""
    new = {each.name.lower() for each in migration.operations if isinstance(each, migrations.CreateModel)}
    flat = list(_of_database(migration.operations))
    for operation in flat:
        target = getattr(operation, "model_name", None)
        if isinstance(operation, HARMLESS) or (target and target.lower() in new):
            continue
        yield from _complain(operation, migration.atomic, alone=len(flat) == 1)


def _of_database(operations: Sequence[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _of_database(operation.database_operations)
        else:
            yield operation


def _complain(operation: Operation, atomic: bool, *, alone: bool) -> Iterator[str]:
    match operation:
        case migrations.AddField():
            yield from _about_column(operation.field)
        case migrations.AddIndex():
            if atomic or not alone:
                yield "locks all writers out: give the index a migration of its own with atomic = False"
        case migrations.RunPython():
            if atomic or not alone:
                yield "holds rows to its end: work in batches, in a migration of its own with atomic = False"
        case migrations.RemoveField() | migrations.DeleteModel():
            yield "the older version still reads it: forget it in the state only, remove it later"
        case migrations.RenameField() | migrations.RenameModel() | migrations.AlterModelTable():
            yield "the older version knows the old name: add the new one, and remove the old one later"
        case _:
            yield f"nobody knows what {type(operation).__name__} locks: give a reason in REASONS"


def _about_column(field: Any) -> Iterator[str]:
    default = getattr(field, "db_default", NOT_PROVIDED)
    has_default = default is not NOT_PROVIDED
    if isinstance(field, models.ManyToManyField):
        return
    if not field.null and not has_default:
        yield "the older version leaves it out: let it be null, or give it a db_default"
    if isinstance(default, Combinable | models.Func):
        yield "writes every row anew: give a db_default that is a plain value, or let it be null"
    if field.unique or field.db_index or (field.remote_field and getattr(field, "db_constraint", False)):
        yield "its index or constraint locks writers out: add it later, in a migration of its own"


def migration_of(*operations: Operation, atomic: bool = True) -> migrations.Migration:
    made = migrations.Migration("0009_trial", "pages")
    vars(made).update(operations=list(operations), atomic=atomic)
    return made


INDEX = migrations.AddIndex("page", models.Index(fields=["text"], name="by_text"))
TABLE = migrations.CreateModel("Leaf", [("id", models.BigAutoField(primary_key=True))])


@pytest.mark.django_db
def test_our_own_migrations_keep_nobody_waiting() -> None:
    loader = MigrationLoader(connection)
    ours = {
        key: migration
        for key, migration in loader.disk_migrations.items()
        if type(migration).__module__.startswith("pagecast.")
    }
    assert ours.keys() >= FIRST
    found = {key: list(complaints(ours[key])) for key in ours.keys() - FIRST - REASONS.keys()}
    assert {key: said for key, said in found.items() if said} == {}


@pytest.mark.parametrize(
    "bad",
    [
        migration_of(INDEX),
        migration_of(INDEX, INDEX, atomic=False),
        migration_of(migrations.AddField("page", "mood", models.TextField(default="calm"))),
        migration_of(migrations.AddField("page", "at", models.DateTimeField(db_default=Now()))),
        migration_of(migrations.AddField("page", "mood", models.TextField(null=True, db_index=True))),
        migration_of(migrations.AddField("page", "mood", models.TextField(null=True, unique=True))),
        migration_of(
            migrations.AddField("page", "film", models.ForeignKey("media.Blob", models.CASCADE, null=True))
        ),
        migration_of(migrations.AlterField("page", "title", models.TextField())),
        migration_of(
            migrations.AddConstraint("page", models.UniqueConstraint(fields=["title"], name="one_of_a_title"))
        ),
        migration_of(migrations.RemoveField("page", "text")),
        migration_of(migrations.RenameField("page", "text", "body")),
        migration_of(migrations.RenameModel("Page", "Leaf")),
        migration_of(migrations.DeleteModel("Page")),
        migration_of(migrations.RunPython(migrations.RunPython.noop)),
        migration_of(migrations.RunSQL("UPDATE pages_page SET text = ''")),
        migration_of(migrations.SeparateDatabaseAndState([migrations.RemoveField("page", "text")], [])),
        migration_of(TABLE, INDEX),
    ],
    ids=lambda bad: " ".join(type(each).__name__ for each in bad.operations),
)
def test_what_would_lock_a_table_or_break_the_older_version_is_named(bad: migrations.Migration) -> None:
    assert list(complaints(bad))


@pytest.mark.parametrize(
    "good",
    [
        migration_of(INDEX, atomic=False),
        migration_of(migrations.RunPython(migrations.RunPython.noop), atomic=False),
        migration_of(migrations.AddField("page", "mood", models.TextField(null=True))),
        migration_of(migrations.AddField("page", "mood", models.TextField(default="", db_default=""))),
        migration_of(migrations.SeparateDatabaseAndState([], [migrations.RemoveField("page", "text")])),
        migration_of(
            TABLE,
            migrations.AddIndex("leaf", models.Index(fields=["id"], name="leaves")),
            migrations.RemoveIndex("page", "by_title"),
        ),
    ],
    ids=lambda good: " ".join(type(each).__name__ for each in good.operations),
)
def test_what_keeps_nobody_waiting_is_fine(good: migrations.Migration) -> None:
    assert list(complaints(good)) == []
