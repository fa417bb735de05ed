"""An app of somebody else's, in two versions: what an update of Pagecast would do to tables, this does.

The newer one has a column more in its own table and in the busiest of Pagecast's, and an index on that.
"""

from __future__ import annotations

from pathlib import Path

MODELS = """
from django.db import models
from pagecast.pages.models import Content

class Poem(Content):
    verse = models.TextField(blank=True, default="")
"""
MOOD = """
    mood = models.CharField(max_length=20, blank=True, default="calm", db_default="calm")
"""
FIRST = """
import django.db.models.deletion
from django.db import migrations, models

class Migration(migrations.Migration):
    initial = True
    dependencies = [("pages", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Poem",
            fields=[
                (
                    "content_ptr",
                    models.OneToOneField(
                        auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True,
                        primary_key=True, serialize=False, to="pages.content",
                    ),
                ),
                ("verse", models.TextField(blank=True, default="")),
            ],
            options={"abstract": False},
            bases=("pages.content",),
        ),
    ]
"""
SECOND = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("almanac", "0001_initial"), ("counting", "0001_initial")]
    operations = [
        migrations.AddField(
            "poem", "mood", models.CharField(max_length=20, blank=True, default="calm", db_default="calm")
        ),
        migrations.RunSQL("ALTER TABLE counting_tally ADD COLUMN mood varchar(20) DEFAULT 'calm' NOT NULL"),
    ]
"""
THIRD = """
from django.db import migrations, models

class AddIndexToTallies(migrations.AddIndex):
    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.add_index(from_state.apps.get_model("counting", "Tally"), self.index)

class Migration(migrations.Migration):
    atomic = False
    dependencies = [("almanac", "0002_mood")]
    operations = [AddIndexToTallies("poem", models.Index(fields=["settled"], name="almanac_of_tallies"))]
"""


def write(folder: Path) -> tuple[str, str]:
    """Write both versions; answers with the folders to put on Python's path for the one and for the other."""
    old = {"models": MODELS, "migrations/0001_initial": FIRST}
    new = old | {
        "models": MODELS + MOOD,
        "migrations/0002_mood": SECOND,
        "migrations/0003_index": THIRD,
    }
    for version, modules in (("old", old), ("new", new)):
        for name, text in {"__init__": "", "migrations/__init__": "", **modules}.items():
            module = folder / version / "almanac" / f"{name}.py"
            module.parent.mkdir(parents=True, exist_ok=True)
            module.write_text(text, encoding="utf-8")
    return str(folder / "old"), str(folder / "new")
