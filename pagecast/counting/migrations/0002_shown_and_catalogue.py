"""What readers may open is known to the ledger, and the list of all groups has an edition.

The old code can run meanwhile: it names its columns, and the new one has a default. But it does not tell
the ledger of pages that it switches off or makes, so let no editor work on both at once.
"""

from django.db import migrations, models

import pagecast.counting.models


class Migration(migrations.Migration):
    dependencies = [("counting", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Catalogue",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("edition", models.BigIntegerField(default=pagecast.counting.models.clock_edition)),
            ],
        ),
        migrations.AddField(
            model_name="tally", name="shown", field=models.BooleanField(default=True, db_default=True)
        ),
        migrations.AlterField(
            model_name="tally",
            name="group_id",
            field=models.BigAutoField(primary_key=True, serialize=False),
        ),
    ]
