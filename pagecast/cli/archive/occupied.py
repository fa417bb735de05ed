"""What is here already, and would be replaced."""

from __future__ import annotations

from django.contrib.auth.models import Group, User
from django.utils import translation

from pagecast.pages import access

from .errors import ArchiveError
from .form import Head
from .tables import Model, tables

# What every start makes, and what tells of other rows.
_ALWAYS = {"auth.group_permissions", "counting.catalogue", "admin.logentry"}
_FIRST_ADMIN = "admin"


def require_empty(head: Head) -> list[str]:
    """Raises `ArchiveError` if the archive would replace anything; it says what."""
    found = occupied()
    if found:
        message = (
            f"This installation is not empty: it has {', '.join(found)}. Say --replace to have all of it "
            f"replaced by the archive of {head.created}."
        )
        raise ArchiveError(message)
    return found


def occupied() -> list[str]:
    """What is here, as in "3 pages", but for what a first start makes: groups, and its admin."""
    found = {}
    with translation.override("en"):
        for model in tables():
            if model._meta.label_lower in _ALWAYS or (model is User and _is_first_admin_alone()):
                continue
            rows = model._base_manager.all()
            if number := (rows.exclude(name__in=access.GROUPS) if model is Group else rows).count():
                found[model] = f"{number} {model._meta.verbose_name_plural}"
    # What belongs to others is told where there is nothing else to tell.
    return [words for model, words in found.items() if not _is_a_part(model)] or list(found.values())


def _is_a_part(model: Model) -> bool:
    options = model._meta
    belongs = options.label_lower == "pages.placement" or options.app_label == "counting"
    return belongs or bool(options.parents or options.auto_created)


def _is_first_admin_alone() -> bool:
    users = list(User.objects.values_list("username", "is_superuser")[:2])
    return users == [(_FIRST_ADMIN, True)]
