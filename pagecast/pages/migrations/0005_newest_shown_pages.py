"""The list of the site, the newest first: counted and leafed through by this index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pages", "0004_finding_contents")]

    operations = [
        migrations.AddIndex(
            model_name="page",
            index=models.Index(
                condition=models.Q(("is_active", True)), fields=["created_at", "id"], name="page_shown_by_age"
            ),
        ),
    ]
