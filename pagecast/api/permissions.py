"""Who may do what: Django's permissions on pages and contents."""

from rest_framework.permissions import DjangoModelPermissions
from rest_framework.request import Request


class Editors(DjangoModelPermissions):
    """Those with the permission that fits the method, reading included."""

    perms_map = DjangoModelPermissions.perms_map | {
        "GET": ["%(app_label)s.view_%(model_name)s"],
        "HEAD": ["%(app_label)s.view_%(model_name)s"],
    }


class EditorsAndReaders(DjangoModelPermissions):
    """Anyone may read; the rest is for those with the permission that fits the method."""

    authenticated_users_only = False


def is_preview(request: Request) -> bool:
    """Whether an editor looks at pages as an editor: by token.

    The session of the admin reads as everybody does: whoever is logged in sees what the readers see.
    """
    return request.auth is not None and request.user.has_perm("pages.view_page")
