"""The place for staged bytes of this installation."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string

from .folder import FolderPlace
from .place import Place


def place() -> Place:
    """A bucket, if files are kept in one, so that every server and worker reaches it; else a folder."""
    if settings.PAGECAST_BUCKET is None:
        return FolderPlace()
    # Its libraries need not be installed where there is no bucket.
    made: Place = import_string("pagecast.media.staging.bucket.bucket_place")(settings.PAGECAST_BUCKET)
    return made
