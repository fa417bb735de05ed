"""The form of a page: what its rows bring, what others changed meanwhile, and what its JavaScript asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from pagecast.media.models import Upload
from pagecast.media.receiving import receive
from pagecast.pages import editing
from pagecast.pages.models import Content, Page, Text, Video
from tests import films
from tests.pages.desk_forms import PAGES, page_form, save, saved, send, shown
from tests.uploading import SUBRIP

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(alice: User) -> Client:
    """alice at the admin: an editor, and no more."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(alice)
    return client


@pytest.fixture
def three(film: Content, sound: Content, note: Content) -> list[Content]:
    """What the handbook shows: Dawn, Rain, Note."""
    return [film, sound, note]


def told(answer: Any) -> str:
    """What the form says is in the way."""
    assert answer.status_code == 200
    return " ".join(answer.context["adminform"].form.non_field_errors())


# --- The order ---------------------------------------------------------------------------------------


def test_the_order_of_the_rows_is_the_order_of_the_page(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    assert saved(save(desk, handbook, [three[2], three[0], three[1]]))
    assert shown(handbook) == ["Note", "Dawn", "Rain"]


def test_a_row_that_is_new_stands_where_it_was_put(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    assert saved(save(desk, handbook, [three[0], Text.objects.create(title="New"), *three[1:]]))
    assert shown(handbook) == ["Dawn", "New", "Rain", "Note"]


def test_a_row_that_is_taken_off_leaves_its_content(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    assert saved(save(desk, handbook, [three[0], three[2]]))
    assert shown(handbook) == ["Dawn", "Note"]
    assert Content.objects.count() == 3


def test_all_rows_may_go(desk: Client, handbook: Page) -> None:
    assert saved(save(desk, handbook, []))
    assert shown(handbook) == []


def test_a_row_that_is_sent_twice_counts_once(desk: Client, handbook: Page, three: list[Content]) -> None:
    assert saved(save(desk, handbook, [three[1], three[0], three[1], three[2]]))
    assert shown(handbook) == ["Rain", "Dawn", "Note"]


def test_a_form_that_changes_nothing_leaves_the_edition_alone_but_for_its_date(
    desk: Client, handbook: Page
) -> None:
    before = list(handbook.placements.values())
    assert saved(save(desk, handbook))
    assert list(handbook.placements.values()) == before


def test_an_order_survives_a_form_that_is_refused_for_something_else(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    new = Text.objects.create(title="New")
    answer = save(desk, handbook, [new, three[2], three[0]], title="")
    assert not saved(answer)
    assert [row.title for row in answer.context["rows"]] == ["New", "Note", "Dawn"]
    assert shown(handbook) == ["Dawn", "Rain", "Note"]


def test_a_page_of_many_rows_is_shown_with_few_queries(
    desk: Client, handbook: Page, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    many = [Text.objects.create(title=f"{number}") for number in range(60)]
    few = editing.create_page({"title": "Few"}, [content.pk for content in many[:3]])
    all_of_them = editing.create_page({"title": "Many"}, [content.pk for content in many])
    desk.get(f"{PAGES}{few.pk}/change/")
    with django_assert_max_num_queries(40) as counted:
        desk.get(f"{PAGES}{few.pk}/change/")
    with django_assert_max_num_queries(len(counted)):
        desk.get(f"{PAGES}{all_of_them.pk}/change/")


# --- Titles in the rows ------------------------------------------------------------------------------


def test_a_title_is_changed_in_its_row(desk: Client, handbook: Page, film: Content) -> None:
    assert saved(send(desk, handbook, page_form(handbook) | {f"title-{film.pk}": "Sunrise"}))
    assert shown(handbook) == ["Sunrise", "Rain", "Note"]


def test_a_title_that_can_not_be_taken_is_said_at_its_row(
    desk: Client, handbook: Page, film: Content
) -> None:
    answer = send(desk, handbook, page_form(handbook, title="Other") | {f"title-{film.pk}": ""})
    assert [row.error for row in answer.context["rows"]] == ["This field cannot be blank.", "", ""]
    assert shown(handbook) == ["Dawn", "Rain", "Note"]
    handbook.refresh_from_db()
    assert handbook.title == "Handbook"


def test_a_title_that_somebody_else_has_changed_is_left_to_him(
    desk: Client, handbook: Page, film: Content, three: list[Content]
) -> None:
    form = page_form(handbook, three[::-1])
    Content.objects.filter(pk=film.pk).update(title="Sunrise")
    assert saved(send(desk, handbook, form))
    assert shown(handbook) == ["Note", "Rain", "Sunrise"]


def test_a_title_that_both_have_changed_is_told_and_the_second_attempt_decides(
    desk: Client, handbook: Page, film: Content
) -> None:
    form = page_form(handbook) | {f"title-{film.pk}": "Daybreak"}
    Content.objects.filter(pk=film.pk).update(title="Sunrise")
    answer = send(desk, handbook, form)
    assert "“Dawn” is now called: Sunrise." in told(answer)
    row = answer.context["rows"][0]
    assert (row.title, row.was) == ("Daybreak", "Sunrise")
    again = page_form(handbook) | {f"title-{film.pk}": row.title, f"was-{film.pk}": row.was}
    assert saved(send(desk, handbook, again))
    assert shown(handbook)[0] == "Daybreak"


def test_a_title_with_a_line_break_is_in_nobodys_way(desk: Client, handbook: Page, film: Content) -> None:
    title = "Two\nlines"
    Content.objects.filter(pk=film.pk).update(title=title)
    Page.objects.filter(pk=handbook.pk).update(title=title)
    handbook.refresh_from_db()
    # What browsers make of it, in a field that is seen and in one that is not.
    sent = {"title": "Twolines", f"title-{film.pk}": "Twolines", f"was-{film.pk}": "Two\r\nlines"}
    assert saved(send(desk, handbook, page_form(handbook, text="new") | sent))
    handbook.refresh_from_db()
    assert (handbook.title, handbook.text, shown(handbook)[0]) == (title, "new", title)


def test_only_titles_of_rows_are_changed(desk: Client, handbook: Page, note: Content) -> None:
    other = Text.objects.create(title="Other")
    form = page_form(handbook) | {f"title-{other.pk}": "Changed", f"was-{other.pk}": "Other"}
    assert saved(send(desk, handbook, form))
    other.refresh_from_db()
    assert other.title == "Other"


# --- Two editors -------------------------------------------------------------------------------------


def test_the_second_editor_is_told_what_came_and_went(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    form = page_form(handbook, three[::-1])
    other = Text.objects.create(title="Other")
    editing.arrange(handbook, [other.pk, three[0].pk, three[2].pk])
    answer = send(desk, handbook, form)
    assert "Put on the page: “Other”." in told(answer)
    assert "Taken off the page: “Rain”." in told(answer)
    rows = answer.context["rows"]
    assert [row.title for row in rows] == ["Other", "Note", "Rain", "Dawn"]
    assert [row.title for row in rows if row.is_added] == ["Other"]
    assert [row.title for row in rows if row.is_removed] == ["Rain"]
    # Nothing is written until he has seen it.
    assert shown(handbook) == ["Other", "Dawn", "Note"]
    kept = [row.content for row in rows if not row.is_removed]
    assert saved(save(desk, handbook, kept))
    assert shown(handbook) == ["Other", "Note", "Dawn"]


def test_the_second_editor_is_told_that_both_have_moved_rows(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    form = page_form(handbook, [three[1], three[0], three[2]])
    editing.arrange(handbook, [three[2].pk, three[1].pk, three[0].pk])
    answer = send(desk, handbook, form)
    assert "Theirs: “Note”, “Rain”, “Dawn”. Below is yours." in told(answer)
    assert [row.title for row in answer.context["rows"]] == ["Rain", "Dawn", "Note"]


def test_who_has_moved_nothing_is_shown_the_new_order(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    form = page_form(handbook, [*three, Text.objects.create(title="New")])
    editing.arrange(handbook, [content.pk for content in three[::-1]])
    answer = send(desk, handbook, form)
    assert "the rows below are in the new order" in told(answer)
    assert [row.title for row in answer.context["rows"]] == ["Note", "Rain", "Dawn", "New"]


def test_who_has_left_the_rows_alone_is_in_nobodys_way(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    form = page_form(handbook, title="Other")
    editing.arrange(handbook, [three[2].pk, Text.objects.create(title="New").pk])
    assert saved(send(desk, handbook, form))
    handbook.refresh_from_db()
    assert (handbook.title, shown(handbook)) == ("Other", ["Note", "New"])


def test_who_may_not_change_contents_changes_no_title(
    bob: User, client: Client, handbook: Page, film: Content, three: list[Content]
) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(
        Permission.objects.filter(codename__in=["view_page", "change_page", "view_content"])
    )
    client.force_login(bob)
    assert f"title-{film.pk}" not in client.get(f"{PAGES}{handbook.pk}/change/").content.decode()
    form = page_form(handbook, three[::-1]) | {f"title-{film.pk}": "Sunrise"}
    assert saved(send(client, handbook, form))
    assert shown(handbook) == ["Note", "Rain", "Dawn"]


def test_two_who_did_the_same_are_not_told_of_each_other(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    form = page_form(handbook, three[::-1])
    editing.arrange(handbook, [content.pk for content in three[::-1]])
    assert saved(send(desk, handbook, form))


def test_who_has_changed_the_page_is_named_where_that_is_known(
    desk: Client, handbook: Page, three: list[Content], django_user_model: Any
) -> None:
    carol = Client()
    carol.force_login(django_user_model.objects.create_superuser("carol"))
    form = page_form(handbook, three[::-1])
    assert saved(save(carol, handbook, three[:2]))
    assert "changed by carol" in told(send(desk, handbook, form))
    # The API leaves no such trace.
    editing.change_page(handbook, {"text": "new"}, [three[0].pk])
    assert "carol" not in told(send(desk, handbook, form))


def test_a_field_that_only_the_other_has_changed_is_left_to_him(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    form = page_form(handbook, three[::-1])
    editing.change_page(handbook, {"title": "Theirs", "is_active": False})
    assert saved(send(desk, handbook, form))
    handbook.refresh_from_db()
    assert (handbook.title, handbook.is_active) == ("Theirs", False)


def test_a_field_that_both_have_changed_is_told(desk: Client, handbook: Page) -> None:
    form = page_form(handbook, title="Mine", text="Mine")
    editing.change_page(handbook, {"title": "Theirs", "slug": "theirs"})
    answer = send(desk, handbook, form)
    assert "is now: Theirs." in told(answer)
    assert "slug" not in told(answer)
    bound = answer.context["adminform"].form
    # What he has left alone is theirs, in what he sees and in what he sends next.
    assert (bound["title"].value(), bound["text"].value(), bound["slug"].value()) == (
        "Mine",
        "Mine",
        "theirs",
    )
    again = {name: bound[name].value() for name in ("title", "text", "slug")}
    assert saved(send(desk, handbook, page_form(handbook, **again)))
    handbook.refresh_from_db()
    assert (handbook.title, handbook.slug, handbook.text) == ("Mine", "theirs", "Mine")


def test_a_switch_that_the_other_has_turned_off_stays_off_after_a_conflict(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    form = page_form(handbook, three[::-1], title="Mine")
    editing.change_page(handbook, {"is_active": False}, [three[0].pk])
    bound = send(desk, handbook, form).context["adminform"].form
    assert bound["is_active"].value() is False


def test_white_space_around_a_text_is_no_change(desk: Client, handbook: Page) -> None:
    editing.change_page(handbook, {"text": "  hello \n\n"})
    form = page_form(handbook, title="Mine") | {"text": "  hello \r\n\r\n"}
    editing.change_page(handbook, {"text": "Theirs"})
    assert saved(send(desk, handbook, form))
    handbook.refresh_from_db()
    assert (handbook.title, handbook.text) == ("Mine", "Theirs")


@pytest.mark.parametrize("loaded", ["[" * 100_000, '{"fields": {}, "contents": [Infinity]}', "1e999"])
def test_a_form_that_was_filled_with_nonsense_is_refused(desk: Client, handbook: Page, loaded: str) -> None:
    assert "did not come in whole" in told(save(desk, handbook, loaded=loaded))


def test_a_content_that_was_deleted_meanwhile_is_told_and_the_rest_stays(
    desk: Client, handbook: Page, three: list[Content]
) -> None:
    form = page_form(handbook, three[::-1])
    three[0].delete()
    answer = send(desk, handbook, form)
    assert "Deleted altogether: “Dawn”." in told(answer)
    assert [row.title for row in answer.context["rows"]] == ["Note", "Rain"]


# --- What the desk asks ------------------------------------------------------------------------------


def test_contents_are_found_by_the_beginning_of_their_title(desk: Client) -> None:
    for title in ("Ёлка", "ежевика", "Лес"):
        Text.objects.create(title=title)
    found = desk.get(reverse("admin:desk-find"), {"q": "Е"}).content.decode()
    assert ("Ёлка" in found, "ежевика" in found, "Лес" in found) == (True, True, False)
    assert "No title begins like that." in desk.get(reverse("admin:desk-find"), {"q": "zzz"}).content.decode()


@pytest.mark.parametrize("term", ["%00", "", "²", "💩", "x" * 3000])
def test_no_term_breaks_the_search(desk: Client, term: str) -> None:
    assert desk.get(f"{reverse('admin:desk-find')}?q={term}").status_code == 200


def test_rows_are_made_for_contents_in_their_order(desk: Client, three: list[Content]) -> None:
    keys = [str(three[2].pk), str(three[0].pk), "999999", "abc"]
    html = desk.get(reverse("admin:desk-rows"), {"content": keys}).content.decode()
    assert html.index('value="Note"') < html.index('value="Dawn"')


def test_a_file_that_has_come_in_becomes_a_row(desk: Client, alice: User) -> None:
    upload = receive([films.film()], "Рассвет.mp4")
    Upload.objects.filter(pk=upload.pk).update(sender=str(alice.pk))
    answer = desk.post(reverse("admin:desk-take"), {"upload": str(upload.pk)}).json()
    content = Video.objects.get()
    assert (answer["content"], answer["title"]) == (content.pk, "Рассвет")
    assert f'data-row="{content.pk}"' in answer["row"]


def test_who_may_give_no_subtitles_has_no_film_for_them(
    bob: User, client: Client, handbook: Page, film: Content
) -> None:
    bob.is_staff = True
    bob.save()
    names = ["view_page", "change_page", "view_content", "add_content"]
    bob.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(bob)
    editing.write_content(film, {}, receive([films.film()], "Dawn.mp4"))
    words = receive([SUBRIP.format("Hello").encode()], "Dawn.srt")
    Upload.objects.filter(pk=words.pk).update(sender=str(bob.pk))
    sent = {"upload": str(words.pk), "beside": [str(film.pk)]}
    assert "subtitles" in client.post(reverse("admin:desk-take"), sent).json()["refused"]


@pytest.mark.parametrize("upload", ["", "abc", "00000000-0000-0000-0000-000000000000"])
def test_a_file_that_is_not_there_is_refused_in_words(desk: Client, upload: str) -> None:
    answer = desk.post(reverse("admin:desk-take"), {"upload": upload})
    assert answer.json() == {"refused": "This file is not here any more. Send it again."}


@pytest.mark.parametrize("name", ["desk-find", "desk-rows"])
def test_nobody_else_is_answered(bob: User, client: Client, name: str) -> None:
    assert client.get(reverse(f"admin:{name}")).status_code == 302
    client.force_login(bob)
    assert client.get(reverse(f"admin:{name}")).status_code in {302, 403}
    assert client.post(reverse("admin:desk-take")).status_code in {302, 403}
