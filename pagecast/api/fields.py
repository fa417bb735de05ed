"""Fields that take what the schema says and nothing like it: no "yes" for true, no 5 for "5"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.fields import Field
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from pagecast.pages.models.titled import storable

BIGGEST = 2**63 - 1


def _from_form(field: Field[Any, Any, Any, Any]) -> bool:
    """Whether the value comes from multipart, where everything is text."""
    request = field.context.get("request")
    return request is not None and str(request.content_type).startswith("multipart/")


class StrictChar(serializers.CharField):
    """Text as it was sent, white space included."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)
        # The framework looks at every character one by one, which takes a second for a long text.
        slow = (ProhibitSurrogateCharactersValidator, ProhibitNullCharactersValidator)
        self.validators = [
            each for each in self.validators if not isinstance(each, slow) and each != storable
        ]
        self.validators.append(storable)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if self.max_length is not None and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class StrictURL(StrictChar, serializers.URLField):
    """An address, with no white space around it."""


class StrictUUID(serializers.UUIDField):
    """A UUID as text: JSON has no other way to write one."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictSlug(StrictChar, serializers.SlugField):
    """A slug."""


class StrictBoolean(serializers.BooleanField):
    """true or false."""

    def to_internal_value(self, data: Any) -> bool:
        if _from_form(self) and isinstance(data, str):
            data = {"true": True, "false": False}.get(data.lower(), data)
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictInteger(serializers.IntegerField):
    """A whole number that a database takes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_value": BIGGEST} | kwargs)

    def to_internal_value(self, data: Any) -> int:
        if (
            not isinstance(data, int | str)
            or isinstance(data, bool)
            or (isinstance(data, str) and not _from_form(self))
        ):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictModelSerializer(serializers.ModelSerializer[Any]):
    """A serializer with these fields, which refuses names that it does not know."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.CharField: StrictChar,
        models.TextField: StrictChar,
        models.SlugField: StrictSlug,
        models.URLField: StrictURL,
        models.BooleanField: StrictBoolean,
        models.IntegerField: StrictInteger,
        models.PositiveIntegerField: StrictInteger,
    }
    default_error_messages = {"unknown": _("There is no such field. Known are: {known}.")}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            message = str(self.error_messages["unknown"]).format(known=", ".join(self.fields))
            raise serializers.ValidationError({name: [message] for name in unknown})
        return super().to_internal_value(data)
