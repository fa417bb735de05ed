"""The editors' front page: views over time, what is being filed, what failed, and what the disk holds."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.template.defaultfilters import filesizeformat
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from pagecast.counting import ledger
from pagecast.counting.models import GroupHour, MemberHour
from pagecast.media import leases
from pagecast.media.errors import Refused
from pagecast.media.models import Blob, Upload
from pagecast.media.receiving import receive
from pagecast.media.stores.address import Bucket
from pagecast.pages import access, editing, filing, reading
from pagecast.pages.access import Role
from pagecast.pages.admin import front, plots
from pagecast.pages.admin.plots import Period
from pagecast.pages.models import Content, Page, SubtitleTrack, Video
from tests import films

pytestmark = pytest.mark.django_db

FRONT = "/admin/"
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    """What was summed up for another test."""
    cache.clear()


@pytest.fixture
def desk(alice: User) -> Client:
    """alice at the admin."""
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(alice)
    return client


@pytest.fixture
def moscow(settings: Any) -> None:
    """Midnight there is at 21:00 UTC."""
    settings.TIME_ZONE = "Europe/Moscow"


def view(*pages: Page, times: int = 1) -> None:
    """Readers open these pages."""
    for _ in range(times):
        reading.view([page.pk for page in pages], len)


def seen(page: Page, ago: dt.timedelta, views: int) -> None:
    """The page was opened so often, so long ago."""
    hour = (timezone.now() - ago).replace(minute=0, second=0, microsecond=0)
    GroupHour.objects.create(group_id=page.pk, hour=hour, views=views)
    members = [placement.content_id for placement in page.placements.all()]
    MemberHour.objects.bulk_create(MemberHour(member_id=each, hour=hour, views=views) for each in members)


def told(client: Client, **query: Any) -> dict[str, Any]:
    """What the front page has to tell."""
    cache.clear()
    answer = client.get(FRONT, query)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.context["front"]
    return found


def bars(plot: plots.Plot) -> list[str]:
    return [bar.views for bar in plot.bars]


def words(client: Client) -> str:
    html = client.get(FRONT).content.decode()
    return " ".join(re.sub(r"<script.*?</script>|<[^>]*>", " ", html, flags=re.DOTALL).split())


# --- The plot ----------------------------------------------------------------------------------------


def test_the_week_is_seven_days_and_ends_with_what_was_viewed_just_now(desk: Client, handbook: Page) -> None:
    seen(handbook, DAY, 5)
    seen(handbook, 3 * DAY, 1200)
    seen(handbook, 8 * DAY, 7)
    view(handbook, times=2)
    assert bars(told(desk)["plot"]) == ["0", "0", "0", "1,200", "0", "5", "2"]
    assert told(desk)["plot"].total == "1,207 views"


def test_the_month_is_thirty_days(desk: Client, handbook: Page) -> None:
    seen(handbook, 29 * DAY, 3)
    seen(handbook, 31 * DAY, 4)
    plot = told(desk, period="month")["plot"]
    assert (len(plot.bars), plot.bars[0].views, plot.total) == (30, "3", "3 views")


def test_today_begins_at_midnight_and_has_its_hours(desk: Client, handbook: Page) -> None:
    view(handbook)
    plot = told(desk, period="today")["plot"]
    hour = timezone.localtime().hour
    assert (len(plot.bars), plot.bars[hour].views, plot.total) == (24, "1", "1 view")
    assert plot.bars[hour].label == f"{hour:02}:00–{(hour + 1) % 24:02}:00"


def test_days_are_those_of_the_time_zone(moscow: None) -> None:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    plot = plots.plot({midnight.astimezone(dt.UTC): 2, midnight - HOUR: 5}, Period.WEEK, "")
    assert bars(plot)[-2:] == ["5", "2"]
    assert plots.since(Period.TODAY) == midnight


def test_where_midnight_is_in_the_middle_of_an_hour_that_hour_belongs_to_the_day(settings: Any) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    since = plots.since(Period.TODAY)
    assert (since.minute, timezone.localtime(since).strftime("%H:%M")) == (0, "23:30")
    assert bars(plots.plot({since: 3, since + HOUR: 4}, Period.TODAY, ""))[:2] == ["7", "0"]


@pytest.mark.parametrize(
    ("day", "hours"), [(dt.date(2026, 3, 29), 23), (dt.date(2026, 10, 25), 25), (dt.date(2026, 6, 1), 24)]
)
def test_a_day_on_which_the_clocks_change_has_its_own_hours(
    settings: Any, monkeypatch: pytest.MonkeyPatch, day: dt.date, hours: int
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    monkeypatch.setattr(timezone, "localdate", lambda *_: day)
    plot = plots.plot({}, Period.TODAY, "")
    assert len(plot.bars) == hours
    assert plot.bars[-1].label == "23:00–00:00"


@pytest.mark.parametrize(
    ("most", "labels"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (5, ["0", "2", "4", "6"]),
        (17, ["0", "5", "10", "15", "20"]),
        (1000, ["0", "500", "1,000"]),
        (8_000_000_000, ["0", "2,000,000,000", "4,000,000,000", "6,000,000,000", "8,000,000,000"]),
    ],
)
def test_the_lines_of_the_grid_are_few_and_round(most: int, labels: list[str]) -> None:
    plot = plots.plot({timezone.now(): most}, Period.WEEK, "")
    assert [line.label for line in plot.lines] == labels
    assert max(bar.height for bar in plot.bars) <= plots.HEIGHT


def test_one_view_among_a_million_is_to_be_seen() -> None:
    plot = plots.plot({timezone.now(): 1, timezone.now() - DAY: 1_000_000}, Period.WEEK, "")
    assert [bar.height for bar in plot.bars][-2:] == [plots.HEIGHT, plots.LEAST]


@pytest.mark.parametrize(
    ("language", "totals", "day"),
    [
        ("en", ["1 view", "2 views", "5 views", "1,234,567 views"], "November 9"),
        ("ru", ["1 просмотр", "2 просмотра", "5 просмотров", "1 234 567 просмотров"], "9 ноября"),
    ],
)
def test_numbers_and_dates_are_told_in_the_language_of_the_reader(
    monkeypatch: pytest.MonkeyPatch, language: str, totals: list[str], day: str
) -> None:
    today = dt.date(2026, 11, 9)
    monkeypatch.setattr(timezone, "localdate", lambda value=None, *_: value.date() if value else today)
    with translation.override(language):
        found = [plots.told(views).replace("\N{NO-BREAK SPACE}", " ") for views in (1, 2, 5, 1_234_567)]
        assert found == totals
        assert plots.plot({}, Period.WEEK, "").bars[-1].label == day


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_plot_is_a_picture_with_a_name_and_a_table_of_the_same_numbers(
    handbook: Page, language: str
) -> None:
    seen(handbook, DAY, 1234)
    with translation.override(language):
        drawn = front.plot(page=handbook.pk)
        found = ET.fromstring(drawn)  # noqa: S314 - our own template's
        picture = found.find("svg")
        assert picture is not None
        assert picture.get("role") == "img"
        assert plots.told(1234) in str(picture.get("aria-label"))
        # A comma in a number of the picture would break it.
        places = [
            each.get(name, "") for each in picture.iter("rect") for name in ("x", "y", "width", "height")
        ]
        assert [place for place in places if not re.fullmatch(r"\d+(\.\d+)?%?", place)] == []
        rows = [cell.text for cell in found.findall(".//tbody/tr/td")]
        assert rows == ["0", "0", "0", "0", "0", plots.number(1234), "0"]


def test_a_plot_of_a_page_or_a_content_takes_one_query(handbook: Page, film: Content) -> None:
    view(handbook, times=2)
    for page, content in ((handbook.pk, None), (None, film.pk)):
        with CaptureQueriesContext(connection) as queries:
            assert "2 views" in front.plot(page=page, content=content)
        assert len(queries) == 1


# --- Of what -----------------------------------------------------------------------------------------


def test_one_page_or_one_content_is_looked_at_alone(desk: Client, handbook: Page, film: Content) -> None:
    other = editing.create_page({"title": "Other"}, [film.pk])
    view(handbook, times=3)
    view(other, times=4)
    assert told(desk)["plot"].total == "7 views"
    page = told(desk, page=handbook.pk)
    assert (page["plot"].total, page["subject"].name) == ("3 views", "Handbook")
    content = told(desk, content=film.pk)
    assert (content["plot"].total, content["subject"].name) == ("7 views", "Dawn")


@pytest.mark.parametrize(
    "query",
    [{"page": "abc"}, {"page": "999999"}, {"content": "9" * 40}, {"period": "ever"}, {"page": "\0"}],
    ids=str,
)
def test_what_is_not_there_shows_all(desk: Client, handbook: Page, query: dict[str, str]) -> None:
    view(handbook)
    found = told(desk, **query)
    assert (found["subject"], found["plot"].total, found["choice"].period) == (None, "1 view", Period.WEEK)


def test_the_most_viewed_come_first_with_ways_to_their_plots_and_forms(
    desk: Client, handbook: Page, film: Content, sound: Content
) -> None:
    other = editing.create_page({"title": "Other"}, [film.pk])
    seen(handbook, HOUR, 3)
    seen(other, 2 * HOUR, 5)
    seen(handbook, 20 * DAY, 9)
    found = told(desk)
    assert [(row.name, row.told) for row in found["pages"]] == [("Other", "5 views"), ("Handbook", "3 views")]
    assert (found["contents"][0].name, found["contents"][0].told) == ("Dawn", "8 views")
    assert found["pages"][0].url == f"?period=week&page={other.pk}"
    for row in (*found["pages"], *found["contents"]):
        assert desk.get(row.form, follow=True).status_code == 200
        assert (
            told(desk, **dict(pair.split("=") for pair in row.url[1:].split("&")))["subject"].name == row.name
        )
    assert [row.name for row in told(desk, period="month")["pages"]] == ["Handbook", "Other"]


def test_what_was_deleted_is_in_no_list_but_its_views_stay_in_the_plot(desk: Client, handbook: Page) -> None:
    view(handbook, times=3)
    ledger.settle_all()
    handbook.delete()
    found = told(desk)
    assert (found["pages"], found["plot"].total) == ([], "3 views")


def test_what_was_deleted_since_the_lists_were_made_is_left_out(
    desk: Client, handbook: Page, note: Content
) -> None:
    seen(handbook, DAY, 3)
    lists = [(handbook.pk, 3)], [(note.pk, 3)]
    for name, rows in zip(("groups", "members"), lists, strict=True):
        cache.set(f"pagecast-front-{name}-{plots.since(Period.WEEK)}".replace(" ", "-"), rows, 60)
    handbook.delete()
    note.delete()
    found = desk.get(FRONT).context["front"]
    assert (found["pages"], found["contents"]) == ([], [])


# --- Files -------------------------------------------------------------------------------------------


def send(title: str, data: bytes, name: str = "Dawn.mp4") -> Content:
    return editing.write_content(Video(title=title), {}, receive([data], name))


def test_what_waits_and_what_failed_is_told_with_the_way_to_its_content(desk: Client) -> None:
    waits, failed = send("Waits", films.film(), "waits.mp4"), send("Failed", b"none", "failed.mp4")
    assert failed.upload
    leases.refuse({failed.upload: Refused("The film has no end.").words})
    found = told(desk)
    assert [(row.name, row.form) for row in found["waiting"]["rows"]] == [
        ("waits.mp4", f"/admin/pages/content/{waits.pk}/change/")
    ]
    (row,) = found["failed"]["rows"]
    assert (row.name, row.advice) == ("failed.mp4", "Choose another file")
    assert row.form == f"/admin/pages/content/{failed.pk}/change/#id_file"
    assert "The film has no end." in words(desk)
    filing.file(*Upload.objects.filter(state="pending").values_list("pk", flat=True))
    assert told(desk)["waiting"]["rows"] == []


def test_what_failed_long_ago_is_told_no_more(desk: Client) -> None:
    failed = send("Failed", b"none")
    assert failed.upload
    leases.refuse({failed.upload: Refused("No").words})
    Upload.objects.update(created_at=timezone.now() - 8 * DAY)
    assert told(desk)["failed"]["rows"] == []


def test_subtitles_that_failed_lead_to_their_film(desk: Client, film: Content) -> None:
    upload = receive([b"none"], "film.srt")
    SubtitleTrack.objects.create(content=film, language="en", upload=upload)
    leases.refuse({upload: Refused("No").words})
    (row,) = told(desk)["failed"]["rows"]
    assert row.form.startswith(f"/admin/pages/content/{film.pk}/change/")


def test_a_list_says_when_there_is_more(desk: Client) -> None:
    Upload.objects.bulk_create(Upload(name=f"{n}.mp4", size=1) for n in range(front.ROWS + 1))
    found = told(desk)["waiting"]
    assert (len(found["rows"]), found["more"]) == (front.ROWS, True)


def test_the_disk_holds_what_is_kept_and_was_spared_what_came_twice(desk: Client) -> None:
    for name in ("Dawn.mp4", "Again.mp4"):
        send(name, films.film(), name)
        filing.file(Upload.objects.latest("created_at").pk)
    size = Blob.objects.get().size
    Upload.objects.create(name="waits", size=10**9, is_duplicate=True)
    names, sizes = zip(*told(desk)["disk"], strict=True)
    assert names == ("Files", "Saved by keeping each once", "Free on the disk")
    with translation.override("en"):
        assert sizes[0] == sizes[1] == filesizeformat(size)


def test_a_bucket_has_no_disk_to_fill(desk: Client, settings: Any) -> None:
    settings.PAGECAST_BUCKET = Bucket("films-of-the-test", proxied=True)
    assert [name for name, _size in told(desk)["disk"]] == ["Files", "Saved by keeping each once"]


# --- Who, and at what price --------------------------------------------------------------------------


@pytest.fixture
def enter() -> Callable[[str, Role], Client]:
    """A browser in which somebody with a role is logged in."""

    def enter(name: str, role: Role) -> Client:
        user = User.objects.create_user(name)
        access.give(user, role)
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return enter


def test_a_viewer_sees_it_all_and_is_offered_nothing_to_change(
    enter: Callable[[str, Role], Client], handbook: Page
) -> None:
    failed = send("Failed", b"none")
    assert failed.upload
    leases.refuse({failed.upload: Refused("No").words})
    view(handbook)
    client = enter("vera", Role.VIEWER)
    found = told(client)
    assert found["plot"].total == "1 view"
    assert (found["can_add_page"], found["can_add_content"], found["failed"]["rows"][0].advice) == (
        False,
        False,
        "",
    )
    assert "Add a page" not in words(client)


def test_who_may_not_see_pages_is_shown_none(handbook: Page) -> None:
    user = User.objects.create_user("carol", is_staff=True)
    client = Client()
    client.force_login(user)
    assert "front" not in client.get(FRONT).context
    assert "Handbook" not in words(client)


def test_the_number_of_queries_does_not_grow_with_what_there_is(
    desk: Client, handbook: Page, django_assert_num_queries: Any
) -> None:
    def fill(number: int) -> None:
        for each in range(number):
            content = send(f"{each}", b"none", f"{each}.mp4")
            page = editing.create_page({"title": f"{each}"}, [content.pk])
            seen(page, DAY, 1)
            assert content.upload
            if each % 2:
                leases.refuse({content.upload: Refused("No").words})

    fill(2)
    told(desk)
    with CaptureQueriesContext(connection) as queries:
        told(desk)
    assert len(queries) < 25
    fill(12)
    with django_assert_num_queries(len(queries)):
        told(desk)


def test_sums_over_everything_are_kept_for_a_while_that_grows_with_their_price(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 2.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    kept: list[float] = []
    monkeypatch.setattr(cache, "set", lambda _key, _value, seconds: kept.append(seconds))
    assert front._kept("answer", lambda: 42) == 42
    assert kept == [200]


def test_what_is_kept_is_not_asked_for_again() -> None:
    cache.set("pagecast-front-answer", 42, 60)
    assert front._kept("answer", lambda: pytest.fail("asked again")) == 42
