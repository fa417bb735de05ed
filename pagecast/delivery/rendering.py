"""Documents made by the API's own serializers, so that both ways give the same bytes."""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from rest_framework.renderers import JSONRenderer

from pagecast.api.pagination import StrictPagination
from pagecast.api.serializers import ShownPageSerializer, told_counters
from pagecast.counting import ledger
from pagecast.counting.models import Tally
from pagecast.pages import reading
from pagecast.pages.models import Page
from pagecast.site.marks import ORIGIN

from .documents import Document, Slice, cut, with_views


class _Anywhere:
    """In the place of a request: what it is asked for differs from server to server in its address alone."""

    def __init__(self, url: str = "", query: str = "") -> None:
        self.GET = self.query_params = dict(parse_qsl(query))
        self._url = f"{url}?{query}" if query else url

    def build_absolute_uri(self, location: str | None = None) -> str:
        return ORIGIN + (self._url if location is None else location)


def render(tallies: Iterable[Tally]) -> dict[int, Document]:
    """The documents of these pages, by their tallies, which are held and have this view in them.

    A page that nobody may see is left out.
    """
    views = {tally.group_id: tally for tally in tallies}
    # Before the counters are read. A content that is alone now stays so while these tallies are held; one
    # that is shared may be alone a moment later, and its counter then holds what the others gave it.
    shared = ledger.shared_members(views)
    pages = reading.read(sorted(views))
    counters = [{shown.content.pk: shown.counter for shown in page.contents} for page in pages]
    # No text can hold it by chance, and nobody knows it beforehand.
    mark = secrets.randbits(61) | 1 << 61
    marked = [
        replace(page, contents=[replace(shown, counter=mark) for shown in page.contents]) for page in pages
    ]
    data = _serializer().to_representation(marked)
    renderer, documents = JSONRenderer(), {}
    for page, live in zip(data, counters, strict=True):
        tally = views[page["id"]]
        expected = (tally.group_id, tally.edition)
        documents[tally.group_id] = cut(renderer.render(page), expected, mark, live, tally.views, shared)
    return documents


def render_counters(tallies: Iterable[Tally]) -> dict[int, Document]:
    """How often the contents of these pages were seen, as documents; else like `render`."""
    found = {tally.group_id: tally for tally in tallies}
    shared, documents = ledger.shared_members(found), {}
    for page, tally in found.items():
        counters = reading.counters(page)
        if counters is not None:
            mark = secrets.randbits(61) | 1 << 61
            data = told_counters(page, dict.fromkeys(counters, mark), mark)
            expected = (page, tally.edition)
            body = JSONRenderer().render(data)
            documents[page] = with_views(cut(body, expected, mark, counters, tally.views, shared), mark)
    return documents


@cache
def _serializer() -> Any:
    """Made once: that takes longer than using it. Only the thread that renders uses it."""
    return ShownPageSerializer(many=True, context={"request": _Anywhere()})


def cut_slice(url: str, query: str) -> Slice:
    """The part of the list of all pages that the query asks for, as it is now.

    Raises what the API raises for a query that it refuses.
    """
    # Before the pages are read: a slice that is newer than its edition is read again, an older one never is.
    catalogue = ledger.catalogue()
    request: Any = _Anywhere(url, query)
    paginator = StrictPagination()
    active = Page.objects.filter(is_active=True).values_list("pk", flat=True)
    pages = paginator.paginate_queryset(active, request)
    body = JSONRenderer().render(paginator.get_paginated_response([]).data)
    return Slice(catalogue, tuple(pages), tuple(body.removesuffix(b"]}").split(ORIGIN.encode())))
