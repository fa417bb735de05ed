"""The same with SQLite's synchronous=NORMAL, which may lose the last views in a power cut."""

from .settings import *  # noqa: F403
from .settings import DATABASES

DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
