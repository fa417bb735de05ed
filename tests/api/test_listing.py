"""The list of pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from pagecast.pages import editing
from pagecast.pages.models import Audio, Content, Page, Placement, Text, Video
from tests.api.problems import CONTENTS, PAGES, problem

Counters = Callable[..., list[int]]


def titles(client: APIClient, query: str = "") -> list[str]:
    answer = client.get(f"{PAGES}?{query}")
    assert answer.status_code == 200, answer.content
    return [page["title"] for page in answer.json()["results"]]


@pytest.fixture
def shelf(db: None) -> list[Page]:
    """Five pages, in the order in which they were made."""
    return [editing.create_page({"title": title}) for title in ("Birch", "ash", "Cedar", "Ebony", "dogwood")]


def test_it_works(reader: APIClient, handbook: Page) -> None:
    answer = reader.get(PAGES).json()
    assert list(answer) == ["count", "next", "previous", "results"]
    assert (answer["count"], answer["next"], answer["previous"]) == (1, None, None)
    assert answer["results"][0]["title"] == "Handbook"


def test_its_pages_are_those_of_the_detail(reader: APIClient, editor: APIClient, handbook: Page) -> None:
    [listed] = editor.get(PAGES).json()["results"]
    assert listed == editor.get(f"{PAGES}{handbook.pk}/").json()
    [read] = reader.get(PAGES).json()["results"]
    assert list(read) == list(listed)
    assert read["url"] == f"http://testserver{PAGES}{handbook.pk}/"


def test_an_empty_list_is_a_list(reader: APIClient, db: None) -> None:
    assert reader.get(PAGES).json() == {"count": 0, "next": None, "previous": None, "results": []}


# --- Pages of the list ---------------------------------------------------------------------------------


def test_links_lead_through_the_whole_list(reader: APIClient, shelf: list[Page]) -> None:
    seen, url = [], f"{PAGES}?page_size=2"
    while url:
        answer = reader.get(url).json()
        assert answer["count"] == 5
        seen.append([page["title"] for page in answer["results"]])
        url = answer["next"]
    assert seen == [["Birch", "ash"], ["Cedar", "Ebony"], ["dogwood"]]


def test_links_lead_back(reader: APIClient, shelf: list[Page]) -> None:
    last = reader.get(f"{PAGES}?page_size=2&page=3").json()
    assert (last["next"], last["previous"]) == (None, f"http://testserver{PAGES}?page=2&page_size=2")
    middle = reader.get(last["previous"]).json()
    assert middle["previous"] == f"http://testserver{PAGES}?page_size=2"
    assert reader.get(middle["previous"]).json()["previous"] is None


def test_links_keep_the_filters(reader: APIClient, shelf: list[Page]) -> None:
    url = reader.get(f"{PAGES}?page_size=1&ordering=-title&search=").json()["next"]
    assert set(url.partition("?")[2].split("&")) == {"page=2", "page_size=1", "ordering=-title", "search="}


def test_twenty_pages_are_given_if_nothing_is_asked(reader: APIClient, db: None) -> None:
    Page.objects.bulk_create([Page(title=f"Page {number}", slug=f"page-{number}") for number in range(101)])
    assert [len(titles(reader, query)) for query in ("", "page=6", "page_size=100", "page_size=1")] == [
        *(20, 1, 100, 1)
    ]


@pytest.mark.parametrize("value", ["0", "-1", "101", "1000000000", "1e1", "1.0", "abc", "", "%20", "٣", "+1"])
def test_a_page_size_other_than_1_to_100_is_refused(
    reader: APIClient, handbook: Page, film: Content, counters: Counters, value: str
) -> None:
    told = problem(reader.get(f"{PAGES}?page_size={value}"), 400, "page_size")
    assert "from 1 to 100" in told["errors"]["page_size"][0]
    assert counters(film) == [0]


@pytest.mark.parametrize("value", ["0", "-1", "abc", "", "1.0", "٣", "NaN", "000"])
def test_a_page_that_is_no_number_is_refused(
    reader: APIClient, handbook: Page, film: Content, counters: Counters, value: str
) -> None:
    problem(reader.get(f"{PAGES}?page={value}"), 400, "page")
    assert counters(film) == [0]


@pytest.mark.parametrize("value", ["2", "1000000000", str(2**63), "9" * 5000])
def test_a_page_past_the_last_is_404(
    reader: APIClient, handbook: Page, film: Content, counters: Counters, value: str
) -> None:
    problem(reader.get(f"{PAGES}?page={value}"), 404)
    assert counters(film) == [0]


# --- Search --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "prefix"),
    [
        ("Handbook", "handb"),
        ("handbook", "HAND"),
        ("Ёлка", "ел"),
        ("Елка", "Ёл"),
        ("ёлка", "ЁЛКА"),
        ("Émile", "emi"),
        ("emile", "ÉM"),
        ("E\u0301mile", "Ém"),
        ("Straße", "STRASSE"),
        ("ﬁlm", "fil"),
        ("Σίσυφος", "σισυφοσ"),
        ("日本語の本", "日本"),
        ("كتاب", "كت"),
        ("हिन्दी", "हि"),
        ("  spaced", "spa"),
        ("100 % pure_gold", "100 % p"),
        ("йод", "ЙО"),
        ("a" * 300, "a" * 300),
    ],
)
def test_a_page_is_found_by_the_beginning_of_its_title(
    reader: APIClient, db: None, title: str, prefix: str
) -> None:
    editing.create_page({"title": title})
    editing.create_page({"title": "\N{SNOWMAN} something else"})
    assert titles(reader, f"search={quote(prefix)}") == [title]


@pytest.mark.parametrize(
    ("title", "prefix"),
    [("Handbook", "book"), ("йод", "иод"), ("Handbook", "%"), ("Handbook", "_andbook"), ("Handbook", "\\")],
)
def test_a_page_is_not_found_by_anything_else(reader: APIClient, db: None, title: str, prefix: str) -> None:
    editing.create_page({"title": title})
    assert titles(reader, f"search={quote(prefix)}") == []


def test_an_empty_search_finds_everything(reader: APIClient, shelf: list[Page]) -> None:
    assert len(titles(reader, "search=")) == len(shelf)


def test_a_renamed_page_is_found_by_its_new_title_only(
    reader: APIClient, editor: APIClient, handbook: Page
) -> None:
    editor.patch(f"{PAGES}{handbook.pk}/", {"title": "Учебник"})
    assert titles(reader, "search=учеб") == ["Учебник"]
    assert titles(reader, "search=hand") == []


def test_a_search_for_what_no_title_can_hold_is_refused(reader: APIClient, handbook: Page) -> None:
    problem(reader.get(f"{PAGES}?search=a%00b"), 400, "search")


def test_bytes_that_are_no_text_find_nothing(reader: APIClient, handbook: Page) -> None:
    assert titles(reader, "search=%ff%fe") == []
    assert titles(reader, "search=%ed%a0%80") == []


# --- Kinds ---------------------------------------------------------------------------------------------


def test_only_pages_that_show_the_kind_are_given(reader: APIClient, handbook: Page, note: Content) -> None:
    editing.create_page({"title": "Only text"}, [note.pk])
    assert titles(reader, "kind=video") == titles(reader, "kind=audio") == ["Handbook"]
    assert titles(reader, "kind=text") == ["Handbook", "Only text"]
    assert titles(reader, "kind=image") == []


def test_a_page_with_the_kind_twice_is_given_once(reader: APIClient, film: Content) -> None:
    other = Video.objects.create(title="Dusk")
    editing.create_page({"title": "Films"}, [film.pk, other.pk])
    answer = reader.get(f"{PAGES}?kind=video").json()
    assert (answer["count"], len(answer["results"])) == (1, 1)


def test_a_kind_that_readers_do_not_see_is_not_found_by_them(
    reader: APIClient, editor: APIClient, handbook: Page, hidden_note: Content
) -> None:
    assert titles(reader, "kind=text") == []
    assert titles(editor, "kind=text") == ["Handbook"]


@pytest.mark.parametrize("value", ["film", "VIDEO", "", "content", "page", "video,text"])
def test_an_unknown_kind_is_refused_with_those_that_there_are(
    reader: APIClient, handbook: Page, value: str
) -> None:
    told = problem(reader.get(f"{PAGES}?kind={value}"), 400, "kind")
    for kind in ("video", "audio", "text", "image"):
        assert kind in told["errors"]["kind"][0]


# --- Order ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ordering", "expected"),
    [
        ("id", "Birch ash Cedar Ebony dogwood"),
        ("created_at", "Birch ash Cedar Ebony dogwood"),
        ("-created_at", "dogwood Ebony Cedar ash Birch"),
        ("title", "ash Birch Cedar dogwood Ebony"),
        ("-title", "Ebony dogwood Cedar Birch ash"),
        ("-updated_at", "Birch dogwood Ebony Cedar ash"),
    ],
)
def test_pages_are_ordered_as_asked(
    reader: APIClient, shelf: list[Page], ordering: str, expected: str
) -> None:
    editing.change_page(shelf[0], {"text": "changed last"})
    assert titles(reader, f"ordering={ordering}") == expected.split()


@pytest.mark.parametrize("value", ["", "slug", "--title", "+title", "title,id", "contents", "is_active", "?"])
def test_another_order_is_refused(reader: APIClient, handbook: Page, value: str) -> None:
    told = problem(reader.get(PAGES, {"ordering": value}), 400, "ordering")
    assert "-created_at" in told["errors"]["ordering"][0]


def test_filters_go_together(reader: APIClient, shelf: list[Page], note: Content) -> None:
    for page in shelf:
        editing.arrange(page, [note.pk])
    more = editing.create_page({"title": "Bamboo"}, [note.pk])
    editing.create_page({"title": "Beech"})
    assert titles(reader, "search=b&kind=text&ordering=-title") == ["Birch", more.title]


# --- Counting ------------------------------------------------------------------------------------------


def test_the_list_counts_each_page_that_it_shows_and_no_other(
    reader: APIClient, film: Content, sound: Content, counters: Counters
) -> None:
    editing.create_page({"title": "First"}, [film.pk])
    editing.create_page({"title": "Second"}, [sound.pk])
    [page] = reader.get(f"{PAGES}?page_size=1").json()["results"]
    assert [content["counter"] for content in page["contents"]] == [1]
    assert counters(film, sound) == [1, 0]


def test_a_content_on_two_of_its_pages_is_counted_for_both(
    reader: APIClient, film: Content, counters: Counters
) -> None:
    for title in ("First", "Second"):
        editing.create_page({"title": title}, [film.pk])
    pages = reader.get(PAGES).json()["results"]
    assert [page["contents"][0]["counter"] for page in pages] == [2, 2]
    assert counters(film) == [2]


def test_a_filtered_list_counts_too(
    reader: APIClient, handbook: Page, film: Content, counters: Counters
) -> None:
    titles(reader, "search=hand&kind=video&ordering=-id")
    titles(reader, "search=nothing")
    assert counters(film) == [1]


def test_head_and_editors_count_nothing(
    reader: APIClient, editor: APIClient, handbook: Page, film: Content, counters: Counters
) -> None:
    assert reader.head(PAGES).status_code == 200
    assert titles(editor) == ["Handbook"]
    assert counters(film) == [0]


def test_inactive_pages_are_listed_for_editors_only(
    reader: APIClient, editor: APIClient, shelf: list[Page]
) -> None:
    editing.change_page(shelf[0], {"is_active": False})
    assert reader.get(PAGES).json()["count"] == 4
    assert "Birch" not in titles(reader)
    assert "Birch" in titles(editor)


def test_everything_asked_of_the_contents_is_refused_in_the_same_words(
    editor: APIClient, handbook: Page
) -> None:
    answer = editor.get(f"{CONTENTS}?page_size=2").json()
    assert (answer["count"], len(answer["results"])) == (3, 2)
    assert answer["next"] == f"http://testserver{CONTENTS}?page=2&page_size=2"
    problem(editor.get(f"{CONTENTS}?page_size=0"), 400, "page_size")
    problem(editor.get(f"{CONTENTS}?page=0"), 400, "page")
    problem(editor.get(f"{CONTENTS}?page=9"), 404)


# --- Cost ----------------------------------------------------------------------------------------------


def _queries(client: APIClient, url: str) -> int:
    client.get(url)  # what is looked up once a process
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def _more(number: int) -> list[Content]:
    kinds: list[Any] = [Video, Audio, Text]
    return [kinds[index % 3].objects.create(title=f"Content {index}") for index in range(number)]


@pytest.mark.parametrize("who", ["reader", "editor"])
def test_the_number_of_queries_depends_neither_on_pages_nor_on_contents(
    request: pytest.FixtureRequest, who: str, film: Content, sound: Content, note: Content
) -> None:
    client: APIClient = request.getfixturevalue(who)
    for number, pair in enumerate([(film, sound), (sound, note), (note, film)]):
        editing.create_page({"title": f"Few {number}"}, [content.pk for content in pair])
    few = _queries(client, f"{PAGES}?page_size=100")
    contents = [film, sound, note, *_more(37)]
    pages = [Page(title=f"Many {number}", slug=f"many-{number}") for number in range(30)]
    Placement.objects.bulk_create(
        Placement(page=page, content=content, position=position)
        for page in Page.objects.bulk_create(pages)
        for position, content in enumerate(contents)
    )
    many = _queries(client, f"{PAGES}?page_size=100&search=many")
    detail = _queries(client, f"{PAGES}{Page.objects.latest('pk').pk}/")
    assert few == many
    assert detail <= few <= 20


def test_the_number_of_queries_for_contents_does_not_depend_on_their_number(
    editor: APIClient, handbook: Page
) -> None:
    few = _queries(editor, f"{CONTENTS}?page_size=100")
    contents = _more(37)
    for number in range(3):
        editing.create_page({"title": f"Many {number}"}, [content.pk for content in contents])
    many = _queries(editor, f"{CONTENTS}?page_size=100")
    assert many == few
