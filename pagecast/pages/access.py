"""Who may do what: administrators, who are Django's superusers, and the groups "editors" and "viewers"."""

from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from .books import Booked

EDITORS = "editors"
VIEWERS = "viewers"
#: What every start makes.
GROUPS = (EDITORS, VIEWERS)


class Role(models.TextChoices):
    """What an account is for."""

    ADMINISTRATOR = "administrator", _("Administrator")
    EDITOR = "editor", _("Editor")
    VIEWER = "viewer", _("Viewer")
    NONE = "none", _("No role")
    #: The admin is open to it, with rights that were put together by hand.
    OTHER = "other", _("Other")


def _on_pages() -> QuerySet[Permission]:
    """The permissions on pages and contents of whatever kind is installed."""
    kinds = [model for model in apps.get_models() if issubclass(model, Booked)]
    types = ContentType.objects.get_for_models(*kinds, for_concrete_models=False).values()
    return Permission.objects.filter(content_type__in=list(types))


def _on_uploads() -> Q:
    """Uploads are looked at, and come in by the forms of contents."""
    return Q(content_type__app_label="media", codename="view_upload")


def editors() -> Group:
    """The group of editors, with every permission on pages and contents of whatever kind is installed."""
    group, _new = Group.objects.get_or_create(name=EDITORS)
    group.permissions.add(*_on_pages(), *Permission.objects.filter(_on_uploads()))
    return group


def viewers() -> Group:
    """The group of viewers, who may look at all that editors see, and change nothing."""
    group, _new = Group.objects.get_or_create(name=VIEWERS)
    seen = _on_pages().filter(codename__startswith="view_")
    group.permissions.add(*seen, *Permission.objects.filter(_on_uploads()))
    return group


def prepare() -> None:
    """Make both groups, and give them what is new: kinds of newly installed apps are for them, too."""
    editors()
    viewers()


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


def role(user: User) -> Role:
    """The role of an account."""
    if user.is_superuser:
        return Role.ADMINISTRATOR
    if not user.is_staff:
        return Role.NONE
    groups = {group.name for group in user.groups.all()}
    if EDITORS in groups:
        return Role.EDITOR
    return Role.VIEWER if VIEWERS in groups else Role.OTHER


@transaction.atomic
def give(user: User, new: Role) -> None:
    """Give an account, which is saved already, a role in the place of the one that it has.

    Groups and permissions of another making stay as they are; with `Role.OTHER` everything does.
    """
    if new == Role.OTHER:
        return
    user.is_superuser = new == Role.ADMINISTRATOR
    user.is_staff = new != Role.NONE
    user.save(update_fields=["is_superuser", "is_staff"])
    user.groups.remove(*Group.objects.filter(name__in=(EDITORS, VIEWERS)))
    if new == Role.EDITOR:
        user.groups.add(editors())
    elif new == Role.VIEWER:
        user.groups.add(viewers())


def is_last_administrator(*users: User, hold: bool = False) -> bool:
    """Whether nobody could make administrators any more without these.

    `hold` has others who ask the same wait until the transaction ends, so that two administrators who let
    each other go at the same moment do not both succeed.
    """
    active = User.objects.filter(is_superuser=True, is_active=True).order_by("pk")
    keys = set((active.select_for_update() if hold else active).values_list("pk", flat=True))
    return bool(keys) and keys <= {user.pk for user in users}
