"""Finding uploads: by the beginning of their names, by who sent them, and in the order of their time.

Stopped half-way, run it again. The names of a million uploads take some minutes.
"""

import pagecast.media.keys
from django.db import migrations, models
from pagecast.media.keys import key_of

BATCH = 1_000


def fill_in(apps, schema_editor):
    uploads = apps.get_model("media", "Upload").objects.order_by("pk").only("pk", "name")
    last = None
    while batch := list((uploads if last is None else uploads.filter(pk__gt=last))[:BATCH]):
        for upload in batch:
            upload.name_key = key_of(upload.name)
        uploads.bulk_update(batch, ["name_key"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("media", "0002_probing_and_resuming")]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="name_key",
            field=pagecast.media.keys.KeyField(default="", of="name"),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="upload",
            name="is_duplicate",
            field=models.BooleanField(default=False, editable=False, verbose_name="already here"),
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["created_at", "id"], name="upload_by_time"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["sender", "created_at", "id"], name="upload_by_sender"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("is_duplicate", True)),
                fields=["created_at", "id"],
                name="upload_duplicate",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("state__in", ["receiving", "pending", "processing", "failed"])),
                fields=["state", "created_at", "id"],
                name="upload_not_filed",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["name_key", "id"], name="upload_by_name"),
        ),
    ]
