"""The history: settled views by the hour. What was settled before it stands under a moment of its own.

Old code that goes on settling leaves no history of that; stop its workers first.
"""

from django.db import migrations, models
from django.db.migrations.state import StateApps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from pagecast.counting.models import BEFORE_THE_HISTORY

WHAT_IS_SETTLED = """
    INSERT INTO counting_{table} ({owner}, hour, views, is_day)
    SELECT {owner}, %s, {settled}, TRUE FROM counting_{source} WHERE {settled} > 0
"""


def note_what_is_settled(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    moment = connection.ops.adapt_datetimefield_value(BEFORE_THE_HISTORY)
    with connection.cursor() as cursor:
        for table, owner, source, settled in (
            ("grouphour", "group_id", "tally", "settled"),
            ("memberhour", "member_id", "count", "seen"),
        ):
            cursor.execute(
                WHAT_IS_SETTLED.format(table=table, owner=owner, source=source, settled=settled), [moment]
            )


class Migration(migrations.Migration):
    dependencies = [("counting", "0002_shown_and_catalogue")]

    operations = [
        migrations.CreateModel(
            name="GroupHour",
            fields=[
                ("hour", models.DateTimeField()),
                ("views", models.BigIntegerField()),
                ("is_day", models.BooleanField(db_default=False, default=False)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("group_id", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["hour"], name="group_hour"),
                    models.Index(
                        condition=models.Q(("is_day", False)),
                        fields=["hour", "group_id"],
                        name="group_hour_to_fold",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MemberHour",
            fields=[
                ("hour", models.DateTimeField()),
                ("views", models.BigIntegerField()),
                ("is_day", models.BooleanField(db_default=False, default=False)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "member_id", "hour", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("member_id", models.BigIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["hour"], name="member_hour"),
                    models.Index(
                        condition=models.Q(("is_day", False)),
                        fields=["hour", "member_id"],
                        name="member_hour_to_fold",
                    ),
                ],
            },
        ),
        migrations.RunPython(note_what_is_settled, migrations.RunPython.noop),
    ]
