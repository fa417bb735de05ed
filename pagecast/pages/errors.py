"""What can be wrong with an edit."""

from django.core.exceptions import ValidationError


class Conflict(ValidationError):  # noqa: N818 - HTTP and databases call it so
    """The edit is sound, and yet does not go with what is there: a taken slug, a content that is gone."""
