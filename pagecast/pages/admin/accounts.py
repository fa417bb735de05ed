"""Users, groups and API tokens, in the look of the rest."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from knox.admin import AuthTokenAdmin
from knox.models import AuthToken
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminRadioSelectWidget

from pagecast.pages import access
from pagecast.pages.access import Role

# Knox leaves its names out of translation.
AuthToken._meta.verbose_name = _("API token")
AuthToken._meta.verbose_name_plural = _("API tokens")

for app in ("auth", "knox"):
    apps.get_app_config(app).verbose_name = _("Access")
for name, label in {"token_key": _("beginning"), "user": _("user"), "created": _("created")}.items():
    AuthToken._meta.get_field(name).verbose_name = label

for model in (User, Group, AuthToken):
    admin.site.unregister(model)

LAST = _("%(name)s is the last administrator. Make somebody else an administrator first.")


# What each role may, in the order in which they are offered.
ROLES = [
    (Role.ADMINISTRATOR, _("Administrator: everything, and who may come in")),
    (Role.EDITOR, _("Editor: pages, contents and subtitles")),
    (Role.VIEWER, _("Viewer: sees what editors see, and changes nothing")),
    (Role.NONE, _("No role: the admin stays closed")),
]
OTHER = (Role.OTHER, _("Other: the rights that are chosen one by one below"))


class RoleChoice(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A form of a user with one plain question for what the account is for."""

    role = forms.ChoiceField(label=_("Role"), choices=ROLES, initial=Role.VIEWER)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["role"]
        if self.instance.pk is not None:
            field.initial = access.role(self.instance)
            if field.initial == Role.OTHER:
                field.choices = [*ROLES, OTHER]
        field.widget = UnfoldAdminRadioSelectWidget(choices=field.choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        is_administrator = cleaned.get("is_superuser")
        if "role" in self.changed_data:
            is_administrator = cleaned.get("role") == Role.ADMINISTRATOR
        stays = is_administrator and cleaned.get("is_active", True)
        if self.instance.pk is not None and not stays:
            self._keep_one_administrator()
        return cleaned

    def _keep_one_administrator(self) -> None:
        if access.is_last_administrator(self.instance, hold=True):
            self.add_error("role", LAST % {"name": self.instance.get_username()})


class AddForm(RoleChoice, UserCreationForm):
    """The form that adds a user."""


class ChangeForm(RoleChoice, UserChangeForm):
    """The form that changes a user."""


@admin.register(User)
class AccountAdmin(UserAdmin, ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Users."""

    form = ChangeForm
    add_form = AddForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "role_name", "first_name", "last_name", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser", "groups")
    add_fieldsets = ((None, {"fields": ("username", "role", "usable_password", "password1", "password2")}),)
    # One at a time, so that the last administrator is never among them.
    actions = None
    readonly_fields = ("role_name", "last_login", "date_joined")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        role = "role" if self.has_change_permission(request, obj) else "role_name"
        rights = ("is_staff", "is_superuser", "groups", "user_permissions")
        return (
            (None, {"fields": ("username", "password", role, "is_active")}),
            (_("Personal info"), {"fields": ("first_name", "last_name", "email")}),
            (_("Rights one by one"), {"fields": rights, "classes": ("collapse",)}),
            (_("Important dates"), {"fields": ("last_login", "date_joined")}),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("role"))
    def role_name(self, user: User) -> str:
        return str(access.role(user).label)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001
        super().save_related(request, form, formsets, change)
        # Over what was chosen one by one; where no other role was chosen, that counts.
        if not change or "role" in form.changed_data:
            access.give(form.instance, Role(form.cleaned_data["role"]))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        with transaction.atomic() if request.method == "POST" else nullcontext():
            user = self.get_object(request, unquote(object_id))
            if (
                user is not None
                and self.has_delete_permission(request, user)
                and access.is_last_administrator(user, hold=request.method == "POST")
            ):
                messages.error(request, LAST % {"name": user.get_username()})
                return HttpResponseRedirect(reverse("admin:auth_user_change", args=[user.pk]))
            return super().delete_view(request, object_id, extra_context)


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
