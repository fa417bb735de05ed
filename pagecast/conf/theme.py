"""The look of the admin, and the ways that its sidebar shows."""

from collections.abc import Callable
from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _may(permission: str) -> Callable[[Any], bool]:
    """Shows a way to those who may go it."""
    return lambda request: bool(request.user.has_perm(permission))


def _way(title: Any, icon: str, model: str) -> dict[str, Any]:
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": _may(f"{app}.view_{name}"),
    }


UNFOLD: dict[str, Any] = {
    "SITE_SYMBOL": "play_circle",
    "SITE_URL": "/",
    # No picture of its own; without this line browsers ask for one that is not there.
    "SITE_FAVICONS": [{"rel": "icon", "href": "data:,"}],
    "STYLES": [lambda _request: static("pages/admin.css"), lambda _request: static("pages/front.css")],
    "DASHBOARD_CALLBACK": "pagecast.pages.admin.front.dashboard",
    "SHOW_LANGUAGES": True,
    "SHOW_VIEW_ON_SITE": True,
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    _way(_("Pages"), "menu_book", "pages.page"),
                    _way(_("Contents"), "movie", "pages.content"),
                    _way(_("Uploads"), "upload_file", "media.upload"),
                ],
            },
            {
                "title": _("Access"),
                "items": [
                    _way(_("Users"), "person", "auth.user"),
                    _way(_("Groups"), "group", "auth.group"),
                    _way(_("API tokens"), "key", "knox.authtoken"),
                ],
            },
        ],
    },
}
