from django.apps import AppConfig


class SiteConfig(AppConfig):
    name = "pagecast.site"
    label = "site"
