"""What came in, from whom, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, DropdownFilter

from .models import Upload
from .paging import Bounded
from .told import UploadCells, badge, told

# Known here to whoever tells of uploads in other screens.
__all__ = ["USERS", "UploadAdmin", "badge", "told"]

#: Whoever refers to uploads tells here what uses each of them, by their ids: addresses with titles.
USERS: list[Callable[[Collection[UUID]], dict[UUID, list[tuple[str, str]]]]] = []
# So many of those who may have sent something are offered by the filter.
OFFERED = 200


class SenderFilter(DropdownFilter):
    """Uploads of one user, or of nobody."""

    title = _("sender")
    parameter_name = "sender"
    NOBODY = "nobody"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        users = User.objects.filter(is_staff=True).order_by("username").values_list("pk", "username")
        return [*((str(key), name) for key, name in users[:OFFERED]), (self.NOBODY, _("Nobody (import)"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Upload]) -> QuerySet[Upload]:
        match self.value():
            case None | "":
                return queryset
            case self.NOBODY:
                return queryset.filter(sender="")
            case key:
                return queryset.filter(sender=key.replace("\0", ""))


@admin.register(Upload)
class UploadAdmin(Bounded, UploadCells, ModelAdmin):
    """Uploads, to look at: files come in by the forms of contents."""

    list_display = (
        *("name", "sent_by", "created_at", "state_label", "size_for_people", "duplicate", "used_by", "error"),
    )
    list_filter = (("state", ChoicesDropdownFilter), ("is_duplicate", BooleanRadioFilter), SenderFilter)
    list_filter_submit = True
    ordering = ("-created_at", "-pk")
    sortable_by = ("name", "created_at")
    fields = (
        "name",
        "sent_by",
        "state_label",
        "size_for_people",
        "created_at",
        "kept_as",
        "notices",
        "error",
    )
    key_field = "name_key"
    # Django shows the search field when this is not empty.
    search_fields = (key_field,)
    search_help_text = _("Search by the beginning of the name")
    actions = None

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        # PostgreSQL takes no NUL in a question either.
        return lookup.partition("__")[0] in {"state", "is_duplicate", "sender"} and "\0" not in str(value)

    def fill_in(self, rows: Sequence[Any]) -> None:
        prefetch_related_objects(rows, "blob")
        keys = [upload.pk for upload in rows]
        names, used = _names_of(rows), [users(keys) for users in USERS]
        for upload in rows:
            upload.sender_name = names.get(upload.sender, "")
            upload.uses = [use for found in used for use in found.get(upload.pk, [])]

    @admin.display(description=_("sent by"))
    def sent_by(self, upload: Any) -> str | Promise:
        if not upload.sender:
            return _("Nobody (import)")
        if not hasattr(upload, "sender_name"):
            upload.sender_name = _names_of([upload]).get(upload.sender, "")
        return upload.sender_name or _("A user who is gone")

    @admin.display(description=_("used by"))
    def used_by(self, upload: Any) -> SafeString | str:
        link = '<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>'
        return format_html_join(", ", link, upload.uses) or "–"

    @admin.display(description=_("size"))
    def size_for_people(self, upload: Upload) -> str:
        return filesizeformat(upload.size)

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False


def _names_of(uploads: Sequence[Upload]) -> dict[str, str]:
    """The names of those who sent them, by what the uploads call them; who is gone is left out."""
    keys = {int(upload.sender) for upload in uploads if upload.sender.isdecimal()}
    return {str(user.pk): user.get_username() for user in User.objects.filter(pk__in=keys)}
