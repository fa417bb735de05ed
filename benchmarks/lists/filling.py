"""A large library, made inside the database: a million contents on a hundred thousand pages.

It is made to be hard: what two filters ask for is often nowhere together, or only among the oldest rows.
Texts have no files and are the only ones whose titles begin with т; two in five contents were never seen;
a tenth of the contents stands on no page, nearly all of them old; one content stands on every page; one title
in twenty is the same.
"""

from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection

from benchmarks.copying import copy
from pagecast.counting.models import Count, GroupHour, Member, Tally
from pagecast.media.models import Blob, Upload
from pagecast.pages.models import Audio, Content, Page, Placement, Text, Video

A_PAGE = 12
# The share of each beginning of a title, in hundredths; щ has what is left, one content in ten thousand.
BEGINNINGS = {"с": 22, "п": 15, "в": 9, "а": 8, "м": 7, "the ": 7, "d": 6, "2": 3, "k": 3, "е": 3}
KINDS = (Video, Audio, Text)
OF_KIND = "CASE WHEN n %% 10 < 4 THEN {} WHEN n %% 10 < 7 THEN {} ELSE {} END"
HAS_FILE = "n %% 10 < 7"
STATE = """CASE WHEN n %% 1000 < 20 THEN 'failed' WHEN n %% 1000 < 25 THEN 'pending'
    WHEN n %% 1000 < 28 THEN 'receiving' WHEN n %% 100000 = 999 THEN 'processing' ELSE 'completed' END"""
ON_NO_PAGE = "(n > 1 AND (n <= {old} OR n %% 50 = 0))"
CHANCE = "(('x' || substr(md5(n::text), 1, 7))::bit(28)::int %% 10000)"
# The ids of uploads and blobs follow from a number, and have no order.
UPLOAD = "md5('upload' || n)::uuid"
AGE = "now() - (({last} - n) || ' minutes')::interval"


def fill(contents: int, pages: int) -> None:
    """Fill an empty database. Takes some minutes for a million contents."""
    _fill_files(contents)
    _fill_contents(contents)
    _fill_pages(contents, pages)
    _fill_books(contents, pages)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(
            no_style(), [Page, Content, Placement, Member, Blob]
        ):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")


def _title(prefix: str) -> str:
    cases, share = [], 0
    for beginning, hundredths in BEGINNINGS.items():
        share += hundredths * 100
        cases.append(f"WHEN {CHANCE} < {share} THEN '{beginning}'")
    return (
        f"CASE WHEN {prefix} THEN 'т' WHEN {CHANCE} = 9999 THEN 'щ' {' '.join(cases)} ELSE 'без названия' END"
    )


def _key(prefix: str) -> str:
    title = _title(prefix)
    return f"CASE WHEN {title} = 'без названия' THEN 'без названия' ELSE ({title}) || 'ъ ' || n END"


def _fill_files(contents: int) -> None:
    copy(
        Blob,
        f"generate_series(1, {contents}) AS t(n)",
        id="n",
        sha256="encode(sha256(n::text::bytea), 'hex')",
        size="n * 1000",
        path="'2026/11/24/video/file-' || n || '.mp4'",
        medium="'video'",
        duration="n %% 5000",
        poster_path="'2026/11/24/posters/file-' || n || '.jpg'",
    )
    copy(
        Upload,
        f"generate_series(1, {contents}) AS t(n)",
        id=UPLOAD,
        name=f"{_key('false')} || '.mp4'",
        name_key=f"{_key('false')} || '.mp4'",
        size="n * 1000",
        sha256="encode(sha256(n::text::bytea), 'hex')",
        created_at=AGE.format(last=contents),
        state=STATE,
        blob=f"CASE WHEN ({STATE}) = 'completed' THEN n END",
        is_duplicate="n %% 11 = 3 AND n %% 1000 > 28",
        sender="CASE WHEN n %% 3 = 0 THEN '' WHEN n %% 5000 = 1 THEN '3' ELSE '2' END",
    )


def _fill_contents(contents: int) -> None:
    types = [ContentType.objects.get_for_model(kind).pk for kind in KINDS]
    every = f"generate_series(1, {contents}) AS t(n)"
    # Half of the texts.
    key = _key("n %% 10 >= 7 AND n %% 4 < 2")
    copy(
        Content,
        every,
        id="n",
        title=f"upper(left({key}, 1)) || substr({key}, 2)",
        title_key=key,
        polymorphic_ctype=OF_KIND.format(*types),
        upload=f"CASE WHEN {HAS_FILE} AND ({STATE}) <> 'receiving' THEN {UPLOAD} END",
        blob=f"CASE WHEN {HAS_FILE} AND ({STATE}) = 'completed' THEN n END",
        is_active="n %% 50 <> 7",
        is_placed=f"NOT {ON_NO_PAGE.format(old=contents // 12)}",
    )
    copy(Video, f"{every} WHERE n %% 10 < 4", content_ptr="n")
    copy(Audio, f"{every} WHERE n %% 10 BETWEEN 4 AND 6", content_ptr="n", text="'words'")
    copy(Text, f"{every} WHERE n %% 10 >= 7", content_ptr="n", text="'words ' || n")


def _fill_pages(contents: int, pages: int) -> None:
    key = _key("false")
    copy(
        Page,
        f"generate_series(1, {pages}) AS t(n)",
        id="n",
        title=f"upper(left({key}, 1)) || substr({key}, 2)",
        title_key=key,
        slug="'page-' || n",
        updated_at=AGE.format(last=pages),
        is_active="n %% 30 <> 7",
    )
    # The first content stands on every page, the others one after the other until the pages are full.
    placed = _placed(contents)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE placed AS {placed}")
    copy(Placement, f"generate_series(1, {pages}) AS t(n)", page="n", content="1", position="1")
    copy(Placement, "placed", page=f"place %% {pages} + 1", content="n", position="2 + place / 1000")
    # Some stand on two pages.
    twice = f"placed WHERE place < {pages * (A_PAGE - 1)} - (SELECT count(*) FROM placed)"  # noqa: S608 - numbers
    copy(Placement, twice, page=f"(place + 1) %% {pages} + 1", content="n", position="100")


def _placed(contents: int) -> str:
    """Contents that stand on a page beside the first one, each with its number among them."""
    on_no_page = ON_NO_PAGE.format(old=contents // 12).replace("%%", "%")
    numbers = f"generate_series(2, {contents}) AS t(n)"
    number = "row_number() OVER (ORDER BY n) - 1"
    return f"SELECT n, ({number}) AS place FROM {numbers} WHERE NOT {on_no_page}"  # noqa: S608 - numbers


def _fill_books(contents: int, pages: int) -> None:
    copy(
        Tally,
        f"generate_series(1, {pages}) AS t(n)",
        group_id="n",
        views=f"{pages} * 30 / n + n %% 7",
        settled=f"{pages} * 30 / n",
    )
    copy(
        Member,
        "pages_placement p JOIN pages_content c ON c.id = p.content_id AND c.is_active "
        "AND (c.upload_id IS NULL OR c.blob_id IS NOT NULL)",
        tally="p.page_id",
        member_id="p.content_id",
    )
    copy(
        Count,
        f"generate_series(1, {contents}) AS t(n)",
        member_id="n",
        seen=f"CASE WHEN {ON_NO_PAGE.format(old=contents // 12)} OR n %% 5 = 2 OR n %% 10 = 9 THEN 0 "
        f"ELSE {contents} * 10 / (1 + n %% 300007) END",
    )
    copy(
        GroupHour,
        f"generate_series(1, {pages}) AS t(n), generate_series(1, 10) AS d(days)",
        group_id="n",
        hour="date_trunc('hour', now() - days * interval '1 day')",
        views="n %% 9 + 1",
    )
