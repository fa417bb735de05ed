from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "pagecast.api"
    label = "api"
