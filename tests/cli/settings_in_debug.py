"""Somebody's own settings, with Django's debug mode left on."""

from pagecast.conf.settings import *  # noqa: F403 - all of them

DEBUG = True
