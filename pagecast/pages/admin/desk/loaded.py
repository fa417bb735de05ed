"""What a form was filled with when it was opened, so that it can tell what others changed since."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Self

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pagecast.pages.models import Page

#: The fields of a page that its form has.
FIELDS = ("title", "slug", "text", "is_active")
LINES = {"title", "slug"}
# What comes of JSON that is none, or is none of ours.
MALFORMED = (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A page as it was at some moment: its fields as text, and its contents in order."""

    fields: dict[str, str] = field(default_factory=dict)
    contents: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, page: Page | None) -> Self:
        """The page as it is now; nothing for one that is not there."""
        if page is None or page.pk is None:
            return cls()
        contents = page.placements.order_by("position", "pk").values_list("content", flat=True)
        return cls({name: as_text(name, getattr(page, name)) for name in FIELDS}, list(contents))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What was sent back with the form. Raises `ValidationError` for what no form of ours has sent."""
        try:
            told = json.loads(text)
            fields = {str(name): str(value) for name, value in told["fields"].items()}
            return cls(fields, [int(content) for content in told["contents"]])
        except MALFORMED as error:
            text = _("The form did not come in whole, and nothing was saved. Load the page again.")
            raise ValidationError(text) from error

    def to_json(self) -> str:
        """The same, to be sent with the form."""
        return json.dumps(asdict(self))


def as_text(name: str, value: object) -> str:
    """A field as it is compared: what a browser does to the ends of lines is no change."""
    text = "" if value is None else str(value)
    return in_a_line(text) if name in LINES else text.replace("\r\n", "\n")


def in_a_line(text: str) -> str:
    """What a field of one line makes of the text (https://infra.spec.whatwg.org/#strip-newlines)."""
    return text.replace("\r", "").replace("\n", "")
