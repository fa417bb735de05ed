"""The addresses of the site."""

from django.urls import path, register_converter, reverse
from django.urls.converters import StringConverter

from . import feeds, oembed, players, sitemaps, views
from .language import ChosenLanguage

app_name = "site"


class UnicodeSlugConverter(StringConverter):
    """Letters of any alphabet, digits, hyphens and underscores."""

    regex = r"[-\w]+"


register_converter(UnicodeSlugConverter, "unicode_slug")

urlpatterns = [
    path("", views.home, name="home"),
    path("language/", ChosenLanguage.as_view(), name="language"),
    path("pages/<unicode_slug:slug>/", views.page, name="page"),
    path("pages/<unicode_slug:slug>/embed/", players.players, name="players"),
    path("pages/<unicode_slug:slug>/feed/", feeds.podcast, name="podcast"),
    path("feed/", feeds.newest, name="feed"),
    path("oembed/", oembed.oembed, name="oembed"),
    path("sitemap.xml", sitemaps.sitemap, name="sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
]


def before_slug() -> str:
    """What stands before the slug in the addresses of pages: /pages/."""
    return reverse("site:page", args=["x"]).removesuffix("x/")
