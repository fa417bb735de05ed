"""Addresses for what changes by itself: cells of contents and uploads, another try, previews."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from pagecast.media import told
from pagecast.media.models import Upload
from pagecast.pages import filing
from pagecast.pages.models import Content, SubtitleTrack

from . import columns
from .lists import is_key

# As many rows as are told of at once.
MOST = 200


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of rows that screens show: where they are, and what there is to tell of one."""

    rows: Callable[[], QuerySet[Any]]
    is_key: Callable[[str], bool]
    cells: tuple[str, ...]
    fragment: Callable[[Any, str], str]
    version: Callable[[Any], str]
    is_pending: Callable[[Any], bool]
    upload: Callable[[Any], Upload | None]
    title: Callable[[Any], str]


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _is_number(text: str) -> bool:
    # As it is written in the rows, so that an answer has the name that was asked for.
    return is_key(text) and str(int(text)) == text


SORTS = {
    "content": Sort(
        lambda: Content.objects.non_polymorphic().select_related("blob", "upload__blob", "polymorphic_ctype"),
        _is_number,
        columns.CELLS,
        columns.fragment,
        columns.version_of,
        columns.is_waiting,
        lambda content: content.upload,
        lambda content: content.title,
    ),
    "upload": Sort(
        lambda: Upload.objects.select_related("blob"),
        _is_uuid,
        told.CELLS,
        told.fragment,
        told.version_of,
        told.is_pending,
        lambda upload: upload,
        lambda upload: upload.name,
    ),
    "track": Sort(
        lambda: SubtitleTrack.objects.select_related("blob", "upload__blob"),
        _is_number,
        columns.TRACK_CELLS,
        columns.track_fragment,
        columns.version_of,
        lambda track: track.upload is not None and told.is_pending(track.upload),
        lambda track: track.upload,
        lambda track: track.upload.name if track.upload else "",
    ),
}


@never_cache
@require_GET
def live(request: HttpRequest) -> JsonResponse:
    """What there is to tell of these rows: `row=content/12`, of a content, an upload or a track, any number.

    `row=content/12/5f3a0b12` tells which version is known already: a row that has not changed comes without
    its cells. Rows that do not exist, or that are none of the asker's business, are left out. The number of
    queries does not depend on the number of rows.
    """
    asked = request.GET.getlist("row")
    if len(asked) > MOST:
        text = _("At most %(most)s rows can be asked for at once; these are %(number)s.")
        message = text % {"most": MOST, "number": len(asked)}
        return JsonResponse({"error": message}, status=HTTPStatus.BAD_REQUEST)
    known: dict[str, dict[str, str]] = {name: {} for name in SORTS}
    for each in asked:
        name, key, version = [*each.split("/", 2), "", ""][:3]
        if name in SORTS and SORTS[name].is_key(key):
            known[name][key] = version
    rows: dict[str, Any] = {}
    for name, versions in known.items():
        rows |= _rows(request, name, versions)
    return JsonResponse({"rows": rows})


@never_cache
@require_POST
def retry(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """Have a failed upload filed anew. A browser is sent back to where it was; a program gets JSON."""
    if not _may(request, "change", Content):
        raise PermissionDenied
    upload = Upload.objects.filter(pk=upload_id).first()
    if upload is None:
        raise Http404
    is_wanted = filing.wanted().filter(pk=upload_id).exists()
    is_retried = is_wanted and filing.retry(upload_id)
    upload.refresh_from_db()
    # Whoever was a moment too late has what he wanted all the same.
    is_well = is_wanted and upload.state != Upload.State.FAILED
    said = _said(upload, is_wanted=is_wanted, is_well=is_well)
    if "application/json" in request.headers.get("Accept", ""):
        status = HTTPStatus.OK if is_well else HTTPStatus.CONFLICT
        return JsonResponse({"retried": is_retried, "said": said}, status=status)
    messages.add_message(request, messages.SUCCESS if is_well else messages.ERROR, said)
    return HttpResponseRedirect(_way_back(request, upload))


@never_cache
@require_GET
def preview(request: HttpRequest, content_id: int) -> HttpResponse:
    """A content as its readers see it, as a piece of HTML; with `only=file` without its text."""
    if not _may(request, "view", Content):
        raise PermissionDenied
    content = Content.objects.filter(pk=content_id).first() if is_key(str(content_id)) else None
    if content is None:
        raise Http404
    template = "live/player.html" if request.GET.get("only") == "file" else "live/preview.html"
    return render(request, template, {"content": content, "link": columns.link_of(content)})


def addresses() -> list[URLPattern]:
    """The addresses, below that of the admin."""
    protect = admin.site.admin_view
    return [
        path("live/", protect(live), name="live"),
        path("retry/<uuid:upload_id>/", protect(retry), name="retry"),
        path("preview/content/<int:content_id>/", protect(preview), name="preview"),
    ]


def _rows(request: HttpRequest, name: str, versions: dict[str, str]) -> dict[str, Any]:
    sort = SORTS[name]
    rows = sort.rows()
    if not versions or not _may(request, "view", rows.model):
        return {}
    return {
        f"{name}/{row.pk}": _row(sort, row, versions[str(row.pk)])
        for row in rows.filter(pk__in=list(versions)).order_by()
    }


def _row(sort: Sort, row: Any, known: str) -> dict[str, Any]:
    upload, version = sort.upload(row), sort.version(row)
    answer = {"pending": sort.is_pending(row), "state": columns.state_of(upload), "version": version}
    if version == known:
        return answer
    state = upload.get_state_display().lower() if upload else ""
    said = _("%(title)s: %(state)s") % {"title": sort.title(row), "state": state}
    return answer | {"said": said, "cells": {cell: sort.fragment(row, cell) for cell in sort.cells}}


def _may(request: HttpRequest, verb: str, model: type[Model]) -> bool:
    user: Any = request.user
    return bool(user.has_perm(f"{model._meta.app_label}.{verb}_{model._meta.model_name}"))


def _said(upload: Upload, *, is_wanted: bool, is_well: bool) -> str:
    """What became of the wish to try again, and what to do where it can not be."""
    if is_well:
        return _("“%(name)s” is tried again.") % {"name": upload.name}
    if not is_wanted:
        text = _("Nothing needs “%(name)s” any more. Choose the file in the form of a content.")
        return text % {"name": upload.name}
    text = _("“%(name)s” can not be tried again: what was sent is not kept any more. Send it again.")
    return text % {"name": upload.name}


def _way_back(request: HttpRequest, upload: Upload) -> str:
    """The screen that the request comes from, if it is one of ours."""
    before = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(before, {request.get_host()}, require_https=request.is_secure()):
        return before
    return reverse("admin:media_upload_change", args=[upload.pk])


def _register() -> None:
    """Add the addresses to those that the admin has. The theme asks its site for more of them."""
    site: Any = admin.site
    others = getattr(site, "extra_urls", list)
    site.extra_urls = lambda: [*others(), *addresses()]


_register()
