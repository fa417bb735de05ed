from django.apps import AppConfig


class CliConfig(AppConfig):
    name = "pagecast.cli"
    label = "cli"
