"""What the JavaScript of the desk asks: contents by title, their rows, and what became of a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST

from pagecast.media.errors import Refused
from pagecast.pages import dropping
from pagecast.pages.admin.lists import is_key
from pagecast.pages.models import Content
from pagecast.pages.models.titled import title_key

from .rows import html, rows_of

# As many contents as are offered, and as rows are asked for, at once.
OFFERED, ASKED = 12, 100


def addresses(site: AdminSite) -> list[URLPattern]:
    """The addresses, below that of the list of pages."""
    return [
        path("desk/find/", site.admin_view(require_GET(find)), name="desk-find"),
        path("desk/rows/", site.admin_view(require_GET(rows)), name="desk-rows"),
        path("desk/take/", site.admin_view(require_POST(take)), name="desk-take"),
    ]


def find(request: HttpRequest) -> HttpResponse:
    """Contents whose titles begin with `q`, as options of a list box."""
    _require(request, "pages.view_content")
    key = title_key(request.GET.get("q", "").replace("\0", ""))
    found = Content.objects.filter(title_key__startswith=key).order_by("title_key", "pk")
    order = list(found.non_polymorphic().values_list("pk", flat=True)[:OFFERED]) if key else []
    return render(request, "desk/found.html", {"rows": rows_of(order)})


def rows(request: HttpRequest) -> HttpResponse:
    """The rows of these contents, in this order."""
    _require(request, "pages.view_content")
    return HttpResponse(html(rows_of(_keys(request.GET.getlist("content"))[:ASKED]), request.user))


def take(request: HttpRequest) -> JsonResponse:
    """Make a content of an upload that has come in: its row, or why it is refused."""
    _require(request, "pages.add_content")
    try:
        upload = UUID(request.POST.get("upload", ""))
    except ValueError:
        return JsonResponse({"refused": str(dropping.Foreign())})
    user: Any = request.user
    # Who may give films no subtitles has no film for them.
    beside = _keys(request.POST.getlist("beside")) if user.has_perm("pages.add_subtitletrack") else []
    try:
        content = dropping.take(upload, str(user.pk), beside)
    except Refused as reason:
        # An answer like any other: a browser complains of those that say that something went wrong.
        return JsonResponse({"refused": str(reason)})
    return JsonResponse(
        {"content": content.pk, "title": content.title, "row": html(rows_of([content.pk]), user)}
    )


def _keys(sent: list[str]) -> list[int]:
    return list(dict.fromkeys(int(each) for each in sent if is_key(each)))


def _require(request: HttpRequest, permission: str) -> None:
    user: Any = request.user
    may_edit = user.has_perm("pages.change_page") or user.has_perm("pages.add_page")
    if not may_edit or not user.has_perm(permission):
        raise PermissionDenied
