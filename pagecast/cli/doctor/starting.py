"""The first check on the machine itself: without settings there is nothing else to look at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from urllib.parse import unquote, urlsplit

import django
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from .check import Check, Finding, check, failed, ok
from .visit import Visit

# Shorter ones stand in many words that are no secrets.
_SHORT = 4


@check("settings", 10, "Correct the setting that is named.")
def readable(_visit: Visit) -> Finding:
    """Every setting can be used."""
    try:
        if not apps.ready:
            django.setup()
    except ImproperlyConfigured as error:
        return failed(str(error))
    return ok("Every setting can be used.")


def inside() -> Sequence[Check]:
    """The checks on this machine. They import models, so Django must be set up."""
    checks: Sequence[Check] = import_module("pagecast.cli.doctor.inside").CHECKS
    return checks


def release() -> None:
    """Close what the thread of a check has opened."""
    connections.close_all()


def secrets() -> list[str]:
    """What must never be shown, whoever complains and quotes it."""
    found = {str(settings.SECRET_KEY), os.environ.get("AWS_SECRET_ACCESS_KEY", "")}
    found |= {settings.PAGECAST_METRICS_TOKEN, str(settings.DATABASES["default"].get("PASSWORD") or "")}
    password = urlsplit(settings.CELERY_BROKER_URL).password or ""
    found |= {password, unquote(password)}
    return sorted((each for each in found if len(each) >= _SHORT), key=len, reverse=True)
