"""What every test of this folder may ask for. A module with a server of its own names it the same."""

import os

from django.db import connection

from tests.acceptance.browser import browser, film, server, visit
from tests.acceptance.screens import cast

__all__ = ["browser", "cast", "film", "server", "visit"]

collect_ignore = [] if os.environ.get("REDIS_URL") else ["test_workers_of_a_broker.py"]
if connection.vendor != "postgresql":
    collect_ignore += ["test_database_away.py", "test_pooler.py"]
