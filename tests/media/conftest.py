from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from pagecast.media.models import Upload
from pagecast.media.receiving import receive

FILM = b"the bytes of a film"

collect_ignore = [] if connection.vendor == "postgresql" else ["test_sweeping_on_postgresql.py"]


@pytest.fixture
def staging(folders: Path) -> Path:
    """Where bytes wait to be filed."""
    return folders / "staging"


@pytest.fixture
def tree(folders: Path) -> Path:
    """Where files are kept."""
    return folders / "media"


@pytest.fixture
def small_limit(settings: Any) -> int:
    """A server that takes files of up to ten bytes."""
    settings.PAGECAST_MAX_UPLOAD_BYTES = 10
    return 10


@pytest.fixture
def send(db: None) -> Callable[..., Upload]:
    """Sends a file: these bytes under this name."""
    return lambda data=FILM, name="Dawn.mp4": receive([data], name)
