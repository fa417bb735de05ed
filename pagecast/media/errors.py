"""What can be wrong with a file, in words for the editor who sent it."""

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _


class Refused(Exception):  # noqa: N818 - the word of the house: an upload is filed or refused
    """The file is not kept. The message says why, and what to do."""


class TooLarge(Refused):
    """The file is larger than this server takes."""

    def __init__(self, name: str, limit: int) -> None:
        text = _(
            "“%(name)s” is too large: this server takes files of up to %(limit)s. "
            "Send a smaller file, or ask for PAGECAST_MAX_UPLOAD_BYTES to be raised."
        )
        super().__init__(text % {"name": name, "limit": filesizeformat(limit)})


class Empty(Refused):
    """The file has no bytes."""

    def __init__(self, name: str) -> None:
        text = _("“%(name)s” is empty. Check that it opens on your side, then choose it again.")
        super().__init__(text % {"name": name})


class GaveUp(Refused):
    """Filing was tried too often."""

    def __init__(self, name: str, attempts: int, reason: str) -> None:
        text = _("“%(name)s” could not be filed in %(attempts)d attempts (%(reason)s). Send it again.")
        super().__init__(text % {"name": name, "attempts": attempts, "reason": reason})
