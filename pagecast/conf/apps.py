from django.apps import AppConfig

from . import checks

__all__ = ["ConfConfig", "checks"]  # importing the checks registers them


class ConfConfig(AppConfig):
    name = "pagecast.conf"
    label = "conf"
