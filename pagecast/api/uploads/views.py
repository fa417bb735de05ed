"""Uploads that can be resumed, for whoever may add contents. Each belongs to whom it was begun by."""

from contextlib import ExitStack
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import http_date
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from pagecast.media import resuming
from pagecast.media.appending import Moved, TooMuch
from pagecast.media.models import Upload
from pagecast.media.staging.place import CHUNK, Writer

from . import problems, words
from .incoming import Incoming

TUS = {
    "Tus-Version": words.VERSION,
    "Tus-Extension": words.EXTENSIONS,
    "Tus-Checksum-Algorithm": ",".join(words.ALGORITHMS),
}


class OtherVersion(exceptions.APIException):
    """The client speaks another tus."""

    status_code = status.HTTP_412_PRECONDITION_FAILED


class Contributors(BasePermission):
    """Those who may add contents. What is spoken here, anyone may ask."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method == "OPTIONS" or request.user.has_perm("pages.add_content")


class Unread(BaseParser):
    """Leaves the body to whoever takes it in. The check of a session's CSRF token asks for a form first."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, str]:
        return {}


class TusView(APIView):
    """What every address of the protocol has."""

    permission_classes = [Contributors]
    parser_classes = [Unread]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Take the method that the client means, where something between us lets only others pass."""
        if meant := request.headers.get("X-HTTP-Method-Override"):
            request.method = meant.upper()
        return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        spoken = request.headers.get("Tus-Resumable")
        is_known = hasattr(self, str(request.method).lower())
        if spoken != words.VERSION and is_known and request.method != "OPTIONS":
            raise OtherVersion(_("Send Tus-Resumable: %(version)s.") % {"version": words.VERSION})

    def get_exception_handler(self) -> Any:
        return problems.handle

    def finalize_response(self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[arg-type]
        response.headers["Tus-Resumable"] = words.VERSION
        response.headers["Cache-Control"] = "no-store"
        if response.status_code == status.HTTP_412_PRECONDITION_FAILED:
            response.headers["Tus-Version"] = words.VERSION
        return response

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """What is spoken here."""
        headers = TUS | {"Tus-Max-Size": str(settings.PAGECAST_MAX_UPLOAD_BYTES)}
        return Response(status=status.HTTP_204_NO_CONTENT, headers=headers)


@extend_schema(exclude=True)  # a method that is named by a header, and words that come before a body
class UploadsView(TusView):
    """Where uploads begin."""

    def post(self, request: Request) -> HttpResponse:
        """Begin one, perhaps with its first bytes; or put parts together."""
        incoming = Incoming.of(request)
        if incoming.made is None:
            upload = self._begin(request, incoming)
            incoming.made = upload.pk
        else:
            upload = Upload.objects.get(pk=incoming.made)
        headers = {"Location": reverse("api:upload-detail", [upload.pk], request=request)}
        if incoming.length != 0:
            with ExitStack() as undo:
                # Nobody was told its address: what breaks off now cannot be resumed.
                undo.callback(resuming.abandon, upload)
                is_in = _take(request, incoming, upload, 0)
                undo.pop_all()
            if not is_in:
                return _go_on()
            headers["Upload-Offset"] = str(resuming.arrived(upload))
        resuming.finish(upload)
        return Response(status=status.HTTP_201_CREATED, headers=headers | _expiry(upload))

    def _begin(self, request: Request, incoming: Incoming) -> Upload:
        told = request.headers.get("Upload-Metadata", "")
        concatenation = request.headers.get("Upload-Concat", "")
        if not (told + concatenation).isascii():
            raise exceptions.ValidationError({"Upload-Metadata": [_("Use ASCII letters only.")]})
        sender, name = str(request.user.pk), words.file_name(told)
        metadata = words.sent_with(told, concatenation)
        if concatenation.startswith(words.FINAL):
            return _join(request, incoming, name, sender, metadata)
        if concatenation not in ("", words.PARTIAL):
            raise exceptions.ValidationError({"Upload-Concat": [_("Say “partial”, or “final;” and URLs.")]})
        if "Upload-Defer-Length" in request.headers:
            raise exceptions.ValidationError({"Upload-Defer-Length": [_("Give an Upload-Length instead.")]})
        size = words.number(request.headers, "Upload-Length")
        if incoming.length != 0:
            _is_bytes(request)
            if (incoming.length or 0) > size:
                raise TooMuch(name, size)
        is_part = concatenation == words.PARTIAL
        return resuming.begin(name, size, sender=sender, metadata=metadata, is_part=is_part)


@extend_schema(exclude=True)
class UploadView(TusView):
    """One upload."""

    def head(self, request: Request, pk: str) -> HttpResponse:
        """How much of it has arrived."""
        upload = _find(request, pk)
        resuming.finish(upload)
        headers = {"Upload-Offset": str(resuming.arrived(upload)), "Upload-Length": str(upload.size)}
        kept = words.headers_of(upload.metadata)
        return Response(headers=headers | kept | _expiry(upload))

    def patch(self, request: Request, pk: str) -> HttpResponse:
        """Take the next bytes."""
        upload, incoming = _find(request, pk), Incoming.of(request)
        if words.headers_of(upload.metadata).get("Upload-Concat", "").startswith(words.FINAL):
            raise exceptions.PermissionDenied(_("It is put together from its parts, and takes no bytes."))
        _is_bytes(request)
        if not _take(request, incoming, upload, words.number(request.headers, "Upload-Offset")):
            return _go_on()
        if not resuming.finish(upload):
            resuming.prolong(upload)
        headers = {"Upload-Offset": str(resuming.arrived(upload))}
        return Response(status=status.HTTP_204_NO_CONTENT, headers=headers | _expiry(upload))

    def delete(self, request: Request, pk: str) -> HttpResponse:
        """Give it up."""
        resuming.abandon(_find(request, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


def _find(request: Request, pk: str) -> Upload:
    """The upload, if this user has begun it: of others' uploads there is nothing to be known."""
    try:
        key = UUID(pk)
    except ValueError as error:
        raise Http404 from error
    upload = Upload.objects.filter(pk=key, sender=str(request.user.pk)).first()
    if upload is None:
        raise Http404
    return upload


def _join(request: Request, incoming: Incoming, name: str, sender: str, metadata: str) -> Upload:
    if "Upload-Length" in request.headers or incoming.length != 0:
        text = _("What is put together takes no bytes of its own and no Upload-Length.")
        raise exceptions.ValidationError({"Upload-Concat": [text]})
    address = request.build_absolute_uri(request.path)
    parts = words.parts(request.headers["Upload-Concat"], address)
    return resuming.join(parts, name, sender=sender, metadata=metadata)


def _take(request: Request, incoming: Incoming, upload: Upload, offset: int) -> bool:
    """Whether the body is in. It is not yet when somebody else is to read it, who asks again at its end."""
    if incoming.is_over:
        if incoming.error is not None:
            raise incoming.error
        return True
    if upload.state != Upload.State.RECEIVING:
        if offset != upload.size:
            raise Moved(upload.name, offset, upload.size)
        if incoming.length != 0:
            raise TooMuch(upload.name, upload.size)
        return True
    arrived = resuming.arrived(upload)
    if offset != arrived:
        raise Moved(upload.name, offset, arrived)
    if offset + (incoming.length or 0) > upload.size:
        raise TooMuch(upload.name, upload.size)
    writer = _writer(request, upload, offset)
    if incoming.is_streamed:
        incoming.writer = writer
        resuming.prolong(upload)
        return False
    with writer:
        while request.stream is not None and (piece := request.stream.read(CHUNK)):
            writer.write(piece)
        writer.settle()
    return True


def _writer(request: Request, upload: Upload, offset: int) -> Writer:
    told = request.headers.get("Upload-Checksum")
    return resuming.append(upload, offset, None if told is None else words.checksum(told))


def _is_bytes(request: Request) -> None:
    if str(request.content_type).partition(";")[0].strip().lower() != words.MEDIA_TYPE:
        text = _("Send the bytes as %(type)s.") % {"type": words.MEDIA_TYPE}
        raise exceptions.UnsupportedMediaType(str(request.content_type), text)


def _expiry(upload: Upload) -> dict[str, str]:
    """Until when the rest of it is waited for."""
    if upload.state != Upload.State.RECEIVING or upload.expires_at is None:
        return {}
    return {"Upload-Expires": http_date(upload.expires_at.timestamp())}


def _go_on() -> HttpResponse:
    """Seen by nobody: who reads the body finds that it may."""
    return Response(status=status.HTTP_202_ACCEPTED)
