"""What the JavaScript of the desk says and asks: it has no words and no addresses of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pagecast.media.types import SUBTITLES


def words(request: HttpRequest) -> dict[str, Any]:
    """Sentences, with {places} for what is filled in; those with a number have every form of the plural."""
    user: Any = request.user
    return {
        "find": reverse("admin:desk-find"),
        "rows": reverse("admin:desk-rows"),
        "take": reverse("admin:desk-take"),
        "uploads": "/api/upload/",
        "maySend": user.has_perm("pages.add_content"),
        "companions": SUBTITLES,
        "mostBytes": settings.PAGECAST_MAX_UPLOAD_BYTES,
        "say": _rows() | _files() | _leaving(),
        "count": _counts(),
    }


def _rows() -> dict[str, str]:
    return {
        "moved": _("“{title}” is now at place {place} of {number}."),
        "removed": _("“{title}” is taken off the page. You can undo that until you save."),
        "putBack": _("“{title}” is back."),
        "added": _("“{title}” is added at the end."),
        "isThere": _("“{title}” stands on the page already; it can stand there once."),
        "grabbed": _(
            "“{title}” is picked up. The arrow keys move it, the space bar lets it go, Escape puts it back."
        ),
        "letGo": _("“{title}” is let go at place {place} of {number}."),
        "back": _("“{title}” is back at place {place}."),
        "undone": _("Undone."),
        "first": _("“{title}” is the first."),
        "last": _("“{title}” is the last."),
        "nothingFound": _("No title begins like that."),
        "away": _("The server does not answer. Try again."),
        "notLoggedIn": _("You are not logged in any more. Log in in another window, then try again here."),
    }


def _files() -> dict[str, str]:
    limit = filesizeformat(settings.PAGECAST_MAX_UPLOAD_BYTES)
    too_large = _("“{title}” is too large: this server takes files of up to {limit}.")
    return {
        "waiting": _("Waits its turn"),
        "sending": _("{percent} · {speed} · {left} left"),
        "beginning": "{percent}",
        "paused": _("Paused at {percent}"),
        "offline": _("No connection; it goes on by itself · {percent}"),
        "checking": _("Being checked"),
        "tooLarge": too_large.replace("{limit}", limit),
        "empty": _("“{title}” is empty, or a folder. Choose a file."),
        "proxy": _("A server in between takes no files of this size (413). Have its limit raised."),
        "failed": _("It could not be sent: {reason}. Try again."),
        "refused": _("“{title}” was refused."),
        "taken": _("“{title}” is in."),
        "done": _("All files are in."),
    }


def _leaving() -> dict[str, str]:
    return {
        "saves": _("It is saved as soon as the files are in."),
        "notSaved": _("Not saved: a file was not taken. Look at it, then save again."),
    }


def _counts() -> dict[str, dict[str, str]]:
    return {
        "coming": _forms(
            lambda number: ngettext(
                "{number} file is still coming in", "{number} files are still coming in", number
            )
        ),
        "contents": _forms(lambda number: ngettext("{number} content", "{number} contents", number)),
    }


def _forms(told: Callable[[int], str]) -> dict[str, str]:
    """The sentence for each of the plural categories of Unicode that our languages have."""
    return {"one": told(1), "few": told(2), "many": told(5), "other": told(5)}
