"""The store of this installation."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from .folder import FolderStore
from .store import Store


def store() -> Store:
    """Where files are kept: a folder, or a bucket."""
    if settings.PAGECAST_BUCKET is None:
        return FolderStore(Path(settings.MEDIA_ROOT))
    # Its libraries need not be installed where there is no bucket.
    made: Store = import_string("pagecast.media.stores.bucket.bucket_store")(settings.PAGECAST_BUCKET)
    return made
