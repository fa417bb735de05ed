"""What an administrator, an editor, a viewer and somebody with nothing but an account can open and change."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver
from knox.models import AuthToken

from pagecast.media.models import Upload
from pagecast.media.receiving import receive
from pagecast.pages import access, editing
from pagecast.pages.access import Role
from pagecast.pages.kinds import kinds
from pagecast.pages.models import Content, Page, Placement, Video
from tests import films

pytestmark = pytest.mark.django_db

USERS = "/admin/auth/user/"
# Whoever is not logged in needs these three.
FOR_ALL = {"login", "logout", "jsi18n"}
# Of their own account, and what leads on to what they may see.
FOR_STAFF = {"index", "password_change", "password_change_done", "app_list", "search", "toggle_sidebar"}
ACCOUNTS = ("auth/", "knox/")
# On to the log in; not at all; only for forms, which are closed, too.
CLOSED = {302, 403, 405}
# The screens that each model of the admin has. What else there is answers with pieces of them.
SCREENS = {"changelist", "add", "change", "delete", "history"}


@pytest.fixture
def root(db: None) -> User:
    """The only administrator."""
    return User.objects.create_superuser("root")


@pytest.fixture
def vera(db: None) -> User:
    """She may look at everything."""
    user = User.objects.create_user("vera")
    access.give(user, Role.VIEWER)
    return user


@pytest.fixture
def enter() -> Callable[[User], Client]:
    """A browser in which somebody is logged in."""

    def enter(user: User) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return enter


@pytest.fixture
def shop(root: User, alice: User, vera: User, bob: User, handbook: Page) -> dict[str, Any]:
    """One of everything, by the folder of the admin that it is in."""
    access.prepare()
    made = {kind: model.objects.create(title=f"A {kind}") for kind, model in kinds().items()}
    filed = editing.write_content(Video(title="Filed"), {}, receive([films.film()], "filed.mp4"))
    assert filed.upload
    return {
        "pages/page/": handbook.pk,
        "pages/content/": filed.pk,
        **{f"pages/{kind}/": content.pk for kind, content in made.items()},
        "media/upload/": filed.upload.pk,
        "auth/user/": bob.pk,
        "auth/group/": Group.objects.get(name=access.VIEWERS).pk,
        "knox/authtoken/": AuthToken.objects.create(user=alice)[0].pk,
    }


def patterns(found: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """The name and the route of every address below these."""
    for each in found:
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns, before + str(each.pattern))
        else:
            yield each.name or "", before + str(each.pattern)


def addresses(shop: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Every address of the admin: the name of its view, the folder that it is in, and itself."""
    made = []
    for name, route in patterns(admin.site.get_urls()):
        # What leads nowhere, and the way to an object on the site, which have patterns of their own.
        if "(?P<url>" in route or name == "view_on_site":
            continue
        folder = next((folder for folder in shop if route.startswith(folder)), "")
        key = shop.get(folder, "")
        path = re.sub(r"\^?\(\?P<app_label>[^)]*\)", "pages", route).rstrip("$")
        path = re.sub(r"<uuid:\w+>", str(shop["media/upload/"]), path)
        path = re.sub(r"<[^>]*>", str(key or shop["pages/content/"]), path)
        made.append((name, folder, f"/admin/{path}"))
    assert len(made) > 60
    return made


def everything() -> list[list[Any]]:
    """What there is, to see whether somebody has changed it."""
    return [
        list(Page.objects.order_by("pk").values()),
        list(Content.objects.non_polymorphic().order_by("pk").values()),
        list(Placement.objects.order_by("pk").values()),
        list(Upload.objects.order_by("pk").values()),
        list(User.objects.order_by("pk").values("username", "password", "is_staff", "is_superuser")),
        list(User.groups.through.objects.order_by("pk").values()),
        list(Group.permissions.through.objects.order_by("pk").values()),
        list(AuthToken.objects.order_by("pk").values()),
    ]


def verb(name: str) -> str:
    return name.rpartition("_")[2]


def open_to(client: Client, shop: dict[str, Any]) -> dict[str, int]:
    """How each address answers, but for those that are open to all."""
    return {
        path: client.get(path).status_code for name, _folder, path in addresses(shop) if name not in FOR_ALL
    }


# --- What each can open ------------------------------------------------------------------------------


def test_an_administrator_can_open_everything(
    root: User, enter: Callable[[User], Client], shop: dict[str, Any]
) -> None:
    answers = open_to(enter(root), shop)
    closed = {path for path, status in answers.items() if status == 403}
    # Uploads and tokens come in by other ways, and uploads go by themselves.
    assert {path for path in closed if not path.startswith(("/admin/media/", "/admin/knox/"))} == {
        # It says what it is asked for, and was asked for nothing.
        "/admin/autocomplete/"
    }


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_neither_editors_nor_viewers_can_open_accounts(
    alice: User, vera: User, enter: Callable[[User], Client], shop: dict[str, Any], role: Role
) -> None:
    client = enter(alice if role == Role.EDITOR else vera)
    answers = open_to(client, shop)
    accounts = {path for _name, folder, path in addresses(shop) if folder.startswith(ACCOUNTS)}
    assert len(accounts) > 12
    # Where the key is a part of an old address, Django sends on to the form before it looks who asks.
    assert {path: answers[path] for path in accounts if answers[path] not in {302, 403}} == {}
    assert {path for path in accounts if client.get(path, follow=True).status_code != 403} == set()


def test_an_editor_can_open_all_of_pages_and_contents(
    alice: User, enter: Callable[[User], Client], shop: dict[str, Any]
) -> None:
    answers = open_to(enter(alice), shop)
    work = {path: verb(name) for name, folder, path in addresses(shop) if folder.startswith("pages/")}
    assert set(work.values()) >= SCREENS
    assert {path for path in work if answers[path] == 403} == set()
    assert {path for path in work if work[path] in SCREENS and answers[path] not in {200, 302}} == set()


def test_a_viewer_can_open_what_editors_see_and_no_way_to_change_it(
    vera: User, enter: Callable[[User], Client], shop: dict[str, Any]
) -> None:
    client = enter(vera)
    answers = open_to(client, shop)
    for name, folder, path in addresses(shop):
        if not folder or folder.startswith(ACCOUNTS) or verb(name) not in SCREENS:
            continue
        wanted = {403} if verb(name) in {"add", "delete"} else {200, 302}
        assert answers[path] in wanted, (path, answers[path])


def test_who_has_no_role_can_open_nothing(
    bob: User, enter: Callable[[User], Client], shop: dict[str, Any]
) -> None:
    answers = open_to(enter(bob), shop)
    assert {path: status for path, status in answers.items() if status not in CLOSED} == {}


def test_nobody_can_open_anything_without_logging_in(shop: dict[str, Any]) -> None:
    answers = open_to(Client(), shop)
    assert {path: status for path, status in answers.items() if status not in CLOSED} == {}


# --- What each can change ----------------------------------------------------------------------------

TAKEN = {
    "post": "yes",
    "title": "Taken",
    "is_active": "on",
    "is_superuser": "on",
    "username": "taken",
    "name": "taken",
    "role": "administrator",
    "password1": "correct horse battery",
    "password2": "correct horse battery",
    "usable_password": "true",
    "action": "delete_selected",
    "_save": "Save",
    **{f"{rows}-{count}_FORMS": "0" for rows in ("placements", "tracks") for count in ("TOTAL", "INITIAL")},
}


def send_everywhere(client: Client, shop: dict[str, Any], folders: tuple[str, ...] = ("",)) -> None:
    for name, folder, path in addresses(shop):
        if name not in FOR_ALL and folder.startswith(folders):
            client.post(path, TAKEN | {"_selected_action": str(shop.get(folder, ""))})


def test_a_viewer_can_change_nothing(
    vera: User, enter: Callable[[User], Client], shop: dict[str, Any]
) -> None:
    before = everything()
    send_everywhere(enter(vera), shop)
    assert everything() == before


def test_an_editor_can_change_no_account_and_no_upload(
    alice: User, enter: Callable[[User], Client], shop: dict[str, Any]
) -> None:
    before = everything()
    send_everywhere(enter(alice), shop, ("auth/", "knox/", "media/"))
    assert everything() == before


def test_who_has_no_role_or_is_not_logged_in_can_change_nothing(
    bob: User, enter: Callable[[User], Client], shop: dict[str, Any]
) -> None:
    before = everything()
    for client in (enter(bob), Client()):
        send_everywhere(client, shop)
        assert everything() == before


def test_the_same_forms_do_change_things_when_an_administrator_sends_them(
    root: User, enter: Callable[[User], Client], shop: dict[str, Any]
) -> None:
    before = everything()
    send_everywhere(enter(root), shop)
    changed = [was != now for was, now in zip(before, everything(), strict=True)]
    assert changed == [True, True, True, False, True, True, True, True]


@pytest.mark.parametrize("name", ["alice", "vera"])
def test_no_screen_shows_a_way_to_what_is_closed(
    enter: Callable[[User], Client], shop: dict[str, Any], name: str
) -> None:
    client = enter(User.objects.get(username=name))
    closed: dict[str, set[str]] = {}
    known: dict[str, int] = {}
    for _name, folder, path in addresses(shop):
        answer = client.get(path)
        if answer.status_code != 200 or folder.startswith(ACCOUNTS):
            continue
        links = set(re.findall(r'(?:href|action|formaction)="(/admin/[^"?#]*)', answer.content.decode()))
        for link in links - known.keys() - {"/admin/logout/"}:
            known[link] = client.get(link).status_code
        if found := {link for link in links if known.get(link) in {403, 500}}:
            closed[path] = found
    assert known
    assert closed == {}


def test_a_viewer_is_shown_no_button_that_saves(
    vera: User, enter: Callable[[User], Client], shop: dict[str, Any]
) -> None:
    client = enter(vera)
    buttons = re.compile(r'name="(_save|_continue|_addanother|_saveasnew|action)"')
    for _name, folder, path in addresses(shop):
        if folder and not folder.startswith(ACCOUNTS):
            answer = client.get(path, follow=True)
            assert buttons.findall(answer.content.decode()) == [], path


# --- The choice of a role ----------------------------------------------------------------------------


def form_of(client: Client, path: str) -> dict[str, Any]:
    """What a browser would send of the form of a user."""
    form = client.get(path).context["adminform"].form
    sent: dict[str, Any] = {}
    for name, field in form.fields.items():
        value = form[name].value()
        if name in {"password", "last_login", "date_joined"} or value in (None, False, ""):
            continue
        many = isinstance(value, list)
        sent[name] = [getattr(each, "pk", each) for each in value] if many else field.prepare_value(value)
    return {name: "on" if value is True else value for name, value in sent.items()}


def choose(client: Client, user: User, **changed: Any) -> Any:
    """Send the form of a user as it stands, but for what is changed."""
    path = f"{USERS}{user.pk}/change/"
    form = form_of(client, path) | changed
    answer = client.post(path, {name: value for name, value in form.items() if value is not None})
    user.refresh_from_db()
    return answer


def groups(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("role", "is_superuser", "is_staff", "of"),
    [
        (Role.ADMINISTRATOR, True, True, set()),
        (Role.EDITOR, False, True, {"editors"}),
        (Role.VIEWER, False, True, {"viewers"}),
        (Role.NONE, False, False, set()),
    ],
)
@pytest.mark.parametrize("was", [Role.EDITOR, Role.VIEWER, Role.ADMINISTRATOR, Role.NONE])
def test_the_role_of_a_user_is_one_choice(
    root: User,
    bob: User,
    enter: Callable[[User], Client],
    was: Role,
    role: Role,
    is_superuser: bool,
    is_staff: bool,
    of: set[str],
) -> None:
    access.give(bob, was)
    assert choose(enter(root), bob, role=role.value).status_code == 302
    assert (bob.is_superuser, bob.is_staff, groups(bob)) == (is_superuser, is_staff, of)
    assert access.role(User.objects.get(pk=bob.pk)) == role


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER, Role.ADMINISTRATOR, Role.NONE])
def test_a_user_is_added_with_a_role(root: User, enter: Callable[[User], Client], role: Role) -> None:
    password = "correct horse battery"
    form = {"username": "new", "role": role.value, "password1": password, "password2": password}
    answer = enter(root).post(f"{USERS}add/", form | {"usable_password": "true"})
    assert answer.status_code == 302
    assert access.role(User.objects.get(username="new")) == role


def test_rights_that_were_chosen_one_by_one_stay_when_the_role_does(
    root: User, bob: User, enter: Callable[[User], Client]
) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.add(Permission.objects.get(codename="view_page"))
    client = enter(root)
    assert choose(client, bob, first_name="Bob").status_code == 302
    assert (bob.first_name, bob.is_staff, access.role(bob)) == ("Bob", True, Role.OTHER)
    assert bob.has_perm("pages.view_page")
    assert "Other" in client.get(f"{USERS}{bob.pk}/change/").content.decode()


def test_a_role_leaves_groups_of_another_making_alone(
    root: User, bob: User, enter: Callable[[User], Client]
) -> None:
    bob.groups.add(Group.objects.create(name="friends"))
    choose(enter(root), bob, role="editor")
    choose(enter(root), bob, role="viewer")
    assert groups(bob) == {"friends", "viewers"}


@pytest.mark.parametrize(
    "changed",
    [
        {"role": "editor"},
        {"role": "none"},
        {"is_superuser": None},
        {"is_active": None},
    ],
    ids=str,
)
def test_the_last_administrator_stays_one(
    root: User, enter: Callable[[User], Client], changed: dict[str, Any]
) -> None:
    answer = choose(enter(root), root, **changed)
    assert answer.status_code == 200
    assert "root is the last administrator" in answer.content.decode()
    assert (root.is_superuser, root.is_staff, root.is_active) == (True, True, True)


def test_one_of_two_administrators_may_become_something_else(
    root: User, bob: User, enter: Callable[[User], Client]
) -> None:
    access.give(bob, Role.ADMINISTRATOR)
    assert choose(enter(root), root, role="editor").status_code == 302
    assert access.role(root) == Role.EDITOR


def test_an_administrator_who_is_switched_off_is_none(
    root: User, bob: User, enter: Callable[[User], Client]
) -> None:
    access.give(bob, Role.ADMINISTRATOR)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert choose(enter(root), root, role="editor").status_code == 200
    assert root.is_superuser


@pytest.mark.django_db(transaction=True)
def test_two_administrators_cannot_let_each_other_go_at_the_same_moment(
    root: User, bob: User, enter: Callable[[User], Client]
) -> None:
    access.give(bob, Role.ADMINISTRATOR)
    client, path = enter(bob), f"{USERS}{root.pk}/change/"
    form = form_of(client, path) | {"role": "editor"}
    answers: list[Any] = []

    def let_root_go() -> None:
        answers.append(client.post(path, form))
        connection.close()

    other = threading.Thread(target=let_root_go)
    with transaction.atomic():
        assert not access.is_last_administrator(bob, hold=True)
        other.start()
        # Bob's form is on its way, and comes as far as anything lets it.
        time.sleep(1)
        access.give(bob, Role.EDITOR)
    other.join()
    root.refresh_from_db()
    assert root.is_superuser
    assert answers[0].status_code in {200, 302, 403}


@pytest.mark.parametrize("sent", [None, {"post": "yes"}], ids=["looked at", "confirmed"])
def test_the_last_administrator_cannot_be_deleted(
    root: User, enter: Callable[[User], Client], sent: dict[str, str] | None
) -> None:
    client, path = enter(root), f"{USERS}{root.pk}/delete/"
    told = client.get(path, follow=True) if sent is None else client.post(path, sent, follow=True)
    assert "root is the last administrator" in told.content.decode()
    assert User.objects.filter(pk=root.pk).exists()


def test_users_are_deleted_one_at_a_time(root: User, bob: User, enter: Callable[[User], Client]) -> None:
    client = enter(root)
    form = {"action": "delete_selected", "_selected_action": [root.pk, bob.pk], "post": "yes"}
    client.post(USERS, form)
    assert User.objects.filter(pk__in=[root.pk, bob.pk]).count() == 2
    client.post(f"{USERS}{bob.pk}/delete/", {"post": "yes"})
    assert list(User.objects.all()) == [root]


def test_the_list_of_users_shows_roles_with_a_constant_number_of_queries(
    root: User,
    alice: User,
    vera: User,
    enter: Callable[[User], Client],
    django_assert_num_queries: Any,
) -> None:
    client = enter(root)
    words = client.get(USERS).content.decode()
    assert all(role in words for role in ("Administrator", "Editor", "Viewer"))
    with CaptureQueriesContext(connection) as queries:
        client.get(USERS)
    for number in range(5):
        access.give(User.objects.create_user(f"user-{number}"), Role.EDITOR)
    with django_assert_num_queries(len(queries)):
        client.get(USERS)


def test_a_token_makes_an_editor(alice: User) -> None:
    assert access.role(alice) == Role.EDITOR


def test_the_groups_are_given_what_is_new(db: None) -> None:
    group = access.viewers()
    group.permissions.clear()
    access.prepare()
    rights = set(group.permissions.values_list("codename", flat=True))
    assert {"view_page", "view_video", "view_image", "view_subtitletrack", "view_upload"} <= rights
    assert {right for right in rights if not right.startswith("view_")} == set()
