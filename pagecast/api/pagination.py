"""Pages of a list: `page` and `page_size`, refused in words when they are wrong."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

SIZE, MOST = 20, 100


class StrictPagination(BasePagination):
    """Numbered pages. A wrong number is 400, a page past the last is 404; the first page is always there."""

    def paginate_queryset(
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> Sequence[Any]:
        self.request = request
        self.number = _whole(request, "page", 1, None)
        size = _whole(request, "page_size", SIZE, MOST)
        self.count = queryset.count()
        self.last = max(1, -(-self.count // size))
        if self.number > self.last:
            text = _("There is no page %(page)d: the last one is %(last)d.")
            raise NotFound(text % {"page": self.number, "last": self.last})
        start = (self.number - 1) * size
        return list(queryset[start : start + size])

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"count": self.count, "next": self._link(+1), "previous": self._link(-1), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        properties = {"count": {"type": "integer"}, "next": link, "previous": link, "results": schema}
        return {"type": "object", "required": list(properties), "properties": properties}

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        page = {"type": "integer", "minimum": 1, "default": 1}
        size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": SIZE}
        return [
            {"name": "page", "in": "query", "required": False, "schema": page},
            {"name": "page_size", "in": "query", "required": False, "schema": size},
        ]

    def _link(self, step: int) -> str | None:
        number = self.number + step
        if not 1 <= number <= self.last:
            return None
        url = self.request.build_absolute_uri()
        return remove_query_param(url, "page") if number == 1 else replace_query_param(url, "page", number)


def _whole(request: Request, name: str, default: int, most: int | None) -> int:
    raw = request.query_params.get(name)
    if raw is None:
        return default
    # Nobody has a list that long, and a number of any length costs time to read.
    if raw.isascii() and raw.isdigit() and len(raw) < 12 and int(raw) >= 1 and (most is None or int(raw) <= most):
        return int(raw)
    if raw.isascii() and raw.isdigit() and most is None and raw.strip("0"):
        raise NotFound(_("There is no page %(page)s.") % {"page": raw[:30]})
    text = _("Give a whole number from 1 to %(most)d.") if most else _("Give a whole number, 1 or more.")
    raise ValidationError({name: [text % {"most": most} if most else text]})
