"""What readers get: pages with their contents in order, each with its counter."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pagecast.counting import ledger
from pagecast.counting.batches import batches
from pagecast.counting.recorder import record
from pagecast.media.models import Blob

from .books import visible
from .models import Content, Page, Placement, SubtitleTrack

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ShownContent:
    """A content as it stands on one page."""

    content: Content
    # 1 for the first in the answer, then 2, 3, …
    order: int
    counter: int


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page, and what it shows in its order."""

    page: Page
    contents: list[ShownContent]


def view(pages: Sequence[int], show: Callable[[list[ShownPage]], Answer]) -> Answer:
    """Count one view of each of these pages that readers may see, and let `show` make the answer of them.

    The counters have this view in them. When it returns the views are on disk. `show` runs inside the
    transaction: it must only read.
    """
    return record(pages, lambda tallies: show(read([page for page in pages if page in tallies])))


def view_unseen(page: int) -> bool:
    """Count one view of a page that its reader got elsewhere, from a cache say. False: nobody may see it."""
    return record([page], bool)


def read(pages: Sequence[int], *, everything: bool = False, hidden: bool = False) -> list[ShownPage]:
    """These pages in this order, without counting. What is not active is left out unless `everything`.

    `hidden`: pages that are switched off come too, as readers would see them if they were not.

    The number of queries does not depend on the number of pages and contents, but for thousands of them.
    """
    found = Page.objects.in_bulk(list(pages))
    kept = [found[key] for key in pages if key in found and (everything or hidden or found[key].is_active)]
    placements = Placement.objects.filter(page__in=kept)
    if not everything:
        placements = placements.filter(visible("content__"))
    contents_of: defaultdict[int, list[int]] = defaultdict(list)
    for page, content in placements.order_by("page", "position", "pk").values_list("page", "content"):
        contents_of[page].append(content)
    wanted = sorted({content for contents in contents_of.values() for content in contents})
    contents, counters = load(wanted), ledger.counters(wanted)
    return [
        ShownPage(
            page,
            [
                ShownContent(contents[content], order, counters[content])
                # Without a lock, a content may have gone since its place was read.
                for order, content in enumerate(filter(contents.get, contents_of[page.pk]), start=1)
            ],
        )
        for page in kept
    ]


def counters(page: int, *, everything: bool = False) -> dict[int, int] | None:
    """The counter of each content of the page, in its order; counts nothing. None: no page to see."""
    found = Page.objects.filter(pk=page)
    if not (found if everything else found.filter(is_active=True)).exists():
        return None
    placements = Placement.objects.filter(page=page)
    if not everything:
        placements = placements.filter(visible("content__"))
    return ledger.counters(placements.order_by("position", "pk").values_list("content", flat=True))


def views(page: int) -> int:
    """How often the page was viewed, as far as that is committed; 0 for none."""
    tally = ledger.tallies([page]).get(page)
    return tally.views if tally else 0


def load(keys: Sequence[int]) -> dict[int, Content]:
    """These contents as their own kinds, with their files at hand."""
    contents: dict[int, Content] = {}
    for batch in batches(keys):
        found = Content.objects.filter(pk__in=batch)
        # One that is deleted at this moment may come without its kind.
        contents.update((content.pk, content) for content in found if type(content) is not Content)
    blobs = Blob.objects.in_bulk({content.blob_id for content in contents.values() if content.blob_id})
    tracks = _tracks([key for key, content in contents.items() if content.takes_subtitles])
    for key, content in contents.items():
        content.blob = blobs.get(content.blob_id)
        content.has_subtitles(tracks[key])
    return contents


def _tracks(keys: Sequence[int]) -> defaultdict[int, list[SubtitleTrack]]:
    found: defaultdict[int, list[SubtitleTrack]] = defaultdict(list)
    for batch in batches(keys):
        rows = SubtitleTrack.objects.filter(content__in=batch).select_related("blob", "upload")
        for track in rows.order_by("pk"):
            found[track.content_id].append(track)
    return found
