"""The editors' front page: how much is seen, what is being filed, what failed, and what the disk holds."""

from __future__ import annotations

import datetime as dt
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db.models import Sum
from django.http import HttpRequest, QueryDict
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pagecast.counting import history
from pagecast.media import retrying, told
from pagecast.media.models import Blob, Upload
from pagecast.pages.models import Content, Page, SubtitleTrack

from . import plots
from .lists import is_key
from .plots import Period

Value = TypeVar("Value")

# How many rows a list has.
ROWS = 10
# Failures are shown for so long.
LATELY = dt.timedelta(days=7)
# What took a second to find out is kept for so many: sums over a million rows cost a hundredth of the time.
KEPT = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What the plot is to show: a period, and one page or content, or all of them."""

    period: Period
    page: int | None = None
    content: int | None = None

    def link(self, **other: Any) -> str:
        """The query that leads to the same with something else in it."""
        query = {"period": self.period.value, "page": self.page, "content": self.content} | other
        return f"?{urlencode({name: value for name, value in query.items() if value is not None})}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list: its name leads somewhere, and so may its second link."""

    name: str
    url: str
    told: str
    form: str = ""
    advice: str = ""
    since: dt.datetime | None = None


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the front page. Whoever may not see pages gets what the theme shows."""
    if not request.user.has_perm("pages.view_page"):
        return context
    choice = _choice(request.GET)
    return context | {
        "title": _("Overview"),
        "front": {
            "choice": choice,
            "periods": [(period.label, choice.link(period=period.value), period) for period in Period],
            "all": choice.link(page=None, content=None),
            "subject": _subject(choice),
            "plot": _plot(choice),
            "pages": _most_viewed(choice),
            "contents": _most_seen(choice),
            "waiting": _waiting(),
            "failed": _failed(may_change=request.user.has_perm("pages.change_content")),
            "disk": _disk(),
            "can_add_page": request.user.has_perm("pages.add_page"),
            "can_add_content": request.user.has_perm("pages.add_content"),
        },
    }


def plot(*, page: int | None = None, content: int | None = None, period: Period = Period.WEEK) -> SafeString:
    """A small plot of the views of one page, or of one content, for its own form. It takes one query."""
    return _plot(Choice(period, page, content), plots.SMALL_HEIGHT).draw()


def _choice(query: QueryDict) -> Choice:
    wanted = query.get("period", Period.WEEK)
    period = Period(wanted) if wanted in Period.values else Period.WEEK
    keys = {name: query.get(name, "") for name in ("page", "content")}
    page, content = (int(key) if is_key(key) else None for key in keys.values())
    if page is not None and Page.objects.filter(pk=page).exists():
        return Choice(period, page=page)
    if content is not None and _contents([content]):
        return Choice(period, content=content)
    return Choice(period)


def _subject(choice: Choice) -> Row | None:
    """The one page or content that is looked at."""
    if choice.page is not None:
        titles = _pages([choice.page])
        return Row(titles.get(choice.page, ""), reverse("admin:pages_page_change", args=[choice.page]), "")
    if choice.content is not None:
        titles = _contents([choice.content])
        form = reverse("admin:pages_content_change", args=[choice.content])
        return Row(titles.get(choice.content, ""), form, "")
    return None


def _plot(choice: Choice, height: int = plots.HEIGHT) -> plots.Plot:
    since = plots.since(choice.period)
    if choice.page is not None:
        views, label = history.views_of_group(choice.page, since), _("Views of the page")
    elif choice.content is not None:
        views, label = history.views_of_member(choice.content, since), _("Views of the content")
    else:
        views = _kept(f"all {since}", lambda: history.views_of_all(since))
        label = _("Views of all pages")
    named = _("%(what)s, %(period)s") % {"what": label, "period": choice.period.label}
    return plots.plot(views, choice.period, named, height)


def _most_viewed(choice: Choice) -> list[Row]:
    since = plots.since(choice.period)
    best = _kept(f"groups {since}", lambda: history.most_viewed_groups(since, ROWS))
    titles = _pages(key for key, _views in best)
    return [
        Row(
            titles[key],
            choice.link(page=key, content=None),
            plots.told(views),
            reverse("admin:pages_page_change", args=[key]),
        )
        for key, views in best
        if key in titles
    ]


def _most_seen(choice: Choice) -> list[Row]:
    since = plots.since(choice.period)
    best = _kept(f"members {since}", lambda: history.most_seen_members(since, ROWS))
    titles = _contents(key for key, _views in best)
    return [
        Row(
            titles[key],
            choice.link(content=key, page=None),
            plots.told(views),
            reverse("admin:pages_content_change", args=[key]),
        )
        for key, views in best
        if key in titles
    ]


def _pages(keys: Iterable[int]) -> dict[int, str]:
    return dict(Page.objects.filter(pk__in=list(keys)).values_list("pk", "title"))


def _contents(keys: Iterable[int]) -> dict[int, str]:
    rows = Content.objects.non_polymorphic().filter(pk__in=list(keys))
    return dict(rows.values_list("pk", "title"))


def _waiting() -> dict[str, Any]:
    """What is being filed now, the first to come first; whether there is more."""
    rows = Upload.objects.filter(state__in=[Upload.State.PENDING, Upload.State.PROCESSING], is_part=False)
    found = list(rows.select_related("blob").order_by("created_at", "id")[: ROWS + 1])
    homes = _homes(found)
    shown = [_upload_row(upload, "state", homes.get(upload.pk)) for upload in found]
    return {"rows": shown[:ROWS], "more": len(shown) > ROWS}


def _failed(*, may_change: bool) -> dict[str, Any]:
    """What failed lately, the newest first; whether there is more."""
    rows = Upload.objects.filter(state=Upload.State.FAILED, created_at__gte=timezone.now() - LATELY)
    found = list(rows.select_related("blob").order_by("-created_at", "-id")[: ROWS + 1])
    homes = _homes(found)
    shown = [
        _upload_row(
            upload,
            "error",
            homes.get(upload.pk),
            # What can be tried again has its button with the reason.
            _("Choose another file") if may_change and not retrying.can_retry(upload) else "",
        )
        for upload in found
    ]
    return {"rows": shown[:ROWS], "more": len(shown) > ROWS}


def _homes(uploads: list[Upload]) -> dict[UUID, int]:
    """The contents that these uploads are for, or whose subtitles they are for."""
    keys = [upload.pk for upload in uploads]
    tracks = SubtitleTrack.objects.filter(upload__in=keys).values_list("upload_id", "content_id")
    contents = Content.objects.non_polymorphic().filter(upload__in=keys).values_list("upload_id", "pk")
    return {upload: content for upload, content in [*tracks, *contents] if upload is not None}


def _upload_row(upload: Upload, cell: str, home: int | None, advice: str = "") -> Row:
    form = "" if home is None else reverse("admin:pages_content_change", args=[home])
    return Row(
        upload.name,
        reverse("admin:media_upload_change", args=[upload.pk]),
        told.cell(upload, cell),
        f"{form}#id_file" if form and advice else form,
        advice,
        upload.created_at,
    )


def _disk() -> list[tuple[str, str]]:
    """What files take, what was saved because each is kept once, and what is left."""
    taken = _kept("taken", lambda: Blob.objects.aggregate(sum=Sum("size", default=0))["sum"])
    again = Upload.objects.filter(is_duplicate=True, state=Upload.State.COMPLETED)
    saved = _kept("saved", lambda: again.aggregate(sum=Sum("size", default=0))["sum"])
    sizes = [(_("Files"), filesizeformat(taken)), (_("Saved by keeping each once"), filesizeformat(saved))]
    if settings.PAGECAST_BUCKET is None:
        folder = Path(settings.MEDIA_ROOT)
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        sizes.append((_("Free on the disk"), filesizeformat(shutil.disk_usage(there).free)))
    return sizes


def _kept(name: str, find: Callable[[], Value]) -> Value:
    """What `find` finds, or found a while ago: the longer ago the longer it takes."""
    key = f"pagecast front {name}".replace(" ", "-")
    found = cache.get(key)
    if found is None:
        begun = time.monotonic()
        found = find()
        cache.set(key, found, KEPT * (time.monotonic() - begun))
    return cast("Value", found)
