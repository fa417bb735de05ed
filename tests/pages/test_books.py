"""Closing the books on every way in: whoever changes what readers see, by whatever means, no view is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from pagecast.counting.models import Tally
from pagecast.media.receiving import receive
from pagecast.pages import filing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.models import Content, Page, Placement, Video
from tests import films
from tests.gallery.models import Image
from tests.pages import books_ways as ways
from tests.pages.books_stage import LINK, Stage, every

FIRST, SECOND = ["film", "sound"], ["note", "film", "picture"]


def by(found: dict[str, Any]) -> pytest.MarkDecorator:
    """The test once for each of these ways."""
    return pytest.mark.parametrize("way", found.values(), ids=found)


@pytest.fixture
def stage(db: None) -> Stage:
    return Stage()


def test_it_works(stage: Stage) -> None:
    stage.becomes(lambda: None)


# --- contents ------------------------------------------------------------------------------------------


@by(ways.SWITCHES)
def test_a_content_that_is_switched_off_is_not_counted_any_more(stage: Stage, way: ways.Switch) -> None:
    stage.becomes(lambda: way(stage, "film", False), first=["sound"], second=["note", "picture"])


@by(ways.SWITCHES)
def test_a_content_that_is_switched_on_is_counted_from_then_on(stage: Stage, way: ways.Switch) -> None:
    stage.becomes(lambda: way(stage, "hidden", True), first=["film", "hidden", "sound"])


@pytest.mark.parametrize("way", ["save", "update of its kind", "bulk_update of its kind", "API"])
@pytest.mark.parametrize("name", ["sound", "note", "picture"])
def test_every_kind_is_switched_alike(stage: Stage, name: str, way: str) -> None:
    (page,) = [page for page, names in stage.shows.items() if name in names]
    with_it, without_it = stage.shows[page], every(stage.shows[page], but=name)
    stage.becomes(lambda: ways.SWITCHES[way](stage, name, False), **{page: without_it})
    stage.becomes(lambda: ways.SWITCHES[way](stage, name, True), **{page: with_it})


@by(ways.DELETIONS)
@pytest.mark.parametrize("name", ["film", "picture"])
def test_a_content_that_is_deleted_takes_no_views_of_others_along(
    stage: Stage, name: str, way: ways.Deletion
) -> None:
    shows = {page: every(names, but=name) for page, names in stage.shows.items() if name in names}
    stage.becomes(lambda: way(stage, name), **shows)


def test_a_kind_that_is_gone_with_all_its_contents_takes_no_views_of_others_along(stage: Stage) -> None:
    """Django's `remove_stale_contenttypes` does this when the app of a kind is taken away."""
    kind = ContentType.objects.filter(pk=ContentType.objects.get_for_model(Image).pk)
    try:
        stage.becomes(kind.delete, second=["note", "film"])
    finally:
        ContentType.objects.clear_cache()


def test_contents_may_be_written_in_bulk_over_those_that_are_there(stage: Stage) -> None:
    film = stage.base("film")
    film.is_active = False
    over: Any = {"update_conflicts": True, "unique_fields": ["id"], "update_fields": ["is_active"]}
    stage.becomes(
        lambda: Content.objects.bulk_create([film], **over), first=["sound"], second=["note", "picture"]
    )


@by(ways.NEW_CONTENTS)
def test_a_new_content_has_been_seen_never(stage: Stage, way: ways.Way) -> None:
    stage.becomes(lambda: _remember_content(stage, way))


def _remember_content(stage: Stage, way: ways.Way) -> None:
    way(stage)
    stage.contents["new"] = Content.objects.non_polymorphic().get(title="new").pk


# --- pages ---------------------------------------------------------------------------------------------


@by(ways.NEW_PAGES)
def test_a_new_page_is_counted_from_its_first_view(stage: Stage, way: ways.Way) -> None:
    stage.becomes(lambda: _remember_page(stage, way), fourth=[])


def _remember_page(stage: Stage, way: ways.Way) -> None:
    way(stage)
    stage.pages["fourth"] = Page.objects.get(title="fourth").pk


@by(ways.PAGE_DELETIONS)
def test_the_views_of_a_page_that_is_deleted_stay_with_its_contents(stage: Stage, way: ways.Deletion) -> None:
    stage.becomes(lambda: way(stage, "first"), first=None, shares=["second"])


@by(ways.PAGE_CHANGES)
def test_a_page_that_is_renamed_gets_a_new_edition(
    stage: Stage, way: Callable[[Stage, dict[str, Any]], object]
) -> None:
    stage.becomes(lambda: way(stage, {"title": "The first"}), first=FIRST)


@by(ways.PAGE_CHANGES)
def test_a_page_that_is_switched_off_keeps_its_views_and_is_viewed_no_more_until_it_is_on_again(
    stage: Stage, way: Callable[[Stage, dict[str, Any]], object]
) -> None:
    def switch(*, on: bool) -> None:
        way(stage, {"is_active": on})
        stage.closed = set() if on else {"first"}

    stage.becomes(lambda: switch(on=False), first=FIRST)
    stage.becomes(lambda: switch(on=True), first=FIRST)


def test_pages_that_are_met_by_new_ones_get_a_new_edition(stage: Stage) -> None:
    """Nobody knows afterwards which of them were met, and an edition too many does no harm."""
    rows = [Page(title="other", slug="second"), Page(title="another", slug="third")]
    change = partial(Page.objects.bulk_create, rows, ignore_conflicts=True)
    stage.becomes(change, second=SECOND, third=[])


# --- placements ----------------------------------------------------------------------------------------


@by(ways.PLACINGS)
def test_a_content_that_is_put_on_a_page_is_counted_there_from_then_on(stage: Stage, way: ways.Way) -> None:
    stage.becomes(lambda: way(stage), first=[*FIRST, "spare"])


@by(ways.REMOVALS)
def test_a_content_that_is_taken_off_a_page_is_not_counted_there_any_more(
    stage: Stage, way: ways.Way
) -> None:
    stage.becomes(lambda: way(stage), first=["sound"], shares=["second"])


@by(ways.MOVES)
def test_a_content_that_goes_to_another_page_is_counted_there(stage: Stage, way: ways.Way) -> None:
    stage.becomes(lambda: way(stage), first=["film"], third=["sound"])


@by(ways.REPLACEMENTS)
def test_a_content_that_takes_the_place_of_another_is_counted_in_its_stead(
    stage: Stage, way: ways.Way
) -> None:
    stage.becomes(lambda: way(stage), first=["film", "note"], shares=["second"])


@by(ways.REORDERINGS)
def test_another_order_is_a_new_edition(stage: Stage, way: ways.Way) -> None:
    stage.becomes(lambda: way(stage), first=["sound", "film"])


def test_a_page_may_be_emptied_at_once(stage: Stage) -> None:
    stage.becomes(lambda: stage.page("first").placements.all().delete(), first=[], shares=["second"])


# --- what changes nothing of what is counted -----------------------------------------------------------


@pytest.mark.parametrize(
    "rename",
    [
        lambda film: Content.objects.filter(pk=film.pk).update(title="A film"),
        lambda film: Video.objects.filter(pk=film.pk).update(subtitles_url=LINK),
        lambda film: Video.objects.bulk_update([film], ["subtitles_url"]),
        lambda film: film.save(update_fields=["subtitles_url"]),
    ],
    ids=[
        "update of the content",
        "update of its kind",
        "bulk_update of its kind",
        "save of a field of its kind",
    ],
)
def test_whatever_changes_of_a_content_is_a_new_edition_of_its_pages(
    stage: Stage, rename: Callable[[Content], object]
) -> None:
    stage.becomes(lambda: rename(stage.content("film")), first=FIRST, second=SECOND)


def test_what_leaves_the_composition_alone_settles_nothing(stage: Stage) -> None:
    stage.view()
    stage.page("first").save()
    stage.content("film").save()
    assert all(tally.unsettled for tally in Tally.objects.all())


def test_an_edit_that_is_taken_back_leaves_no_trace(stage: Stage) -> None:
    def fail() -> None:
        with pytest.raises(DatabaseError), one_edit():
            stage.content("film").delete()
            stage.page("second").delete()
            Placement.objects.create(page_id=stage.pages["first"], content_id=stage.contents["sound"])

    stage.becomes(fail)


def test_a_change_that_fails_does_not_spoil_the_next_one(stage: Stage) -> None:
    def fail_first() -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            Content.objects.filter(title="film").update(title=None)
        stage.page("third").save()

    stage.becomes(fail_first, third=[])


# --- files to come -------------------------------------------------------------------------------------


def test_a_content_is_shown_and_counted_once_its_file_is_there(stage: Stage) -> None:
    coming = stage.content("coming").upload_id
    stage.becomes(lambda: filing.file(coming), first=["film", "sound", "coming"])


def test_a_content_whose_file_is_refused_stays_unseen(stage: Stage) -> None:
    coming = stage.content("coming").upload
    coming.staged.write_bytes(b"")
    stage.becomes(lambda: filing.file(coming.pk))
    coming.refresh_from_db()
    assert coming.state == "failed"


def test_a_content_with_a_link_is_shown_while_its_file_is_on_the_way(stage: Stage) -> None:
    stage.becomes(lambda: _give(stage, "film"), first=FIRST, second=SECOND)
    stage.becomes(lambda: filing.file(stage.content("film").upload_id), first=FIRST, second=SECOND)


def _give(stage: Stage, name: str) -> None:
    content = stage.content(name)
    content.upload = receive([films.film()], "film.mp4")
    content.save()


def _saved(film: Video) -> Video:
    film.save(update_fields=["video_url"])
    return film


@pytest.mark.parametrize(
    "take",
    [
        lambda films: films.update(video_url=None),
        lambda films: [_without_link(film).save() for film in films],  # type: ignore[func-returns-value]
        lambda films: [_saved(_without_link(film)) for film in films],
        lambda films: Video.objects.bulk_update(map(_without_link, films), ["video_url"]),
    ],
    ids=["update", "save", "save of one field", "bulk_update"],
)
def test_a_content_that_loses_its_link_before_its_file_is_there_is_not_shown(
    stage: Stage, take: Callable[[Any], object]
) -> None:
    _give(stage, "film")
    stage.becomes(lambda: take(Video.objects.all()), first=["sound"], second=["note", "picture"])


def _without_link(film: Video) -> Video:
    film.video_url = None
    return film


@pytest.mark.parametrize(
    "give",
    [
        lambda coming, sound: coming.contents.add(sound),
        lambda coming, sound: coming.contents.set([sound, *coming.contents.all()]),
        lambda coming, sound: Content.objects.filter(pk=sound.pk).update(upload=coming),
    ],
    ids=["add on the upload", "set on the upload", "update"],
)
def test_a_content_that_is_to_wait_for_a_file_is_not_shown_before(
    stage: Stage, give: Callable[[Any, Content], object]
) -> None:
    coming = stage.content("coming").upload
    stage.becomes(lambda: give(coming, stage.content("sound")), first=["film"])
    stage.becomes(lambda: filing.file(coming.pk), first=["film", "sound", "coming"])


@pytest.mark.parametrize(
    "let_go",
    [lambda upload: upload.contents.clear(), lambda upload: upload.contents.set([])],
    ids=["clear on the upload", "set on the upload"],
)
def test_a_content_that_waits_no_longer_is_shown(stage: Stage, let_go: Callable[[Any], object]) -> None:
    coming = stage.content("coming").upload
    stage.becomes(lambda: let_go(coming), first=["film", "sound", "coming"])


# --- how the books are closed --------------------------------------------------------------------------


def _locks_of(change: Callable[[], object]) -> list[str]:
    """The statements with which the tallies were first taken hold of."""
    with CaptureQueriesContext(connection) as queries:
        change()
    asked = [query["sql"] for query in queries.captured_queries]
    return [sql for sql in asked if sql.startswith('UPDATE "counting_tally"') and "edition" in sql]


def _many_at_once(stage: Stage) -> None:
    Page.objects.bulk_update(Page.objects.all(), ["text"], batch_size=1)


def _one_by_one_in_one_edit(stage: Stage) -> None:
    with one_edit():
        for name in ("third", "first", "second"):
            stage.page(name).save()
            stage.content("film").save()


@pytest.mark.parametrize("change", [_many_at_once, _one_by_one_in_one_edit])
def test_one_edit_closes_all_its_books_at_its_end_and_once(
    stage: Stage, change: Callable[[Stage], object]
) -> None:
    """Closed one after the other, in whatever order, two edits could wait for each other for ever."""
    assert len(_locks_of(lambda: change(stage))) == 1


def test_a_queryset_forgets_what_it_held_before_its_update_as_django_has_it(stage: Stage) -> None:
    pages = Page.objects.all()
    assert all(page.is_active for page in pages)
    pages.update(is_active=False)
    assert not any(page.is_active for page in pages)


ORDERS: dict[str, Callable[[str], object]] = {
    "as it was dumped": lambda _model: 0,
    "pages last": lambda model: model == "pages.page",
    "contents last": lambda model: not model.startswith("pages.p"),
    "placements first": lambda model: model != "pages.placement",
}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_a_fixture_opens_the_books_of_all_that_it_brings(
    stage: Stage, tmp_path: Path, order: Callable[[str], Any]
) -> None:
    dump = tmp_path / "pages.json"
    call_command("dumpdata", "pages", "media", "gallery", output=str(dump), verbosity=0)
    rows = sorted(json.loads(dump.read_text()), key=lambda row: order(row["model"]))
    dump.write_text(json.dumps(rows))
    with one_edit():
        Page.objects.all().delete()
        Content.objects.all().delete()
    call_command("loaddata", dump, verbosity=0)
    stage.check_books()
    stage.becomes(lambda: None)


def test_nothing_can_be_put_on_a_page_that_is_gone(stage: Stage) -> None:
    gone = stage.page("first")
    gone.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.create(page_id=stage.pages["first"], content=stage.content("note"))
        connection.check_constraints()


def test_only_what_was_held_is_deleted(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that comes meanwhile was not locked in its turn: to delete it, too, would be a deadlock."""
    hold = Page.hold

    def hold_and_add(keys: Iterable[int]) -> None:
        hold(keys)
        Page.objects.create(title="Old, but later")

    Page.objects.create(title="Old")
    monkeypatch.setattr(Page, "hold", hold_and_add)
    assert Page.objects.filter(title__startswith="Old").delete() == (1, {"pages.Page": 1})
    assert [page.title for page in Page.objects.all()] == ["Old, but later"]
