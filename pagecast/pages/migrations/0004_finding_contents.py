"""Lists of a million contents: whether each stands on a page, and an index for every way to look.

All of it is one transaction: stopped half-way, nothing has happened.
"""

import django.db.models.deletion
import pagecast.media.keys
from django.db import migrations, models


def note_where_contents_stand(apps, schema_editor):
    placements = apps.get_model("pages", "Placement").objects.filter(content=models.OuterRef("pk"))
    contents = models.QuerySet(apps.get_model("pages", "Content"))
    contents.filter(models.Exists(placements.order_by())).update(is_placed=True)


class Migration(migrations.Migration):
    dependencies = [("pages", "0003_subtitles")]

    operations = [
        migrations.AddField(
            model_name="content",
            name="is_placed",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunPython(note_where_contents_stand, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="content", name="title_key", field=pagecast.media.keys.KeyField(of="title")
        ),
        migrations.AlterField(
            model_name="page", name="title_key", field=pagecast.media.keys.KeyField(of="title")
        ),
        migrations.AddIndex(
            model_name="content",
            index=models.Index(fields=["title_key", "id"], name="content_by_title"),
        ),
        migrations.AddIndex(
            model_name="content",
            index=models.Index(fields=["polymorphic_ctype", "id"], name="content_by_kind"),
        ),
        migrations.AddIndex(
            model_name="content",
            index=models.Index(
                condition=models.Q(("is_placed", False)), fields=["id"], name="content_on_no_page"
            ),
        ),
        migrations.AddIndex(
            model_name="content",
            index=models.Index(
                condition=models.Q(("is_active", False)), fields=["id"], name="content_switched_off"
            ),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(fields=["title_key", "id"], name="page_by_title"),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(
                condition=models.Q(("is_active", False)), fields=["id"], name="page_switched_off"
            ),
        ),
        migrations.AddIndex(
            model_name="placement",
            index=models.Index(fields=["content", "page"], name="placement_by_content"),
        ),
        migrations.AlterField(
            model_name="placement",
            name="content",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="placements",
                to="pages.content",
                verbose_name="content",
            ),
        ),
    ]
