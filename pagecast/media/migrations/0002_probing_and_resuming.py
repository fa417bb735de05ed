"""What probing finds, uploads that come in pieces, and reasons that are kept for every language.

Only adds columns that may be left out, but for `error`, whose text moves to `reason`: stop the workers first.
"""

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone

BATCH = 1_000


def keep_reasons(apps, schema_editor):
    uploads = apps.get_model("media", "Upload").objects
    told = uploads.exclude(error="").filter(reason=None).order_by("pk")
    while batch := list(told[:BATCH]):
        for upload in batch:
            upload.reason = {"text": upload.error, "parts": {}}
        uploads.bulk_update(batch, ["reason"])


def have_them_studied(apps, schema_editor):
    apps.get_model("media", "Blob").objects.filter(medium="").update(study_due=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("media", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="blob",
            name="codecs",
            field=models.CharField(default="", editable=False, max_length=100, verbose_name="codecs"),
        ),
        migrations.AddField(
            model_name="blob",
            name="media_type",
            field=models.CharField(default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="blob",
            name="what",
            field=models.CharField(default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="blob",
            name="medium",
            field=models.CharField(default="", editable=False, max_length=10, verbose_name="what it is"),
        ),
        migrations.AddField(
            model_name="blob",
            name="playable",
            field=models.BooleanField(editable=False, null=True, verbose_name="browsers play it"),
        ),
        migrations.AddField(
            model_name="blob",
            name="study_due",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="encoding",
            field=models.CharField(default="", editable=False, max_length=30),
        ),
        migrations.AddField(
            model_name="upload",
            name="expires_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="holder",
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="is_duplicate",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="upload",
            name="is_part",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="upload",
            name="metadata",
            field=models.TextField(default="", editable=False),
        ),
        migrations.AddField(
            model_name="upload",
            name="part_number",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="upload",
            name="part_of",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="parts",
                to="media.upload",
                verbose_name="part of",
            ),
        ),
        migrations.AddField(
            model_name="upload",
            name="path",
            field=models.CharField(editable=False, max_length=500, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="reason",
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="upload",
            name="sender",
            field=models.CharField(default="", editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name="upload",
            name="waiting_since",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="upload",
            name="blob",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="uploads",
                to="media.blob",
                verbose_name="kept as",
            ),
        ),
        migrations.AlterField(
            model_name="upload",
            name="sha256",
            field=models.CharField(default="", editable=False, max_length=64),
        ),
        migrations.AlterField(
            model_name="upload",
            name="state",
            field=models.CharField(
                choices=[
                    ("receiving", "Receiving"),
                    ("pending", "Pending"),
                    ("processing", "Processing"),
                    ("completed", "Completed"),
                    ("failed", "Failed"),
                ],
                default="pending",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddIndex(
            model_name="blob",
            index=models.Index(
                condition=models.Q(("study_due__isnull", False)), fields=["study_due"], name="blob_to_study"
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at"],
                name="upload_unclaimed",
            ),
        ),
        migrations.RunPython(keep_reasons, migrations.RunPython.noop),
        migrations.RunPython(have_them_studied, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name="upload",
            name="error",
        ),
    ]
