"""Tell the ledger which pages are switched off. Stopped half-way, run it again."""

from django.db import migrations

BATCH = 10_000


def hide(apps, schema_editor):
    pages = apps.get_model("pages", "Page").objects.filter(is_active=False).order_by("pk")
    tallies = apps.get_model("counting", "Tally").objects
    last = 0
    while batch := list(pages.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        tallies.filter(pk__in=batch).update(shown=False)
        last = batch[-1]


class Migration(migrations.Migration):
    dependencies = [("pages", "0001_initial"), ("counting", "0002_shown_and_catalogue")]

    operations = [migrations.RunPython(hide, migrations.RunPython.noop)]
