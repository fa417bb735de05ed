"""What is known of a file once its bytes were looked at."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from pagecast.media.errors import Refused
from pagecast.media.words import Words


class Medium(enum.StrEnum):
    """What a file is for the one who looks at or listens to it."""

    VIDEO = "video"
    AUDIO = "audio"
    IMAGE = "image"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a file is by its bytes; its name plays no part.

    `what` is a message to translate, with its article: “a PDF”. `media_type` is application/octet-stream
    where the kind is not known. `duration` counts seconds. `width` and `height` are pixels as displayed:
    turned as a phone asks for it, and with square pixels. `codecs` is such as “h264, aac”. `playable` says
    whether Chromium, Firefox and Safari all play it; it is None where that is no question.
    """

    medium: Medium
    what: str
    media_type: str
    duration: float | None = None
    width: int | None = None
    height: int | None = None
    codecs: str = ""
    playable: bool | None = None


# What is wanted, and what to choose instead.
_WANTED = {
    Medium.VIDEO: (_("a video"), _("Choose a video file, such as an MP4 or a WebM.")),
    Medium.AUDIO: (_("a sound"), _("Choose a sound file, such as an MP3 or an M4A.")),
    Medium.IMAGE: (_("a picture"), _("Choose a picture, such as a JPEG or a PNG.")),
    Medium.TEXT: (_("a text"), _("Choose a text file.")),
}


def require(facts: Facts, wanted: Medium, name: str) -> None:
    """Raises `Refused`, in words, unless the file is of the wanted medium. Anything passes for OTHER."""
    if wanted in {facts.medium, Medium.OTHER}:
        return
    wish, advice = _WANTED[wanted]
    text = _("“%(name)s”: This is %(what)s, not %(wanted)s. %(advice)s")
    raise Refused(text, name=name, what=Words(facts.what), wanted=Words(wish), advice=Words(advice))
