"""The lists of the admin: what they tell, how they are searched, and that they read no more than a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from rest_framework.test import APIClient

from pagecast.counting import ledger
from pagecast.media import paging, resuming
from pagecast.media.models import Upload
from pagecast.media.receiving import receive
from pagecast.pages import editing, filing, reading
from pagecast.pages.admin import content_list
from pagecast.pages.kinds import type_of
from pagecast.pages.models import Content, Page, Text, Video
from tests import films

pytestmark = pytest.mark.django_db

PAGES, CONTENTS, UPLOADS = "/admin/pages/page/", "/admin/pages/content/", "/admin/media/upload/"


@pytest.fixture
def desk(alice: User) -> Client:
    """alice at the admin."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(alice)
    return client


def rows(client: Client, address: str, **query: str) -> list[Any]:
    """The rows of a list, in their order."""
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.headers
    return list(answer.context["cl"].result_list)


def titles(client: Client, address: str = CONTENTS, **query: str) -> list[str]:
    return [str(row) for row in rows(client, address, **query)]


def cells(client: Client, address: str, column: str, **query: str) -> list[str]:
    """The HTML of a column, row by row."""
    html = client.get(address, query).content.decode()
    return re.findall(rf'<t[dh] class="[^"]*field-{column}\b.*?>(.*?)</t[dh]>', html, re.DOTALL)


def words(html: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def column(client: Client, address: str, name: str) -> str:
    return str(list(client.get(address).context["cl"].list_display).index(name))


def texts(number: int, page: Page | None = None) -> list[Content]:
    made = [Text(title=f"Text {each:03}") for each in range(number)]
    editing.create_contents(made)
    found = list(Content.objects.non_polymorphic().order_by("pk"))
    if page is not None:
        editing.arrange(page, [content.pk for content in found])
    return found


def see(*pages: Page, times: int = 1) -> None:
    """Readers open these pages."""
    for _ in range(times):
        reading.view([page.pk for page in pages], len)


def test_it_works(desk: Client, handbook: Page) -> None:
    assert titles(desk, PAGES) == ["Handbook"]
    assert titles(desk) == ["Note", "Rain", "Dawn"]
    assert titles(desk, UPLOADS) == []


# --- what the rows tell --------------------------------------------------------------------------------


def test_a_page_tells_its_contents_and_its_views_settled_or_not(desk: Client, handbook: Page) -> None:
    see(handbook, times=3)
    ledger.settle_all()
    see(handbook, times=2)
    told = {
        name: words(cells(desk, PAGES, name)[0])
        for name in ("number_of_contents", "views", "views_this_week")
    }
    assert told == {"number_of_contents": "3", "views": "5", "views_this_week": "5"}


def test_a_page_says_whether_it_is_active(desk: Client, handbook: Page) -> None:
    assert words(cells(desk, PAGES, "active")[0]) == "Active"
    editing.change_page(handbook, {"is_active": False})
    assert words(cells(desk, PAGES, "active")[0]) == "Switched off"


def test_one_click_on_a_page_leads_to_the_site_and_to_the_api(
    desk: Client, reader: APIClient, handbook: Page
) -> None:
    links = re.findall('href="([^"]*)"', cells(desk, PAGES, "ways")[0])
    assert links == ["/pages/handbook/", f"/api/page/content/{handbook.pk}/"]
    assert [reader.get(link).status_code for link in links] == [200, 200]


def test_a_page_that_is_switched_off_has_no_link_that_leads_nowhere(desk: Client, handbook: Page) -> None:
    editing.change_page(handbook, {"is_active": False})
    assert words(cells(desk, PAGES, "ways")[0]) == "–"


def test_large_numbers_are_written_as_the_language_does(desk: Client, handbook: Page) -> None:
    see(handbook, times=1)
    ledger.settle_all()
    apps.get_model("counting", "Tally").objects.update(views=1_234_567, settled=1_234_567)
    assert words(cells(desk, PAGES, "views")[0]) == "1,234,567"


def test_a_content_names_three_of_its_pages_and_counts_the_others(desk: Client, note: Content) -> None:
    pages = [editing.create_page({"title": f"Page {each}"}, [note.pk]) for each in range(5)]
    (told,) = cells(desk, CONTENTS, "where")
    assert words(told) == "Page 0 , Page 1 , Page 2 , and 2 more"
    assert re.findall('href="([^"]*)"', told) == [
        reverse("admin:pages_page_change", args=[page.pk]) for page in pages[:3]
    ]


def test_a_content_on_very_many_pages_is_not_counted_to_the_end(
    desk: Client, note: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_list, "COUNTED", 1)
    for each in range(5):
        editing.create_page({"title": f"Page {each}"}, [note.pk])
    assert words(cells(desk, CONTENTS, "where")[0]).endswith(", and more than 1 more")


def test_an_upload_tells_who_sent_it_and_what_uses_it(desk: Client, alice: User) -> None:
    file = SimpleUploadedFile("Dawn.mp4", films.film())
    form = {"title": "Dawn", "is_active": "on", "file": file}
    form |= {"tracks-TOTAL_FORMS": "0", "tracks-INITIAL_FORMS": "0"}
    assert desk.post(f"{CONTENTS}add/?ct_id={type_of('video').pk}", form).status_code == 302
    content = Content.objects.get()
    assert words(cells(desk, UPLOADS, "sent_by")[0]) == "alice"
    (used,) = cells(desk, UPLOADS, "used_by")
    assert f'href="/admin/pages/content/{content.pk}/change/"' in used
    assert words(used) == "Dawn"


# --- who sent it, whatever the way in -------------------------------------------------------------------


def test_a_file_that_comes_by_the_api_tells_who_sent_it(editor: APIClient, alice: User) -> None:
    form = {"content_type": "video", "title": "Dawn", "file": SimpleUploadedFile("Dawn.mp4", films.film())}
    assert editor.post("/api/content/", form, format="multipart").status_code == 201
    assert Upload.objects.get().sender == str(alice.pk)


def test_a_file_that_is_imported_was_sent_by_nobody(desk: Client, tmp_path: Any) -> None:
    folder = tmp_path / "films" / "Handbook"
    folder.mkdir(parents=True)
    (folder / "Dawn.mp4").write_bytes(films.film())
    call_command("import", str(tmp_path / "films"), verbosity=0)
    assert Upload.objects.get().sender == ""
    assert words(cells(desk, UPLOADS, "sent_by")[0]) == "Nobody (import)"


def test_a_user_who_is_gone_is_told_as_such(desk: Client, bob: User) -> None:
    resuming.begin("Dawn.mp4", 10, sender=str(bob.pk))
    bob.delete()
    assert words(cells(desk, UPLOADS, "sent_by")[0]) == "A user who is gone"


# --- finding uploads -------------------------------------------------------------------------------------


@pytest.fixture
def sent(alice: User, bob: User) -> dict[str, Upload]:
    """Uploads of alice, of bob and of nobody, one of them a duplicate, one on its way."""
    uploads = {
        "Ёлка.mp4": receive([films.film(1)], "Ёлка.mp4"),
        "École.mp4": receive([films.film(1)], "École.mp4"),
        "rain.mp3": resuming.begin("rain.mp3", 10, sender=str(bob.pk)),
        "dawn.mp4": resuming.begin("dawn.mp4", 10, sender=str(alice.pk)),
    }
    for name in ("Ёлка.mp4", "École.mp4"):
        editing.write_content(Video(title=name), {}, uploads[name])
        filing.file(uploads[name].pk)
    return uploads


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "ЕЛ"}, {"Ёлка.mp4"}),
        ({"q": "ecole"}, {"École.mp4"}),
        ({"q": "mp4"}, set()),
        ({"state__exact": "receiving"}, {"rain.mp3", "dawn.mp4"}),
        ({"is_duplicate__exact": "1"}, {"École.mp4"}),
        ({"is_duplicate__exact": "1", "state__exact": "receiving"}, set()),
        ({"sender": "nobody"}, {"Ёлка.mp4", "École.mp4"}),
        ({"sender": "nobody", "q": "е"}, {"Ёлка.mp4"}),
    ],
    ids=str,
)
def test_uploads_are_found_by_name_state_duplicates_and_sender(
    desk: Client, sent: dict[str, Upload], query: dict[str, str], found: set[str]
) -> None:
    assert set(titles(desk, UPLOADS, **query)) == found


def test_uploads_are_found_by_who_sent_them(desk: Client, sent: dict[str, Upload], alice: User) -> None:
    assert titles(desk, UPLOADS, sender=str(alice.pk)) == ["dawn.mp4"]


def test_a_duplicate_leads_to_the_file_that_was_here(desk: Client, sent: dict[str, Upload]) -> None:
    told = cells(desk, UPLOADS, "duplicate", is_duplicate__exact="1")[0]
    blob = Upload.objects.get(name="Ёлка.mp4").blob
    assert blob
    assert f'href="{blob.url}"' in told


# --- finding contents ------------------------------------------------------------------------------------


def test_contents_that_stand_nowhere_are_found(desk: Client, handbook: Page, note: Content) -> None:
    assert titles(desk, placed="no") == []
    editing.arrange(handbook, [note.pk])
    assert titles(desk, placed="no") == ["Rain", "Dawn"]
    assert titles(desk, placed="yes") == ["Note"]


def test_contents_that_are_switched_off_are_found(desk: Client, handbook: Page, note: Content) -> None:
    editing.write_content(note, {"is_active": False})
    assert titles(desk, is_active__exact="0") == ["Note"]


def test_what_is_searched_comes_in_the_order_of_titles(desk: Client) -> None:
    for title in ("Ёж", "Ель", "Еда", "Дом"):
        Text.objects.create(title=title)
    assert titles(desk, q="е") == titles(desk, letter="е") == ["Еда", "Ёж", "Ель"]


def test_contents_shown_most_come_first_as_the_ledger_has_settled_them(
    desk: Client, handbook: Page, note: Content, film: Content
) -> None:
    other = editing.create_page({"title": "Other"}, [note.pk])
    see(handbook, times=2)
    see(other, times=3)
    ledger.settle_all()
    order = column(desk, CONTENTS, "counter")
    assert titles(desk, o=f"-{order}")[0] == "Note"
    assert titles(desk, o=order)[-1] == "Note"
    # Not settled yet, but told.
    see(handbook)
    assert [words(each) for each in cells(desk, CONTENTS, "counter", o=f"-{order}")] == ["6", "3", "3"]


def test_filters_hold_in_the_order_of_counters_too(desk: Client, handbook: Page) -> None:
    see(handbook)
    ledger.settle_all()
    assert titles(desk, o=f"-{column(desk, CONTENTS, 'counter')}", kind="audio") == ["Rain"]


def test_every_page_of_the_order_of_counters_has_its_own_rows(desk: Client) -> None:
    texts(120, editing.create_page({"title": "Many"}))
    order = f"-{column(desk, CONTENTS, 'counter')}"
    found = [title for number in "123" for title in titles(desk, o=order, p=number)]
    assert len(found) == len(set(found)) == 120


@pytest.mark.parametrize("sorted_at_most", [0, 1_000_000])
def test_more_rows_than_are_counted_come_in_the_order_of_counters_too(
    desk: Client, handbook: Page, monkeypatch: pytest.MonkeyPatch, sorted_at_most: int
) -> None:
    texts(120, editing.create_page({"title": "Many"}))
    see(handbook, times=2)
    ledger.settle_all()
    monkeypatch.setattr(paging, "MOST_ROWS", 100)
    monkeypatch.setattr(content_list, "SORTED", sorted_at_most)
    order = f"-{column(desk, CONTENTS, 'counter')}"
    found = [title for number in "12" for title in titles(desk, o=order, p=number)]
    assert set(found[:3]) == {"Dawn", "Rain", "Note"}
    assert len(found) == len(set(found)) == 100


def test_a_kind_without_files_has_none_in_any_status(desk: Client, handbook: Page) -> None:
    assert titles(desk, kind="text", status="completed") == []
    assert titles(desk, kind="text", status="none") == ["Note"]


def test_titles_and_names_are_sorted_by_their_keys(desk: Client) -> None:
    for name in ("Ёж", "дом", "Ель", "Zoo", "apple"):
        Text.objects.create(title=name)
        editing.create_page({"title": name})
        resuming.begin(name, 10, sender="")
    expected = ["apple", "Zoo", "дом", "Ёж", "Ель"]
    for address, name in ((CONTENTS, "titled"), (PAGES, "title"), (UPLOADS, "name")):
        assert titles(desk, address, o=column(desk, address, name)) == expected
        assert titles(desk, address, o=f"-{column(desk, address, name)}") == expected[::-1]


# --- how much is read ------------------------------------------------------------------------------------


def queries(client: Client, address: str, **query: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address, query).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def _pages(number: int) -> None:
    (note, *_rest) = texts(1)
    for each in range(number):
        editing.create_page({"title": f"Page {each}"}, [note.pk])


def _contents(number: int) -> None:
    texts(number, editing.create_page({"title": "Many"}))


def _uploads(number: int) -> None:
    for each in range(number):
        editing.write_content(Video(title="Film"), {}, receive([films.film(each)], f"{each}.mp4"))


@pytest.mark.parametrize(
    ("address", "fill"),
    [(PAGES, _pages), (CONTENTS, _contents), (UPLOADS, _uploads)],
    ids=["pages", "contents", "uploads"],
)
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_two(
    desk: Client, address: str, fill: Callable[[int], None]
) -> None:
    fill(2)
    queries(desk, address)
    few = queries(desk, address)
    fill(20)
    assert len(rows(desk, address)) >= 20
    many = queries(desk, address)
    assert len(many) == len(few), "\n".join(many)


ALIKE: Sequence[tuple[str, dict[str, str]]] = [
    (PAGES, {}),
    (PAGES, {"letter": "t", "is_active__exact": "1"}),
    (CONTENTS, {}),
    (CONTENTS, {"q": "t", "kind": "text", "status": "none", "placed": "yes"}),
    (CONTENTS, {"_facets": "True"}),
    (UPLOADS, {}),
    (UPLOADS, {"sender": "1", "_facets": "True"}),
]


@pytest.mark.parametrize(("address", "query"), ALIKE, ids=str)
def test_no_list_counts_all_rows_of_a_table(
    desk: Client, handbook: Page, address: str, query: dict[str, str]
) -> None:
    asked = queries(desk, address, **query)
    counts = [sql for sql in asked if "COUNT(" in sql]
    assert counts
    assert [sql for sql in counts if "LIMIT" not in sql] == []


def test_a_list_says_that_there_is_more_and_what_to_do(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    texts(7)
    assert "7 rows" in words(desk.get(CONTENTS).content.decode())
    monkeypatch.setattr(paging, "MOST_ROWS", 5)
    told = words(desk.get(CONTENTS).content.decode())
    assert "More than 5 rows. Search or filter to reach the others." in told


def test_nobody_is_led_deeper_than_a_list_counts(desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    texts(160)
    monkeypatch.setattr(paging, "MOST_ROWS", 100)
    answer = desk.get(CONTENTS, {"p": "2"})
    assert len(answer.context["cl"].result_list) == 50
    assert "p=3" not in answer.content.decode()
    assert desk.get(CONTENTS, {"p": "3"}).status_code == 302


def test_an_action_takes_what_was_chosen_and_never_the_whole_list(desk: Client) -> None:
    pages = [editing.create_page({"title": f"Page {each}"}) for each in range(3)]
    form = {"action": "delete_selected", "_selected_action": pages[0].pk, "select_across": "1", "post": "yes"}
    desk.post(PAGES, form)
    assert titles(desk, PAGES) == ["Page 2", "Page 1"]


# --- what was there before the columns were --------------------------------------------------------------


def test_the_migration_notes_which_contents_stand_on_a_page(handbook: Page, note: Content) -> None:
    editing.arrange(handbook, [note.pk])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pages_content SET is_placed = FALSE")
    migration = import_module("pagecast.pages.migrations.0004_finding_contents")
    migration.note_where_contents_stand(apps, None)
    placed = Content.objects.non_polymorphic().filter(is_placed=True)
    assert [content.pk for content in placed] == [note.pk]


def test_the_migration_makes_uploads_findable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("Ёлка.mp4", "École.mp4", "Rain.mp3"):
        receive([b"bytes"], name)
    Upload.objects.update(name_key="")
    migration = import_module("pagecast.media.migrations.0003_finding_uploads")
    monkeypatch.setattr(migration, "BATCH", 2)
    migration.fill_in(apps, None)
    assert set(Upload.objects.values_list("name_key", flat=True)) == {"елка.mp4", "ecole.mp4", "rain.mp3"}
