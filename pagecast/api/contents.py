"""Contents, for editors."""

from functools import partial as bind
from typing import Any, cast
from uuid import UUID

from django.http import Http404, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from pagecast.counting import ledger
from pagecast.media.errors import NotComplete
from pagecast.media.handlers import StagedFile
from pagecast.media.models import Upload
from pagecast.media.subtitles import language_of
from pagecast.pages import editing, reading, subtitling
from pagecast.pages.books import editing as one_edit
from pagecast.pages.errors import Conflict
from pagecast.pages.kinds import kinds
from pagecast.pages.models import Content, Placement
from pagecast.pages.subtitling import Track

from .fields import BIGGEST
from .parsers import StrictFormParser, StrictJSONParser
from .schema import problems
from .serializers import edited_content, union, written_content

EDITED = union("EditedContent", edited_content)


def _request(name: str, *, new: bool) -> dict[str, Any]:
    return {
        "application/json": union(name, bind(written_content, form=False, new=new)),
        "multipart/form-data": union(f"{name}Form", bind(written_content, form=True, new=new)),
    }


class ContentViewSet(GenericViewSet[Content]):
    """Contents of every kind, with the state of their files and the pages that they stand on."""

    queryset = Content.objects.all()
    parser_classes = [StrictJSONParser, StrictFormParser]
    lookup_value_converter = "int"

    @extend_schema(
        responses={200: union("EditedContent", edited_content, many=True)} | problems(400, 401, 403, 404)
    )
    def list(self, request: Request) -> HttpResponse:
        keys = self.paginate_queryset(self.get_queryset().values_list("pk", flat=True))
        return self.get_paginated_response(_serialize(cast("list[int]", keys)))

    @extend_schema(responses={200: EDITED} | problems(401, 403, 404))
    def retrieve(self, request: Request, pk: int) -> HttpResponse:
        return Response(_one(self._get(pk)))

    @extend_schema(
        request=_request("WrittenContent", new=True),
        responses={201: EDITED} | problems(400, 401, 403, 409, 413, 415, 507),
    )
    def create(self, request: Request) -> HttpResponse:
        kind = _kind(request.data)
        content = self._write(request, kind(), new=True)
        return Response(_one(content), status=status.HTTP_201_CREATED)

    @extend_schema(
        request=_request("PatchedWrittenContent", new=False),
        responses={200: EDITED} | problems(400, 401, 403, 404, 409, 413, 415, 507),
    )
    def partial_update(self, request: Request, pk: int) -> HttpResponse:
        content = self._write(request, self._get(pk), new=False)
        return Response(_one(content))

    @extend_schema(responses={204: None} | problems(401, 403, 404))
    def destroy(self, request: Request, pk: int) -> HttpResponse:
        self._get(pk).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _get(self, pk: int) -> Content:
        content = self.get_queryset().filter(pk=pk).first() if pk <= BIGGEST else None
        if content is None:
            raise Http404
        return content

    def _write(self, request: Request, content: Content, *, new: bool) -> Content:
        form = str(request.content_type).startswith("multipart/")
        data = request.data.dict() if isinstance(request.data, QueryDict) else request.data
        if not new:
            _same_kind(data, content, form=form)
        serializer = written_content(type(content), form=form, new=new)(
            content, data=data, partial=not new, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        fields = dict(serializer.validated_data)
        fields.pop("content_type", None)
        sender = str(request.user.pk)
        upload, tracks = _upload(fields, sender), _tracks(fields, sender)
        with one_edit():
            editing.write_content(content, fields, upload)
            if isinstance(tracks, Track):
                subtitling.set_track(content, tracks)
            elif tracks is not None:
                subtitling.set_tracks(content, tracks)
        return content


def _one(content: Content) -> dict[str, Any]:
    found = _serialize([content.pk])
    if not found:
        raise Http404
    return found[0]


def _serialize(keys: list[int]) -> list[dict[str, Any]]:
    # Before the contents: a status may lag behind its file, but never say “completed” without it.
    uploads = {upload.pk: upload for upload in Upload.objects.filter(contents__in=keys)}
    contents, counters = reading.load(keys), ledger.counters(keys)
    given = {content.upload_id for content in contents.values() if content.upload_id} - uploads.keys()
    uploads |= Upload.objects.in_bulk(given)
    pages: dict[int, list[int]] = {key: [] for key in keys}
    for content_id, page in (
        Placement.objects.filter(content__in=keys).order_by("page").values_list("content", "page")
    ):
        pages[content_id].append(page)
    answer = []
    # One may have gone since the list of keys was made.
    for key in filter(contents.get, keys):
        content: Any = contents[key]
        content.counter, content.order, content.pages = counters[key], None, pages[key]
        content.upload = uploads.get(content.upload_id)
        if content.upload is not None and content.upload.blob_id == content.blob_id:
            content.upload.blob = content.blob
        answer.append(edited_content(kinds()[content.kind()])().to_representation(content))
    return answer


def _kind(data: Any) -> type[Content]:
    name = data.get("content_type") if hasattr(data, "get") else None
    kind = kinds().get(name) if isinstance(name, str) else None
    if kind is None:
        message = _("Give one of: %(choices)s.") % {"choices": ", ".join(kinds())}
        raise ValidationError({"content_type": [message]})
    return kind


def _same_kind(data: Any, content: Content, *, form: bool) -> None:
    """What another kind would take is sound, but does not go with this content."""
    if not isinstance(data, dict):
        return
    names = {"kind": content.kind()}
    kind = data.get("content_type")
    if isinstance(kind, str) and kind in kinds() and kind != content.kind():
        raise Conflict({"content_type": _("It is a content of the kind %(kind)s, and stays one.") % names})
    known = set(written_content(type(content), form=form, new=False)().fields)
    elsewhere = {
        name for kind in kinds().values() for name in written_content(kind, form=form, new=False)().fields
    }
    if strange := [name for name in data if name in elsewhere - known]:
        raise Conflict(
            {name: _("A content of the kind %(kind)s has no such field.") % names for name in strange}
        )


def _upload(fields: dict[str, Any], sender: str) -> Upload | None:
    """The upload that the request brings or names, taken out of its fields."""
    file, key = fields.pop("file", None), fields.pop("upload", None)
    if isinstance(file, StagedFile):
        return file.keep()
    return None if key is None else _finished(key, "upload", sender)


def _tracks(fields: dict[str, Any], sender: str) -> Track | list[Track] | None:
    """The subtitles that the request brings, one of a form, or the list that it names; taken out, too."""
    subtitles, language = fields.pop("subtitles", None), fields.pop("subtitles_language", None)
    if isinstance(subtitles, StagedFile):
        name = subtitles.name or ""
        return Track(language_of(name) if language is None else language, subtitles.keep())
    if subtitles is None and language is not None:
        raise ValidationError({"subtitles": [_("Send the file of the subtitles with their language.")]})
    if subtitles is None:
        return None
    return [
        Track(
            each["language"],
            _finished(each["upload"], "subtitles", sender) if "upload" in each else None,
            each.get("url"),
        )
        for each in subtitles
    ]


def _finished(key: UUID, field: str, sender: str) -> Upload:
    upload = Upload.objects.filter(pk=key).first()
    # What comes in by resumable uploads is its sender's until it is used.
    if upload is None or (upload.expires_at is not None and upload.sender not in {"", sender}):
        raise Conflict({field: _("There is no upload with this id. Send the file first.")})
    if upload.state == Upload.State.RECEIVING or upload.is_part:
        raise Conflict({field: str(NotComplete(upload.name))})
    if upload.state == Upload.State.FAILED:
        raise Conflict({field: upload.error})
    return upload
