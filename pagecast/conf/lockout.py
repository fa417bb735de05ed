"""Who has tried too many passwords: what is told to them, and what the log says."""

import math
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import structlog
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off, get_failure_limit
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

log = structlog.get_logger(__name__)

# What one customer of a provider has of IPv6, at the least: https://www.rfc-editor.org/rfc/rfc6177
NETWORK = 64
LONGEST_NAME = 150


def user_name(request: HttpRequest | None, credentials: dict[str, Any] | None) -> str:
    """The name whose failures are counted together; of one that is too long for any user, the beginning."""
    told = (credentials or {}).get("username") or (request.POST.get("username") if request else "")
    return str(told or "").replace("\0", "")[:LONGEST_NAME]


def client_address(request: HttpRequest) -> str | None:
    """The address whose failures are counted together: that of the connection, or its network in IPv6."""
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        # A socket of this machine has none.
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((int(address), NETWORK), strict=False).network_address)
    return str(address)


def locked_out(request: Any, _answer: HttpResponse | None, credentials: dict[str, Any]) -> HttpResponse:
    """The answer to whoever has failed too often: 429, and from when on to try again."""
    # Known at the failure that locks; who comes later is turned away without being counted.
    if request.axes_failures_since_start is not None:
        _tell(request, credentials)
    until = _until(request, credentials)
    context = {
        **admin.site.each_context(request),
        "title": _("Too many wrong passwords"),
        "limit": get_failure_limit(request, credentials),
        "until": until,
    }
    answer = render(request, "front/locked_out.html", context, status=429)
    answer.headers["Retry-After"] = str(max(1, math.ceil((until - timezone.now()).total_seconds())))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _until(request: HttpRequest, credentials: dict[str, Any]) -> datetime:
    attempts = AxesProxyHandler.get_implementation().get_user_attempts(request, credentials)
    last = attempts[0].aggregate(last=Max("attempt_time"))["last"]
    return (last or timezone.now()) + _cool_off(request)


def _cool_off(request: HttpRequest) -> timedelta:
    return get_cool_off(request) or timedelta()


def _tell(request: Any, credentials: dict[str, Any]) -> None:
    name = credentials.get("username")
    # Some type their password into the wrong field: only what is a name of somebody is written down.
    known = User.objects.filter(username=name).exists()
    log.warning(
        "locked out after wrong passwords",
        user=name if known else "(no such user)",
        address=request.axes_ip_address,
        failures=request.axes_failures_since_start,
        minutes=_cool_off(request) // timedelta(minutes=1),
    )
