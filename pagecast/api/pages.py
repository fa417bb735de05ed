"""Pages: read by anyone and counted, changed by editors."""

from collections.abc import Sequence
from typing import Any, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from pagecast.pages import editing, reading
from pagecast.pages.books import visible
from pagecast.pages.kinds import kinds, type_of
from pagecast.pages.models import Page, Placement
from pagecast.pages.models.titled import storable, title_key
from pagecast.pages.reading import ShownPage

from .fields import BIGGEST
from .permissions import EditorsAndReaders, is_preview
from .schema import NO_NUL, choice, problems
from .serializers import PageCountersSerializer, ShownPageSerializer, WrittenPageSerializer, told_counters

ORDERINGS = [sign + name for name in ("created_at", "updated_at", "title", "id") for sign in ("", "-")]
_COLUMNS = {"title": "title_key"}

# Readers need no token; with one, an editor sees what is switched off, too.
ANYONE: Any = [{}, {"token": []}]

LIST_PARAMETERS = [
    OpenApiParameter(
        "search",
        {"type": "string", "pattern": NO_NUL},
        description="The beginning of the title, in any case.",
    ),
    choice("kind", list(kinds()), "Only pages that show a content of this kind."),
    choice("ordering", ORDERINGS, "What to sort by; `-` turns it around."),
]


class PageViewSet(GenericViewSet[Page]):
    """Pages with their contents in order. Every page in an answer to a GET has been viewed once more."""

    queryset = Page.objects.all()
    serializer_class = ShownPageSerializer
    permission_classes = [EditorsAndReaders]
    lookup_value_converter = "int"

    @extend_schema(
        parameters=LIST_PARAMETERS,
        responses={200: ShownPageSerializer(many=True)} | problems(400, 401, 404),
        auth=ANYONE,
    )
    def list(self, request: Request) -> HttpResponse:
        pages = self.paginate_queryset(self._matching(request).values_list("pk", flat=True))
        return self.get_paginated_response(self._view(request, cast("list[int]", pages), self._serialize))

    @extend_schema(responses={200: ShownPageSerializer} | problems(401, 404), auth=ANYONE)
    def retrieve(self, request: Request, pk: int) -> HttpResponse:
        def answer(shown: Sequence[ShownPage]) -> Any:
            if not shown:
                raise Http404
            return self._serialize(shown)[0]

        return Response(self._view(request, [_known(pk)], answer))

    @extend_schema(
        request=WrittenPageSerializer,
        responses={201: ShownPageSerializer} | problems(400, 401, 403, 409, 413, 415),
    )
    def create(self, request: Request) -> HttpResponse:
        fields = self._fields(request, partial=False)
        page = editing.create_page(fields, fields.pop("contents", None))
        data = self._edited(page)
        return Response(data, status=status.HTTP_201_CREATED, headers={"Location": data["url"]})

    @extend_schema(
        request=WrittenPageSerializer,
        responses={200: ShownPageSerializer} | problems(400, 401, 403, 404, 409, 413, 415),
    )
    def partial_update(self, request: Request, pk: int) -> HttpResponse:
        page = self._get(pk)
        fields = self._fields(request, partial=True)
        editing.change_page(page, fields, fields.pop("contents", None))
        return Response(self._edited(page))

    @extend_schema(responses={204: None} | problems(401, 403, 404))
    def destroy(self, request: Request, pk: int) -> HttpResponse:
        self._get(pk).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None} | problems(404), auth=[])
    @action(detail=True, methods=["post"], authentication_classes=[], permission_classes=[AllowAny])
    def views(self, request: Request, pk: int) -> HttpResponse:
        """Count one view of a page that came from a cache. No body."""
        if not reading.view_unseen(_known(pk)):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={200: PageCountersSerializer} | problems(401, 404), auth=ANYONE)
    @action(detail=True, methods=["get"])
    def counters(self, request: Request, pk: int) -> HttpResponse:
        """The views of a page and the counters of its contents as they are now. Looking counts nothing."""
        found = reading.counters(_known(pk), everything=is_preview(request))
        if found is None:
            raise Http404
        return Response(told_counters(pk, found, reading.views(pk)))

    def finalize_response(self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        if request.method in ("GET", "HEAD"):
            # Any site may read; who may edit from elsewhere is decided by PAGECAST_CORS_ORIGINS.
            response.headers.setdefault("Access-Control-Allow-Origin", "*")
        return response

    def _view(self, request: Request, pages: Sequence[int], answer: Any) -> Any:
        """Readers' GETs count; HEAD and editors' previews only look."""
        if is_preview(request):
            return answer(reading.read(pages, everything=True))
        if request.method == "HEAD":
            return answer(reading.read(pages))
        return reading.view(pages, answer)

    def _serialize(self, shown: Sequence[ShownPage]) -> Any:
        return ShownPageSerializer(shown, many=True, context=self.get_serializer_context()).data

    def _edited(self, page: Page) -> Any:
        found = reading.read([page.pk], everything=True)
        if not found:
            raise Http404
        return self._serialize(found)[0]

    def _fields(self, request: Request, *, partial: bool) -> dict[str, Any]:
        serializer = WrittenPageSerializer(
            data=request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _get(self, pk: int) -> Page:
        page = Page.objects.filter(pk=_known(pk)).first()
        if page is None:
            raise Http404
        return page

    def _matching(self, request: Request) -> QuerySet[Page]:
        preview = is_preview(request)
        pages = self.get_queryset() if preview else self.get_queryset().filter(is_active=True)
        if prefix := request.query_params.get("search", ""):
            try:
                storable(prefix)
            except DjangoValidationError as error:
                raise ValidationError({"search": error.messages}) from error
            pages = pages.filter(title_key__startswith=title_key(prefix))
        if kind := _one_of(request, "kind", list(kinds())):
            shown = Placement.objects.filter(page=OuterRef("pk"), content__polymorphic_ctype=type_of(kind))
            pages = pages.filter(Exists(shown if preview else shown.filter(visible("content__"))))
        if ordering := _one_of(request, "ordering", ORDERINGS):
            sign, name = ("-", ordering[1:]) if ordering.startswith("-") else ("", ordering)
            pages = pages.order_by(sign + _COLUMNS.get(name, name), f"{sign}pk")
        return pages


def _one_of(request: Request, name: str, choices: list[str]) -> str | None:
    value = request.query_params.get(name)
    if value is not None and value not in choices:
        raise ValidationError({name: [_("Give one of: %(choices)s.") % {"choices": ", ".join(choices)}]})
    return value


def _known(pk: int) -> int:
    """The id, if a database can have it at all."""
    if pk > BIGGEST:
        raise Http404
    return pk
