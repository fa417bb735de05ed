"""The name of the request that each upload came with.

Safe while the old code runs: it adds a column that may be empty, which rewrites nothing.
"""

import pagecast.media.asking
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("media", "0004_pieces"),
    ]

    operations = [
        migrations.AddField(
            model_name="upload",
            name="request_id",
            field=models.CharField(
                default=pagecast.media.asking.request_in_hand, editable=False, max_length=64, null=True
            ),
        ),
    ]
