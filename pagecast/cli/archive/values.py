"""The values of a row, as JSON and back, without loss, whatever the field.

Numbers, texts and truths are themselves. Anything else is what Django's serializers make of it: every field
can write its value as a text (`value_to_string`) and read it again (`to_python`).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models

from .tables import TOLD_BY_NAME, Model, columns

_PLAIN = {bool, int, float, str}


class Names:
    """What is told by name, because its number differs from database to database."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, Any], list[str]] = {}
        self._keys: dict[tuple[str, ...], int] = {}

    def name(self, model: Model, key: Any) -> list[str]:
        """The name of a content type or a permission."""
        if (model._meta.label_lower, key) not in self._names:
            self._names[model._meta.label_lower, key] = self._ask(model, key)
        return self._names[model._meta.label_lower, key]

    def key(self, model: Model, name: Sequence[str]) -> int:
        """The number here of what has this name; it is made if an app that is no longer there has left it."""
        wanted = (model._meta.label_lower, *map(str, name))
        if wanted not in self._keys:
            app, kind = wanted[1:3]
            owner, _new = ContentType.objects.get_or_create(app_label=app, model=kind)
            if model is ContentType:
                self._keys[wanted] = owner.pk
            else:
                _model, _app, _kind, codename, title = wanted
                found, _new = Permission.objects.get_or_create(
                    content_type=owner, codename=codename, defaults={"name": title}
                )
                self._keys[wanted] = found.pk
        return self._keys[wanted]

    @staticmethod
    def _ask(model: Model, key: Any) -> list[str]:
        try:
            if model is ContentType:
                kind = ContentType.objects.get(pk=key)
                return [kind.app_label, kind.model]
            permission = Permission.objects.select_related("content_type").get(pk=key)
        except ObjectDoesNotExist:
            # A row that refers to nothing: told as it is, it is refused where it is restored.
            return []
        kind = permission.content_type
        return [kind.app_label, kind.model, permission.codename, permission.name]


class Row:
    """Writes and reads the rows of one model."""

    def __init__(self, model: Model, names: Names) -> None:
        self.fields = columns(model)
        self._encoders = [_encoder(field, names) for field in self.fields]
        self._decoders = [_decoder(field, names) for field in self.fields]

    def encode(self, values: Sequence[Any]) -> bytes:
        """A line of JSON."""
        told = [encode(value) for encode, value in zip(self._encoders, values, strict=True)]
        return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, line: bytes) -> SimpleNamespace:
        """The values by their names. Raises `ValueError` for what is no row of this model."""
        told = json.loads(line)
        if not isinstance(told, list) or len(told) != len(self.fields):
            message = "it has other columns"
            raise ValueError(message)
        try:
            return SimpleNamespace(
                **{
                    field.attname: decode(value)
                    for field, decode, value in zip(self.fields, self._decoders, told, strict=True)
                }
            )
        except (ValidationError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
            raise ValueError(str(error)) from None


def _encoder(field: models.Field[Any, Any], names: Names) -> Callable[[Any], Any]:
    if target := _told_by_name(field):
        return lambda value: None if value is None else names.name(target, value)
    if isinstance(field, models.JSONField):
        if field.encoder is None:
            return lambda value: value
        return lambda value: json.loads(json.dumps(value, cls=field.encoder))

    def encode(value: Any) -> Any:
        if value is None or type(value) in _PLAIN:
            return value
        if type(value) is dt.datetime:
            return value.isoformat()
        return field.value_to_string(SimpleNamespace(**{field.attname: value}))  # type: ignore[arg-type]  # all it asks for

    return encode


def _decoder(field: models.Field[Any, Any], names: Names) -> Callable[[Any], Any]:
    if target := _told_by_name(field):
        return lambda value: None if value is None else names.key(target, value)
    if isinstance(field, models.JSONField):
        # What is not NULL and yet nothing is the null of JSON.
        nothing = None if field.null else models.Value(None, models.JSONField())
        return lambda value: nothing if value is None else value
    return lambda value: None if value is None else field.to_python(value)


def _told_by_name(field: models.Field[Any, Any]) -> Model | None:
    target = field.remote_field.model if field.remote_field else None
    return target if target is not None and target._meta.label_lower in TOLD_BY_NAME else None
