"""Pages of a list: `page` and `page_size`, refused in words when they are wrong."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.views import APIView

from .fields import BIGGEST

SIZE, MOST = 20, 100


class StrictPagination(BasePagination):
    """Numbered pages. A wrong number is 400, a page past the last is 404; the first page is always there."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
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
        return Response(
            {"count": self.count, "next": self._link(+1), "previous": self._link(-1), "results": data}
        )

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
    # A number of any length would cost time to read; nobody has a list that long.
    number = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < len(str(BIGGEST)) else None
    if number is not None and 1 <= number <= (most or BIGGEST):
        return number
    if number is None and most is None and raw.isascii() and raw.isdigit():
        raise NotFound(_("There is no page %(page)s.") % {"page": f"{raw[:30]}…"})
    text = _("Give a whole number from 1 to %(most)d.") if most else _("Give a whole number, 1 or more.")
    raise ValidationError({name: [text % {"most": most} if most else text]})
