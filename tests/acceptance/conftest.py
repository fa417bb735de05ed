"""What every test of this folder may ask for. A module with a server of its own names it the same."""

from django.db import connection

from tests.acceptance.browser import browser, film, server, visit
from tests.acceptance.screens import cast

__all__ = ["browser", "cast", "film", "server", "visit"]

collect_ignore = [] if connection.vendor == "postgresql" else ["test_database_away.py", "test_pooler.py"]
