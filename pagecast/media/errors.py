"""What can be wrong with a file, in words for the editor who sent it."""

from django.utils.translation import gettext_noop as _

from .words import Bytes, Words


class Refused(Exception):  # noqa: N818 - the word of the house: an upload is filed or refused
    """The file is not kept. The message says why, and what to do; `words` keeps it for every language."""

    def __init__(self, text: str, **parts: str | int | Bytes | Words) -> None:
        self.words = Words(text, parts)
        super().__init__(text)

    def __str__(self) -> str:
        return str(self.words)


class TooLarge(Refused):
    """The file is larger than this server takes."""

    def __init__(self, name: str, limit: int) -> None:
        text = _(
            "“%(name)s” is too large: this server takes files of up to %(limit)s. "
            "Send a smaller file, or ask for PAGECAST_MAX_UPLOAD_BYTES to be raised."
        )
        super().__init__(text, name=name, limit=Bytes(limit))


class Empty(Refused):
    """The file has no bytes."""

    def __init__(self, name: str) -> None:
        text = _("“%(name)s” is empty. Check that it opens on your side, then choose it again.")
        super().__init__(text, name=name)


class GaveUp(Refused):
    """Filing was tried too often."""

    def __init__(self, name: str, attempts: int, reason: str | Words) -> None:
        text = _("“%(name)s” could not be filed in %(attempts)s attempts (%(reason)s). Send it again.")
        super().__init__(text, name=name, attempts=attempts, reason=reason)


class Lost(Refused):
    """Bytes that were here are not here any more."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("The bytes of “%(name)s” were lost before it was filed. Send it again."), name=name
        )


class NotComplete(Refused):
    """Not all of it is there."""

    def __init__(self, name: str) -> None:
        text = _("“%(name)s” has not come in whole yet. Send the rest of it first.")
        super().__init__(text, name=name)
