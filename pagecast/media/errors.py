"""What can be wrong with a file, in words for the editor who sent it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.utils.translation import gettext_noop as _

from .stores.store import StoreAway
from .words import Bytes, Words

# No room at all, or none for us.
FULL = {errno.ENOSPC, errno.EDQUOT}


class Refused(Exception):  # noqa: N818 - the word of the house: an upload is filed or refused
    """The file is not kept. The message says why, and what to do; `words` keeps it for every language."""

    #: The reason may lie outside of the file: the same bytes may do another time.
    is_passing: ClassVar[bool] = False

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
    """Each attempt to file it killed the worker."""

    is_passing = True

    def __init__(self, name: str, attempts: int) -> None:
        text = _(
            "“%(name)s” was tried %(attempts)s times, and each time the worker was cut off. "
            "Save it anew with another program, then send that copy."
        )
        super().__init__(text, name=name, attempts=attempts)


class WaitedInVain(Refused):
    """What stood in the way from outside did not go away."""

    is_passing = True

    def __init__(self, name: str, reason: Words) -> None:
        text = _("“%(name)s” waited for a day and was given up. %(reason)s When that is over, send it again.")
        super().__init__(text, name=name, reason=reason)


class NoRoom(Refused):
    """The disk is full, and nothing of the file is kept."""

    def __init__(self, name: str) -> None:
        text = _(
            "The disk of the server is full: “%(name)s” was not kept. Have space made, then send it again."
        )
        super().__init__(text, name=name)


class Unreachable(Refused):
    """The store that keeps bytes is away, and what was not kept yet is not kept."""

    def __init__(self, name: str, away: StoreAway) -> None:
        text = _("“%(name)s” can not be kept just now. %(reason)s Send it again in a minute.")
        super().__init__(text, name=name, reason=obstacle(away))


class NotChecked(Refused):
    """The program that looks into files took too much for it, or ended over it."""

    is_passing = True


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


@contextmanager
def room_for(name: str) -> Iterator[None]:
    """Where bytes of this file are kept: raises `NoRoom` when the disk is full, `Unreachable` for a store."""
    try:
        yield
    except StoreAway as away:
        raise Unreachable(name, away) from away
    except OSError as error:
        if error.errno in FULL:
            raise NoRoom(name) from error
        raise


def obstacle(error: OSError) -> Words:
    """What stands in the way, as a sentence."""
    if error.errno in FULL:
        return Words(_("The disk of the server is full."))
    reason = error.strerror or str(error)
    return Words("%(reason)s", {"reason": reason if reason.endswith(".") else f"{reason}."})
