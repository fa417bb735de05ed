"""What the database says, and what the test makes older in it than it is."""

from __future__ import annotations

import json
from typing import Any

from tests.acceptance.server import Installation

_ROWS = """
import json
from pagecast.media.models import Blob, Upload

uploads = Upload.objects.values(
    "id", "name", "state", "holder", "attempts", "path", "is_part", "part_of", "reason", "lease_until"
)
blobs = Blob.objects.values("sha256", "size", "path", "poster_path", "study_due")
print(json.dumps({"uploads": list(uploads), "blobs": list(blobs)}, default=str))
"""
_OLD = """
import datetime as dt, sys
from django.utils import timezone
from pagecast.media.models import Blob, Upload

past = timezone.now() - dt.timedelta(hours=2)
uploads = Upload.objects.exclude(pk__in=sys.argv[1:])
uploads.update(created_at=past)
uploads.exclude(expires_at=None).update(expires_at=past)
Blob.objects.update(created_at=past)
"""
_STUDY = """
from django.utils import timezone
from pagecast.media.models import Blob

Blob.objects.exclude(study_due=None).update(study_due=timezone.now())
"""

Row = dict[str, Any]


def uploads_and_blobs(installation: Installation) -> tuple[list[Row], list[Row]]:
    """All rows of uploads, and all rows of blobs."""
    data = json.loads(_run(installation, _ROWS))
    return data["uploads"], data["blobs"]


def make_old(installation: Installation, *kept: str) -> None:
    """All but these uploads came two hours ago, and those that nobody has used have expired."""
    _run(installation, _OLD, *kept)


def let_study_now(installation: Installation) -> None:
    """What a killed worker had begun to draw is due now, and not some minutes after its death."""
    _run(installation, _STUDY)


def _run(installation: Installation, program: str, *words: str) -> str:
    done = installation.python(program, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout
