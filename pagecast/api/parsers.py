"""Bodies of requests: JSON that says what is wrong with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http.multipartparser import MultiPartParser as DjangoFormParser
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import DataAndFiles, JSONParser, MultiPartParser


class StrictJSONParser(JSONParser):
    """JSON in UTF-8, up to DATA_UPLOAD_MAX_MEMORY_SIZE, however deep somebody nests it."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise RequestDataTooBig
        try:
            return json.loads(
                body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_refuse_repetition
            )
        except UnicodeDecodeError as error:
            text = _("The body is not UTF-8: byte %(position)d can not be read.")
            raise ParseError(text % {"position": error.start}) from error
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deep.")) from error
        except ValueError as error:
            raise ParseError(_("The body is not JSON: %(error)s") % {"error": error}) from error


class StrictFormParser(MultiPartParser):
    """A form, which says what is wrong with it. A file keeps its bytes whatever it is called."""

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> DataAndFiles[Any, Any]:
        request = (parser_context or {})["request"]
        handlers = request.upload_handlers
        meta = request.META | {"CONTENT_TYPE": media_type}
        with ExitStack() as undo:
            # Whatever breaks the form off, the files that were coming in are nobody's then.
            for handler in handlers:
                undo.callback(handler.upload_interrupted)
            try:
                form = _Form(meta, stream, handlers)
                data, files = form.parse()
            except MultiPartParserError as error:
                raise ParseError(_("The form can not be read: %(error)s") % {"error": error}) from error
            for _name, values in files.lists():
                for file in values:
                    undo.callback(file.close)
            form.refuse_doubtful([*data.lists(), *files.lists()])
            undo.pop_all()
        return DataAndFiles(data, files)


class _Form(DjangoFormParser):
    """Django's parser, which drops what it can not make sense of and says nothing: here it is missed."""

    def __init__(self, meta: Any, stream: IO[bytes], handlers: Any) -> None:
        self._counted = _Counted(stream)
        super().__init__(meta, self._counted, handlers)  # type: ignore[arg-type]  # it only reads
        self._counted.word = b"--" + self._boundary  # type: ignore[attr-defined]  # the types do not know it

    def sanitize_file_name(self, file_name: str) -> str:
        return super().sanitize_file_name(file_name) or "file"

    def refuse_doubtful(self, parts: list[tuple[str, list[Any]]]) -> None:
        names = Counter(name for name, values in parts for _value in values)
        # One delimiter more than parts, for the last one closes the form.
        if not self._counted.is_closed or not names or names.total() < self._counted.times - 1:
            raise ParseError(
                _("A part of the form can not be read. Send names in UTF-8, and the form whole.")
            )
        if twice := [name for name, times in names.items() if times > 1]:
            raise ValidationError({name: [_("Given more than once. Give one.")] for name in twice})


class _Counted:
    """A stream, and how often a word has come by in it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.word, self.times = b"", 0
        # Whether the word has come by with two hyphens behind it: the end of the form.
        self.is_closed = False
        self._stream, self._tail, self._end = stream, b"", b""

    def read(self, size: int) -> bytes:
        chunk = self._stream.read(size)
        window = self._tail + chunk
        self.times += window.count(self.word)
        self._tail = window[1 - len(self.word) :]
        end = self._end + chunk
        self.is_closed = self.is_closed or self.word + b"--" in end
        self._end = end[-1 - len(self.word) :]
        return chunk


def _refuse_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        message = "a name is given more than once"
        raise ValueError(message)
    return found


def _refuse_constant(name: str) -> None:
    message = f"{name} is no JSON number"
    raise ValueError(message)
