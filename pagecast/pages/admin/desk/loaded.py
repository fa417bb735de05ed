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
        return cls({name: as_text(getattr(page, name)) for name in FIELDS}, list(contents))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What was sent back with the form. Raises `ValidationError` for what no form of ours has sent."""
        try:
            told = json.loads(text)
            fields = {str(name): str(value) for name, value in told["fields"].items()}
            return cls(fields, [int(content) for content in told["contents"]])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            text = _("The form did not come in whole, and nothing was saved. Load the page again.")
            raise ValidationError(text) from error

    def to_json(self) -> str:
        """The same, to be sent with the form."""
        return json.dumps(asdict(self))


def as_text(value: object) -> str:
    """A field as it is compared: browsers end lines in their own way."""
    return "" if value is None else str(value).replace("\r\n", "\n")
