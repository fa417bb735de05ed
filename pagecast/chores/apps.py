from django.apps import AppConfig


class ChoresConfig(AppConfig):
    name = "pagecast.chores"
    label = "chores"
    default_auto_field = "django.db.models.BigAutoField"
