from django.apps import AppConfig


class ConfConfig(AppConfig):
    name = "pagecast.conf"
    label = "conf"
