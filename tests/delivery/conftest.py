"""The fast path, for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.delivery.desk import BusyDesk, LonelyDesk

# SQLite holds the whole database for one editor, and has no connection that could be cut.
collect_ignore = [] if connection.vendor == "postgresql" else ["test_on_postgresql.py"]


@pytest.fixture
def desk(db: None) -> Iterator[LonelyDesk]:
    """In one thread, in the transaction of the test."""
    with LonelyDesk.open() as desk:
        yield desk


@pytest.fixture
def busy_desk(transactional_db: None) -> Iterator[BusyDesk]:
    """As in a server process."""
    with BusyDesk() as desk:
        yield desk
