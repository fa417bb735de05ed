import os

from django.apps import AppConfig
from django.utils.module_loading import import_string

from pagecast.cli.figures import FOLDER

from . import checks

__all__ = ["ConfConfig", "checks"]  # importing the checks registers them


class ConfConfig(AppConfig):
    name = "pagecast.conf"
    label = "conf"

    def ready(self) -> None:
        """Have the worker beside a server add to the server's figures."""
        # Imported where it is said before the first import whether, and where, processes share them.
        if os.environ.get(FOLDER):
            import_string("pagecast.conf.metrics.REGISTRY")
