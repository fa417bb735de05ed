"""A table of those who read what is staged in a bucket, so that nothing of it is removed meanwhile.

Safe while the old code runs: it adds a table. The old code does not ask it, so an export may find bytes
missing that an old worker has just filed.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("media", "0005_naming_requests"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("until", models.DateTimeField()),
            ],
        ),
    ]
