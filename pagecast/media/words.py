"""What is said of a file, kept so that each reader gets it in his own language.

A worker knows no reader: it keeps the message and its parts, and they are put together when somebody looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext


@dataclass(frozen=True, slots=True)
class Bytes:
    """A number of bytes, told as people tell it: 5 GB."""

    number: int

    def __str__(self) -> str:
        return filesizeformat(self.number)


@dataclass(frozen=True, slots=True)
class Words:
    """A message with its parts: `str` gives it in the language of the moment, `to_json` keeps it.

    `text` is marked for translation where it is written (`gettext_noop`), with its parts as %(name)s.
    """

    text: str
    parts: Mapping[str, str | int | Bytes | Words] = field(default_factory=dict)

    def __str__(self) -> str:
        said = gettext(self.text) if self.text else ""
        return said % {name: str(part) for name, part in self.parts.items()} if self.parts else said

    def to_json(self) -> dict[str, Any]:
        """Plain values that a JSON column takes."""
        return {"text": self.text, "parts": {name: _kept(part) for name, part in self.parts.items()}}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """The message that `to_json` was asked of."""
        return cls(kept["text"], {name: _part(part) for name, part in kept.get("parts", {}).items()})


def _kept(part: str | int | Bytes | Words) -> Any:
    match part:
        case Bytes():
            return {"bytes": part.number}
        case Words():
            return part.to_json()
    return part


def _part(kept: Any) -> str | int | Bytes | Words:
    match kept:
        case {"bytes": number}:
            return Bytes(number)
        case {"text": _}:
            return Words.from_json(kept)
    part: str | int = kept
    return part
