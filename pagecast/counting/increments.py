"""The one statement that counts views, as each database likes it best.

Measured forms, and those that deadlock on PostgreSQL (`UPDATE … FROM (VALUES …)`, sorted or not, when
several processes count overlapping groups), are in docs/counting.md.
"""

import json
from collections.abc import Mapping
from typing import Any, cast

from django.db import connection

from .sqlite3.base import DatabaseWrapper as SQLite

# Group and edition: a document of that edition may be shown if the group still has it.
Expected = tuple[int, int]

# The text never changes, so SQLite compiles it once.
SQLITE = """UPDATE counting_tally SET views = views + json_extract(value, '$[2]') FROM json_each(%s)
    WHERE group_id = json_extract(value, '$[0]') AND edition = json_extract(value, '$[1]') AND shown
    RETURNING group_id, edition, views
"""
# The rows are held in one order before any is changed, so that no two wait for each other.
POSTGRESQL = """
    WITH held AS (
        SELECT tally.group_id, wanted.amount
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS wanted (group_id, edition, amount)
        JOIN counting_tally AS tally USING (group_id, edition)
        WHERE tally.shown ORDER BY tally.group_id FOR UPDATE OF tally
    )
    UPDATE counting_tally AS tally SET views = tally.views + held.amount FROM held
    WHERE tally.group_id = held.group_id RETURNING tally.group_id, tally.edition, tally.views
"""
PASSING_OVER = POSTGRESQL.replace("FOR UPDATE OF tally", "FOR UPDATE OF tally SKIP LOCKED")
# The same in a session that was not told anything: it is told first, until the statement is committed.
TOLD_FIRST = (
    ("WITH held AS", "WITH said AS MATERIALIZED (SELECT {}), held AS"),
    ("FROM unnest", "FROM said, unnest"),
)


def count(amounts: Mapping[Expected, int], *, patient: bool = True) -> dict[Expected, int]:
    """Add so many views to each group that is shown and still has that edition; answers the views of those.

    One statement. Outside of a transaction it is one by itself, and committed when this returns. Not
    `patient`, it passes over the groups that another transaction holds, where a database holds single rows.
    Raises `DatabaseError`; then nothing is counted, or it is not known, see `raise_if_unknown`.
    """
    if not amounts:
        return {}
    rows = _on_sqlite(amounts) if connection.vendor == "sqlite" else _on_postgresql(amounts, patient)
    return {(group, edition): views for group, edition, views in rows}


def _on_sqlite(amounts: Mapping[Expected, int]) -> list[Any]:
    wanted = json.dumps([(group, edition, amount) for (group, edition), amount in amounts.items()])

    def count_in_one_statement() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(SQLITE, [wanted])
            # Read to the end: only there the statement commits.
            return list(cursor.fetchall())

    return cast("SQLite", connection).in_turn(count_in_one_statement)


def _on_postgresql(amounts: Mapping[Expected, int], patient: bool) -> list[Any]:  # noqa: FBT001
    groups = [group for group, _edition in amounts]
    editions = [edition for _group, edition in amounts]
    connection.ensure_connection()
    # Django's own cursors put the values into the text, which is then parsed and planned anew each time.
    driver: Any = connection
    text, values = POSTGRESQL if patient else PASSING_OVER, [groups, editions, list(amounts.values())]
    if driver.pooled and not connection.in_atomic_block:
        text, values = _told_first(text, driver.said()), [*driver.words(), *values]
    with driver.wrap_database_errors, driver.Database.Cursor(driver.connection) as cursor:
        cursor.execute(text, values)
        rows: list[Any] = cursor.fetchall()
    return rows


def _told_first(text: str, said: str) -> str:
    for plain, told in TOLD_FIRST:
        text = text.replace(plain, told.format(said))
    return text
