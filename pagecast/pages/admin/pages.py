"""Pages: their list, and the desk that is the form of each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _

from pagecast.pages.books import editing as one_edit
from pagecast.pages.errors import Conflict
from pagecast.pages.models import Page

from .desk.addresses import addresses
from .desk.form import PageForm
from .desk.rows import RENAME
from .desk.words import words
from .front import plot
from .lists import is_key
from .page_list import PageList


@admin.register(Page)
class PageAdmin(PageList):
    """Pages."""

    form = PageForm
    change_form_template = "desk/page.html"
    fieldsets = (
        (None, {"fields": ("title",)}),
        (_("About the page"), {"fields": ("text", "slug", "is_active")}),
    )

    def get_urls(self) -> list[URLPattern]:
        found: list[URLPattern] = super().get_urls()
        return [*addresses(self.admin_site), *found]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return super().get_object(request, object_id, from_field) if is_key(object_id) else None

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # To look at a form is no edit.
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        try:
            with one_edit():
                return super().changeform_view(request, *args, **kwargs)
        except (Conflict, IntegrityError):
            # Somebody was quicker by a moment, with the same address say: now the form sees it, and tells.
            with one_edit():
                return super().changeform_view(request, *args, **kwargs)

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        form, page = context["adminform"].form, kwargs.get("obj")
        may_edit = self.has_change_permission(request, page) if page else self.has_add_permission(request)
        context |= {"desk": form, "rows": form.rows(), "is_editable": may_edit, "desk_words": words(request)}
        context["may_rename"] = _may_rename(request)
        context["plot"] = plot(page=page.pk) if page else ""
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        saved = form.write(titles=_may_rename(request))
        obj.pk, obj._state.adding = saved.pk, False
        obj.refresh_from_db()


def _may_rename(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.has_perm(RENAME))
