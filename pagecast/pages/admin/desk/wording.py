"""Titles in sentences."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

LONGEST, MOST = 80, 10


def short(text: str) -> str:
    """The text, or its beginning."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def listed(titles: Sequence[str]) -> str:
    """Titles as a sentence has them; of many, the first ones."""
    shown = [f"“{short(title)}”" for title in titles[:MOST]]
    if more := len(titles) - len(shown):
        shown.append(_("and %(number)s more") % {"number": more})
    return ", ".join(shown)
