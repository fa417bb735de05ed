"""The list of pages on the site: its order, its parts, the search in it, and what it says of each page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote

import pytest
from django.db import connection
from django.http import QueryDict
from django.template.loader import render_to_string
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from pagecast.counting import ledger
from pagecast.media.models import Blob, Upload
from pagecast.pages import editing, reading
from pagecast.pages.models import Audio, Content, Page, Placement, Text, Video
from pagecast.pages.summaries import BEGINNING, summarize
from pagecast.site import listing
from pagecast.site.listing import Entry, draw_entries, draw_part, say
from pagecast.site.parts import ON_A_PAGE, Leaf, Wish, leaf, matching
from tests.gallery.models import Image

pytestmark = pytest.mark.django_db


def pages(*titles: str) -> list[Page]:
    return [editing.create_page({"title": title}) for title in titles]


def many(number: int) -> None:
    """So many pages, whose titles have nothing to do with their age."""
    Page.objects.bulk_create(
        [Page(title=f"{each * 7919 % number:03}", slug=f"page-{each}") for each in range(number)]
    )


def titles(client: Client, address: str = "/") -> list[str]:
    """What the list shows, in its order."""
    answer = client.get(address)
    assert answer.status_code == 200
    slugs = dict.fromkeys(unquote(slug) for slug in re.findall('href="/pages/([^"/]*)/"', answer.text))
    by_slug = dict(Page.objects.filter(slug__in=slugs).values_list("slug", "title"))
    return [by_slug[slug] for slug in slugs]


def told(page: Page) -> Entry:
    """What the list says of a page."""
    with pytest.MonkeyPatch.context() as patch:
        contexts = overheard(patch)
        assert draw_entries([page.pk], "en").keys() == {page.pk}
    entry: Entry = contexts[0]["entry"]
    assert entry.page == page
    return entry


def in_words(page: Page) -> list[str]:
    return [each.words for each in told(page).kinds]


def overheard(patch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the templates of the list are given, from now on."""
    contexts: list[dict[str, Any]] = []

    def render(template: str, context: dict[str, Any]) -> str:
        contexts.append(context)
        return render_to_string(template, context)

    patch.setattr(listing, "render_to_string", render)
    return contexts


def blob(name: str, duration: float | None = None, *, poster: bool = False) -> Blob:
    poster_path = f"posters/{name}.jpg" if poster else ""
    return Blob.objects.create(
        sha256=name, path=f"{name}.mp4", size=1, duration=duration, poster_path=poster_path
    )


def leafed_through(client: Client, address: str | None) -> list[str]:
    """All that a reader sees who goes on to the next part until there is none."""
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        contexts = overheard(patch)
        while address is not None:
            seen += titles(client, address)
            address = next(context["next"] for context in reversed(contexts) if "next" in context)
    return seen


def test_it_works(client: Client, handbook: Page) -> None:
    assert titles(client) == ["Handbook"]


# --- order and parts -----------------------------------------------------------------------------------


def test_the_newest_pages_come_first(client: Client) -> None:
    pages("b", "c", "a")
    assert titles(client) == ["a", "c", "b"]


def test_by_title_case_and_accents_do_not_matter(client: Client) -> None:
    pages("Zebra", "елка", "Ёж", "émile", "Eve", "İstanbul")
    assert titles(client, "/?order=title") == ["émile", "Eve", "İstanbul", "Zebra", "Ёж", "елка"]


def test_an_order_that_is_not_there_is_the_usual_one(client: Client) -> None:
    pages("a", "b")
    assert titles(client, "/?order=sideways") == ["b", "a"]


@pytest.mark.parametrize("number", [0, 1, 20, 21, 40, 41, 101])
@pytest.mark.parametrize("query", ["", "order=title"])
def test_leafing_through_shows_every_page_once_and_in_order(client: Client, number: int, query: str) -> None:
    many(number)
    by_title = [f"{each:03}" for each in range(number)]
    by_age = [f"{each * 7919 % number:03}" for each in reversed(range(number))]
    assert leafed_through(client, f"/?{query}") == (by_title if query else by_age)


@pytest.mark.parametrize("number", ["4", "400", "9" * 18, "9" * 5000])
def test_past_the_last_part_is_the_last_part(client: Client, number: str) -> None:
    many(45)
    last = leaf(matching(Wish()), Wish.from_query(QueryDict(f"page={number}")))
    assert (last.wish.number, last.last, len(last.pages)) == (3, 3, 5)
    assert titles(client, "/?page=4") == titles(client, "/?page=3")


@pytest.mark.parametrize("number", ["", "0", "-2", "abc", "2.0", "٢", "²", " 2", "1e3"])
def test_what_is_no_number_of_a_part_asks_for_the_first(number: str) -> None:
    assert Wish.from_query(QueryDict(f"page={quote(number)}")) == Wish()


@pytest.mark.parametrize(
    ("here", "last", "offered"),
    [
        (1, 1, "[1]"),
        (1, 2, "[1] 2"),
        (1, 50, "[1] 2 … 50"),
        (3, 50, "1 2 [3] 4 … 50"),
        (4, 50, "1 2 3 [4] 5 … 50"),
        (5, 50, "1 … 4 [5] 6 … 50"),
        (25, 50, "1 … 24 [25] 26 … 50"),
        (47, 50, "1 … 46 [47] 48 49 50"),
        (50, 50, "1 … 49 [50]"),
        (3, 5, "1 2 [3] 4 5"),
    ],
)
def test_a_few_numbers_lead_everywhere(here: int, last: int, offered: str) -> None:
    numbers = Leaf(Wish(here), (), last * ON_A_PAGE, last).numbers()
    words = [(f"[{each.number}]" if each.is_here else str(each.number)) if each else "…" for each in numbers]
    assert " ".join(words) == offered


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("", "/"),
        ("page=1&order=newest&search=", "/"),
        ("utm_source=x&page=002", "/?page=2"),
        ("page=2&order=title", "/?order=title&page=2"),
        ("order=newest&search=%20ёл&page=2", "/?search=%D1%91%D0%BB&page=2"),
        ("search=a%26b%3D%22", "/?search=a%26b%3D%22"),
    ],
)
def test_a_part_has_one_address(query: str, address: str) -> None:
    wish = Wish.from_query(QueryDict(query))
    assert wish.address() == address
    assert Wish.from_query(QueryDict(address[2:])) == wish


def test_the_ways_to_other_parts_keep_the_search(client: Client) -> None:
    many(45)
    pages("x")
    assert leafed_through(client, "/?search=0") == [f"{each:03}" for each in range(45)]
    html = client.get("/?search=0&page=2").text
    assert 'href="/?search=0"' in html
    assert 'href="/?search=0&amp;page=3"' in html


def test_the_template_is_told_where_the_reader_is_and_may_go(monkeypatch: pytest.MonkeyPatch) -> None:
    many(105)
    contexts = overheard(monkeypatch)
    draw_part(Wish(1), "en")
    draw_part(Wish(99, "title"), "en")
    names = ("count", "last", "path", "first", "previous", "next", "newest", "by_title")
    assert [[context[name] for name in names] for context in contexts] == [
        [105, 6, "/", None, None, "/?page=2", "/", "/?order=title"],
        [105, 6, "/?order=title&page=6", "/?order=title", "/?order=title&page=5", None, "/", "/?order=title"],
    ]
    assert contexts[1]["wish"] == Wish(6, "title")
    assert contexts[1]["canonical"].endswith(".invalid/?order=title&page=6")


def test_a_template_without_a_place_for_the_entries_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    pages("a")
    monkeypatch.setattr(listing, "render_to_string", lambda *_args: "<p>Closed</p>")
    assert draw_part(Wish(), "en").pages == ()


# --- the search ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "title"),
    [
        ("hand", "Handbook"),
        ("HAND", "Handbook"),
        ("  hand ", "Handbook"),
        ("ёл", "Елка"),
        ("ЕЛ", "Ёлка"),
        ("emi", "Émile"),
        ("É", "emile"),
        ("ist", "İstanbul"),
        ("İST", "istanbul"),
        ("straße", "STRASSE"),
        ("й", "Йод"),
        ("100%", "100% wool"),
        ("_", "_draft"),
        ("\\", "\\o/"),
        ("数", "数日"),
        ("\ud7ff", "\ud7ff and the surrogates behind it"),
        ("\U0010ffff", "\U0010ffff is the last of all"),
        ("a" * 300, "a" * 300),
    ],
)
def test_the_beginning_of_a_title_finds_it_in_any_case_and_alphabet(
    client: Client, search: str, title: str
) -> None:
    pages("Somebody's", "Иод", "1000", "another", "xhand", title, "\ue000")
    assert titles(client, f"/?search={quote(search)}") == [title]


def test_what_a_search_finds_comes_by_title(client: Client) -> None:
    pages("Abc", "abb", "ABD")
    assert titles(client, "/?search=ab&order=newest") == ["abb", "Abc", "ABD"]


@pytest.mark.parametrize(
    "search", ["%00", "a%00", "%ED%A0%80", "a%ED%A0%80", "%FF", "%F4%90%80%80", "nobody"]
)
def test_what_stands_in_no_title_finds_nothing(client: Client, search: str) -> None:
    pages("a", "b")
    assert titles(client, f"/?search={search}") == []


@pytest.mark.parametrize("search", ["\0", "a\ud800", "\udfff"])
def test_halves_of_characters_find_nothing(search: str) -> None:
    pages("a")
    query = QueryDict(mutable=True)
    query["search"] = search
    part = draw_part(Wish.from_query(query), "en")
    assert part.pages == ()


def test_a_search_for_nothing_shows_everything(client: Client) -> None:
    pages("a", "b")
    assert titles(client, "/?search=%20") == ["b", "a"]


def test_a_hostile_search_is_shown_and_does_not_run(client: Client) -> None:
    html = client.get("/", {"search": '"><script>alert(1)</script><!--entries-->'}).text
    assert "<script>alert" not in html
    assert html.rstrip().endswith("</html>")


# --- what it says of a page ----------------------------------------------------------------------------


@pytest.fixture
def matinee() -> Page:
    """Two films, one of them with a picture; a sound, a text, a picture of another kind."""
    contents = [
        Text.objects.create(title="Programme", text="x"),
        Video.objects.create(title="Plain", blob=blob("plain", 60)),
        Video.objects.create(title="Drawn", blob=blob("drawn", 65.4, poster=True)),
        Audio.objects.create(title="Rain", blob=blob("rain", 300, poster=True)),
        Image.objects.create(title="Ticket", blob=blob("ticket")),
    ]
    return editing.create_page({"title": "Matinée", "text": "On Sunday."}, [each.pk for each in contents])


def test_a_page_is_told_in_numbers(client: Client, matinee: Page) -> None:
    assert in_words(matinee) == ["2 films", "1 sound", "1 text", "1 image"]
    assert [(each.kind, each.number) for each in told(matinee).kinds][:2] == [("video", 2), ("audio", 1)]
    assert told(matinee).seconds == 425.4
    html = client.get("/").text
    assert [words in html for words in ("Matinée", "On Sunday.", "7:05", "0 views")] == [True] * 4


@pytest.mark.parametrize(
    ("kind", "number", "english", "russian"),
    [
        (Video, 1, "1 film", "1 фильм"),
        (Video, 5, "5 films", "5 фильмов"),
        (Video, 1234, "1,234 films", "1\N{NO-BREAK SPACE}234 фильма"),
        (Audio, 21, "21 sounds", "21 звук"),
        (Audio, 3, "3 sounds", "3 звука"),
        (Text, 11, "11 texts", "11 текстов"),
        (Image, 1, "1 image", "image: 1"),
        (Image, 1000, "1,000 images", "images: 1\N{NO-BREAK SPACE}000"),
    ],
)
def test_every_kind_has_its_plurals(kind: type[Content], number: int, english: str, russian: str) -> None:
    said = []
    for language in ("en", "ru"):
        with translation.override(language):
            said.append(say(kind, number))
    assert said == [english, russian]


def test_the_picture_is_that_of_the_first_content_that_has_one(client: Client, matinee: Page) -> None:
    assert told(matinee).picture == "/media/posters/drawn.jpg"
    assert '"/media/posters/drawn.jpg"' in client.get("/").text
    placed = list(matinee.placements.values_list("content", flat=True))
    editing.change_page(matinee, {}, placed[::-1])
    assert told(matinee).picture == "/media/posters/rain.jpg"


def test_of_contents_at_one_position_the_older_comes_first(matinee: Page) -> None:
    Placement.objects.filter(page=matinee).update(position=0)
    assert told(matinee).picture == "/media/posters/drawn.jpg"


def test_a_picture_of_any_name_has_an_address(matinee: Page) -> None:
    Blob.objects.filter(sha256="drawn").update(poster_path='2026/Ёлка "1" %.jpg')
    assert told(matinee).picture == "/media/2026/%D0%81%D0%BB%D0%BA%D0%B0%20%221%22%20%25.jpg"


def test_how_long_it_plays_is_left_out_where_nobody_knows(handbook: Page) -> None:
    assert (told(handbook).seconds, told(handbook).picture) == (None, None)


def test_the_views_are_the_live_ones(client: Client, matinee: Page) -> None:
    reading.view([matinee.pk], len)
    ledger.settle_all()
    reading.view([matinee.pk], len)
    assert "2 views" in client.get("/").text


def test_what_readers_do_not_see_is_not_told(matinee: Page) -> None:
    Content.objects.filter(title__in=["Drawn", "Programme"]).update(is_active=False)
    upload = Upload.objects.create(name="later.mp4", size=1)
    waiting = Video.objects.create(title="Later", upload=upload)
    placed = list(matinee.placements.values_list("content", flat=True))
    editing.change_page(matinee, {}, [waiting.pk, *placed])
    assert in_words(matinee) == ["1 film", "1 sound", "1 image"]
    assert (told(matinee).seconds, told(matinee).picture) == (360, "/media/posters/rain.jpg")


def test_an_empty_page_says_nothing_of_contents(client: Client) -> None:
    [page] = pages("Empty")
    assert (told(page).kinds, told(page).seconds, told(page).page.text) == ([], None, None)
    assert titles(client) == ["Empty"]


def test_a_page_that_is_switched_off_is_not_there(client: Client) -> None:
    hidden, shown = pages("hidden", "shown")
    Page.objects.filter(pk=hidden.pk).update(is_active=False)
    for address in ("/", "/?order=title", "/?search=h"):
        assert "hidden" not in titles(client, address)
    assert leaf(matching(Wish()), Wish()).count == 1
    assert draw_entries([hidden.pk, shown.pk, 10**9], "en").keys() == {shown.pk}


def test_summaries_come_in_the_order_that_is_asked_for(matinee: Page) -> None:
    others = pages("a", "b")
    keys = [others[1].pk, matinee.pk, others[0].pk]
    assert [summary.page.pk for summary in summarize(keys)] == keys


def test_of_a_long_text_the_beginning_is_read_and_no_more() -> None:
    page = editing.create_page({"title": "Novel", "text": "Ё" * 100_000})
    with CaptureQueriesContext(
        connection,
    ) as captured:
        summaries = summarize([page.pk])
        assert [summary.page.text for summary in summaries] == ["Ё" * BEGINNING]
        draw_entries([page.pk], "en")
    asked = " ".join(query["sql"] for query in captured.captured_queries)
    assert '"text"' not in re.sub(r"SUBSTR\w*\([^)]*\)", "", asked)


# --- its price -----------------------------------------------------------------------------------------


def library(number: int, contents: int) -> None:
    """So many pages, each with so many contents of three kinds, a few of them with files."""
    there = Page.objects.count()
    for each in range(there, there + number):
        made: list[Content] = []
        for place in range(contents):
            kind: type[Content] = (Video, Audio, Text)[place % 3]
            file = blob(f"{each}-{place}", 1, poster=True) if place < 3 else None
            made.append(kind(title=f"{place}", blob=file))
        editing.create_contents(made)
        editing.create_page({"title": f"{each}"}, [content.pk for content in made])


def test_the_price_does_not_grow_with_the_pages_and_their_contents(client: Client) -> None:
    numbers = []
    client.get("/")
    for size in [(1, 1), (19, 3), (1, 300)]:
        library(*size)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get("/")
        numbers.append(len(captured))
    assert numbers == [6, 6, 6]


def plan(queryset: Any) -> str:
    """How the database means to find these rows, were they many."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Sorting a few rows is cheap, and how few the planner takes them for depends on earlier tests.
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    return str(queryset.explain())


@pytest.mark.parametrize(
    ("wish", "index"),
    [
        (Wish(), "page_shown_by_age"),
        (Wish(order="title"), "page_shown_by_title"),
        (Wish(search="стр"), "page_shown_by_title"),
    ],
)
def test_an_index_alone_counts_pages_and_leads_to_every_part(wish: Wish, index: str) -> None:
    many(200)
    found = matching(wish).values_list("pk", flat=True)
    for rows in (found[40:60], found.reverse()[40:60], found.order_by()):
        how = plan(rows)
        assert index in how or (rows.query.order_by == () and "page_shown_by" in how)
        assert "Index Only Scan" in how or connection.vendor == "sqlite"
        assert not wish.search or "SEARCH" in how or "Index Cond" in how
        assert "TEMP B-TREE" not in how
        assert "Sort" not in how


# --- what it counts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/?order=title", "/?search=h"])
def test_looking_at_the_list_counts_nothing(client: Client, handbook: Page, address: str) -> None:
    keys: Sequence[int] = list(handbook.placements.values_list("content", flat=True))
    client.get(address)
    assert client.head(address).status_code == 200
    assert set(ledger.counters(keys).values()) == {0}
    assert "0 views" in client.get(address).text


@pytest.mark.parametrize("slug", ["a b", "a/b", "é.?", ""])
def test_an_address_that_nobody_can_open_costs_the_list_nothing(
    client: Client, handbook: Page, slug: str
) -> None:
    Page.objects.create(title="Odd")
    Page.objects.filter(title="Odd").update(slug=slug)
    answer = client.get("/")
    assert answer.status_code == 200
    assert handbook.get_absolute_url() in answer.text
    assert "Odd" in answer.text
