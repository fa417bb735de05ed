"""Users, groups and API tokens, in the look of the rest."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from knox.admin import AuthTokenAdmin
from knox.models import AuthToken
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

# Knox leaves its names out of translation.
AuthToken._meta.verbose_name = _("API token")
AuthToken._meta.verbose_name_plural = _("API tokens")

apps.get_app_config("knox").verbose_name = _("Access")
for name, label in {"token_key": _("beginning"), "user": _("user"), "created": _("created")}.items():
    AuthToken._meta.get_field(name).verbose_name = label

for model in (User, Group, AuthToken):
    admin.site.unregister(model)


@admin.register(User)
class AccountAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Users."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin):
    """Groups."""


@admin.register(AuthToken)
class TokenAdmin(AuthTokenAdmin, ModelAdmin):
    """API tokens: made by `pagecast token NAME`, removed here."""

    list_display = ("token_key", "user", "created")
    fields = ("token_key", "user", "created")
    search_help_text = _("Search by user")

    def has_add_permission(self, _request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        return False
