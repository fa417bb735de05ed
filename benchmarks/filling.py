"""Fills the tables with a stock, inside the database: by way of the models a million pages take hours.

What the models would have done besides, the books and the derived columns, is written here as well. For use
inside one transaction.
"""

from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection
from django.db.models import Model

from pagecast.counting.models import Count, Member, Tally
from pagecast.pages.models import Audio, Content, Page, Placement, Text, Video

from .copying import copy
from .plain import models as plain
from .stock import FIRST_NUMBER, OF_WIDE, OTHERS, RICH_PAGES, SLOTS, WIDE, Stock

# Numbers of equal length sort as they count, so rows come in the order of every index.
NUMBER = f"({FIRST_NUMBER} + {{}})"
WORDS = "'A view is on disk before the answer leaves, whatever the weather, and so is the next one. '"
SHORT, LONG = WORDS, f"{WORDS} || {WORDS}"
ADDRESS = "'https://media.example.org/library/2026/11/a-film-or-a-sound-' || {} || '.mp4'"
RICH = f"numbers pages, numbers slots WHERE pages.n <= {RICH_PAGES} AND slots.n <= {SLOTS}"
CONTENT = f"(pages.n - 1) * {SLOTS} + slots.n"
VIDEOS, AUDIOS, TEXTS = "slots.n <= 3", "slots.n > 3 AND slots.n <= 6", "slots.n > 6"
ORDERED = "ORDER BY pages.n, slots.n"


def number(last: int) -> None:
    """Make the temporary table `numbers`, whose column `n` goes from 1 to `last`."""
    counted = "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < %s)"
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE numbers (n bigint PRIMARY KEY)")
        cursor.execute(f"INSERT INTO numbers {counted} SELECT n FROM counted", [last])  # noqa: S608


def fill(stock: Stock) -> None:
    """Fill Pagecast's tables from the table `numbers`."""
    _fill_pages(stock)
    _fill_contents(stock)
    _fill_books()
    _reset_keys(Page, Content, Placement, Member)
    # By the usual way, so that whatever else follows from a change of the pages is there.
    Page.objects.create(title="Once").delete()


def fill_plain(stock: Stock) -> None:
    """Fill the plain app's tables with the rich pages of a stock."""
    title = f"'Page ' || {NUMBER.format('n')}"
    slug = f"'page-' || {NUMBER.format('n')}"
    pages = f"numbers WHERE n <= {stock.pages} ORDER BY n"
    time = "CURRENT_TIMESTAMP"
    copy(plain.Page, pages, id="n", title=title, slug=slug, text=SHORT, created_at=time, updated_at=time)
    copy(
        plain.Content,
        f"{RICH} {ORDERED}",
        id=CONTENT,
        title=f"'Content ' || {NUMBER.format(CONTENT)}",
        content_type=f"CASE WHEN {VIDEOS} THEN 'video' WHEN {AUDIOS} THEN 'audio' ELSE 'text' END",
        url=ADDRESS.format("slots.n"),
        text=SHORT,
    )
    copy(plain.Placement, f"{RICH} {ORDERED}", page="pages.n", content=CONTENT, position="slots.n")


def _fill_pages(stock: Stock) -> None:
    copy(
        Page,
        f"numbers WHERE n <= {stock.wide_page} ORDER BY n",
        id="n",
        title=f"'Page ' || {NUMBER.format('n')}",
        title_key=f"'page ' || {NUMBER.format('n')}",
        slug=f"'page-' || {NUMBER.format('n')}",
        text=SHORT,
    )


def _fill_contents(stock: Stock) -> None:
    of_rich_page = f"pages.n * {stock.step}"
    for kind, slots, own in (
        (Video, VIDEOS, {"video_url": ADDRESS.format("slots.n")}),
        (Audio, AUDIOS, {"audio_url": ADDRESS.format("slots.n"), "text": SHORT}),
        (Text, TEXTS, {"text": LONG}),
    ):
        _fill_kind(kind, f"{RICH} AND {slots} {ORDERED}", CONTENT, own)
    copy(Placement, f"{RICH} {ORDERED}", page=of_rich_page, content=CONTENT, position="slots.n")
    others = f"numbers WHERE n <= {stock.pages} AND n %% {stock.step} <> 0 ORDER BY n"
    wide = f"numbers WHERE n <= {WIDE} ORDER BY n"
    for page, content, source in (
        ("n", f"{OTHERS} + n", others),
        (str(stock.wide_page), f"{OF_WIDE} + n", wide),
    ):
        _fill_kind(Text, source, content, {"text": SHORT})
        copy(Placement, source, page=page, content=content, position="n")


def _fill_kind(kind: type[Content], source: str, key: str, own: dict[str, str]) -> None:
    """Rows of a kind: those of Content first, then those of its own table."""
    copy(
        Content,
        source,
        id=key,
        title=f"'Content ' || {NUMBER.format(key)}",
        title_key=f"'content ' || {NUMBER.format(key)}",
        polymorphic_ctype=str(ContentType.objects.get_for_model(kind).pk),
        has_link="TRUE" if kind.link_field else "FALSE",
    )
    copy(kind, source, content_ptr=key, **own)


def _fill_books() -> None:
    pages, contents = Page._meta.db_table, Content._meta.db_table
    copy(Tally, f"{pages} ORDER BY id", group_id="id")
    copy(Count, f"{contents} ORDER BY id", member_id="id")
    copy(Member, f"{Placement._meta.db_table} ORDER BY id", tally="page_id", member_id="content_id")


def _reset_keys(*models: type[Model]) -> None:
    """The database goes on after the keys that were given."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)
