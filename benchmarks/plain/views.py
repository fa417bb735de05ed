from typing import Any

from django.db import transaction
from django.db.models import F
from rest_framework.generics import RetrieveAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer

from .models import Content, Page, Placement


class ContentSerializer(ModelSerializer[Content]):
    class Meta:
        model = Content
        fields = ("id", "title", "counter", "content_type", "is_active", "url", "text")


class PageSerializer(ModelSerializer[Page]):
    class Meta:
        model = Page
        fields = ("id", "title", "slug", "text", "created_at", "updated_at")


class PageView(RetrieveAPIView[Page]):
    """A page, each of whose contents has been seen once more."""

    queryset = Page.objects.all()
    serializer_class = PageSerializer
    permission_classes = [AllowAny]

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            page = self.get_object()
            placed = (
                Placement.objects.filter(page=page).order_by("position").values_list("content", flat=True)
            )
            keys = list(placed)
            # One statement for all of them: the best that this way of counting can do.
            Content.objects.filter(pk__in=keys).update(counter=F("counter") + 1)
            contents = Content.objects.in_bulk(keys)
        rows = ContentSerializer([contents[key] for key in keys], many=True).data
        return Response(self.get_serializer(page).data | {"contents": rows})
