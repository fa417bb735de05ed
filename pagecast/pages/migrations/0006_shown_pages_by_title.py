"""The list of the site by title, and the search in it: counted and leafed through by this index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("pages", "0005_newest_shown_pages")]

    operations = [
        migrations.AddIndex(
            model_name="page",
            index=models.Index(
                condition=models.Q(("is_active", True)),
                fields=["title_key", "id"],
                name="page_shown_by_title",
            ),
        ),
    ]
