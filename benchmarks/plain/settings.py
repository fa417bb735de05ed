"""Pagecast's server and database settings, with the plain app at the addresses."""

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import INSTALLED_APPS

INSTALLED_APPS += ["benchmarks.plain"]
ROOT_URLCONF = "benchmarks.plain.urls"
