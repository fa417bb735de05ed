"""What every test of this folder may ask for. A module with a server of its own names it the same."""

from django.db import connection

from tests.acceptance.browser import browser, film, server, visit
from tests.acceptance.screens import cast

# How a screen looks and what it says does not depend on the database: it is looked at once.
collect_ignore = ["test_accessibility.py", "test_languages.py"] if connection.vendor == "postgresql" else []

__all__ = ["browser", "cast", "film", "server", "visit"]
