"""Who may do what: by token, by the admin's session, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from pagecast.pages.models import Content, Page
from tests.api.problems import CONTENTS, PAGES, problem

Untouched = Callable[[], AbstractContextManager[None]]


@pytest.fixture(
    params=[
        ("post", PAGES),
        ("patch", f"{PAGES}{{page}}/"),
        ("delete", f"{PAGES}{{page}}/"),
        ("get", CONTENTS),
        ("head", CONTENTS),
        ("post", CONTENTS),
        ("get", f"{CONTENTS}{{content}}/"),
        ("patch", f"{CONTENTS}{{content}}/"),
        ("delete", f"{CONTENTS}{{content}}/"),
    ],
    ids=lambda each: f"{each[0]} {each[1]}",
)
def door(request: pytest.FixtureRequest, handbook: Page, film: Content) -> tuple[str, str]:
    """Method and address of everything that is for editors alone."""
    method, address = request.param
    return method, address.format(page=handbook.pk, content=film.pk)


@pytest.fixture
def session(alice: User) -> APIClient:
    """alice in the admin: a browser with her session."""
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    return client


def _knock(client: APIClient, door: tuple[str, str]) -> object:
    method, address = door
    return getattr(client, method)(address, *([] if method in ("get", "head") else [{"title": "New"}]))


def test_it_works(editor: APIClient) -> None:
    assert editor.post(PAGES, {"title": "By token"}).status_code == 201


def test_anyone_without_a_token_is_asked_for_one(
    reader: APIClient, door: tuple[str, str], untouched: Untouched
) -> None:
    with untouched():
        answer = _knock(reader, door)
    if door[0] != "head":
        problem(answer, 401)
    assert answer.status_code == 401  # type: ignore[attr-defined]
    assert answer.headers["WWW-Authenticate"] == "Bearer"  # type: ignore[attr-defined]


def test_an_account_without_permission_is_refused(
    bobs_client: APIClient, door: tuple[str, str], untouched: Untouched
) -> None:
    with untouched():
        answer = _knock(bobs_client, door)
    if door[0] != "head":
        problem(answer, 403)
    assert answer.status_code == 403  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", f"Bearer {'0' * 64}", "Bearer a b", "Bearer \xff\xe9", "Bearer \x00", "bearer x"],
)
@pytest.mark.parametrize("address", [PAGES, CONTENTS])
def test_a_wrong_token_is_refused_wherever_it_is_shown(
    reader: APIClient, handbook: Page, header: str, address: str
) -> None:
    answer = reader.get(address, headers={"Authorization": header})
    problem(answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_another_scheme_is_nobodys_token(reader: APIClient, handbook: Page) -> None:
    headers = {"Authorization": "Basic YWxpY2U6eA=="}
    problem(reader.post(PAGES, {"title": "x"}, headers=headers), 401)
    assert reader.get(PAGES, headers=headers).status_code == 200


def test_the_token_of_an_account_that_was_switched_off_is_refused(editor: APIClient, alice: User) -> None:
    alice.is_active = False
    alice.save()
    problem(editor.post(PAGES, {"title": "x"}), 401)


def test_a_token_needs_no_csrf_token(alice: User, token_of: Callable[[User], str]) -> None:
    headers = {"Authorization": f"Bearer {token_of(alice)}"}
    client = APIClient(enforce_csrf_checks=True, headers=headers)
    assert client.post(PAGES, {"title": "By token"}).status_code == 201


def test_the_session_without_its_csrf_token_is_refused(session: APIClient, untouched: Untouched) -> None:
    with untouched():
        answer = session.post(PAGES, {"title": "By session"})
    assert "CSRF" in problem(answer, 403)["detail"]


def test_the_session_with_its_csrf_token_edits(session: APIClient) -> None:
    session.get("/admin/")
    token = {"X-CSRFToken": session.cookies["csrftoken"].value}
    created = session.post(PAGES, {"title": "By session"}, headers=token)
    assert created.status_code == 201
    address = f"{PAGES}{created.json()['id']}/"
    assert session.patch(address, {"title": "Again"}, headers=token).json()["title"] == "Again"
    assert session.delete(address, headers=token).status_code == 204


def test_a_form_of_another_site_does_not_edit_by_the_session(
    session: APIClient, untouched: Untouched
) -> None:
    session.get("/admin/")
    token = {"X-CSRFToken": session.cookies["csrftoken"].value, "Origin": "https://evil.example.org"}
    with untouched():
        problem(session.post(PAGES, {"title": "x"}, headers=token), 403)


def test_permissions_are_asked_one_by_one(
    bob: User, bobs_client: APIClient, handbook: Page, untouched: Untouched
) -> None:
    from django.contrib.auth.models import Permission  # noqa: PLC0415 - the only one who asks

    bob.user_permissions.add(Permission.objects.get(codename="change_page"))
    address = f"{PAGES}{handbook.pk}/"
    assert bobs_client.patch(address, {"title": "By bob"}).status_code == 200
    with untouched():
        problem(bobs_client.delete(address), 403)
        problem(bobs_client.post(PAGES, {"title": "x"}), 403)
        problem(bobs_client.get(CONTENTS), 403)
