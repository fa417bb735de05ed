"""What the script of the cells that change by themselves has to know."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()


@register.simple_tag
def live_words() -> SafeString:
    """The address to ask, and what is said to people, for `live.js`."""
    words = {
        "address": reverse("admin:live"),
        "login": reverse("admin:login"),
        "gone": _("You are not logged in any more. What you see here does not change by itself now."),
        "log_in": _("Log in again"),
        "forbidden": _("You may not see this any more. Ask an administrator for the right to."),
        "unreachable": _("The server does not answer. It is tried again by itself."),
        "close": _("Close"),
        "saving": _("Saving …"),
        "not_saved_gone": _(
            "Not saved: you are not logged in any more. Log in in another window, then save here again."
        ),
        "not_saved_away": _(
            "Not saved: the server does not answer. Nothing is lost; save again in a moment."
        ),
        "not_retried": _("That did not work. Check the connection, then try again."),
    }
    return json_script(words, "live-words")
