"""Who may edit: members of the group "editors", beside superusers."""

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from .books import Booked

EDITORS = "editors"


def editors() -> Group:
    """The group of editors, with every permission on pages and contents of whatever kind is installed."""
    models = [model for model in apps.get_models() if issubclass(model, Booked)]
    types = ContentType.objects.get_for_models(*models, for_concrete_models=False).values()
    group, _new = Group.objects.get_or_create(name=EDITORS)
    # Uploads are looked at, and come in by the forms of contents.
    group.permissions.add(*Permission.objects.filter(content_type__app_label="media", codename="view_upload"))
    group.permissions.add(*Permission.objects.filter(content_type__in=list(types)))
    return group


@transaction.atomic
def editor(name: str) -> User:
    """The editor of this name, made if new. A new one has no password: only the API is open to it."""
    user, new = User.objects.get_or_create(username=name, defaults={"is_staff": True})
    if new:
        user.set_unusable_password()
        user.save()
    group = editors()
    if new:
        user.groups.add(group)
    return user
