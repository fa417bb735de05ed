"""What a list says of pages, without reading their contents: how many of each kind, how long they play."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.db.models.functions import Substr

from pagecast.media.models import Blob

from .books import visible
from .kinds import kinds, type_of
from .models import Content, Page, Placement

#: How much of the text of a page there is in its summary, in characters.
BEGINNING = 1_000


@dataclass(slots=True)
class Summary:
    """A page as a list has it. All of it changes with the edition of the page, and never without."""

    #: Its text is the beginning of it, and not to be saved.
    page: Page
    #: How many contents of each kind readers see, those of Pagecast first; without kinds that it lacks.
    kinds: dict[type[Content], int] = field(default_factory=dict)
    #: How long its contents play, together; None where that is not known of any.
    seconds: float | None = None
    #: The address of a still picture of its first content that has one.
    picture: str | None = None


def summarize(pages: Sequence[int]) -> list[Summary]:
    """Those of these pages that readers may see, in this order.

    The number of queries depends neither on the number of pages nor on that of their contents.
    """
    rows = Page.objects.filter(pk__in=pages, is_active=True).defer("text")
    found: dict[int, Summary] = {}
    for page in rows.annotate(beginning=Substr("text", 1, BEGINNING)):
        page.text = page.beginning
        found[page.pk] = Summary(page)
    _add_pictures(found, _add_contents(found))
    return [found[page] for page in pages if page in found]


def _add_contents(found: Mapping[int, Summary]) -> dict[int, int]:
    """Add up the contents of each page; answers with the position of the first that has a picture."""
    # Seen from the pages: whoever looks for pictures first looks at all files that there are.
    has_picture = Q(content__blob__poster_path__gt="")
    numbers: defaultdict[int, dict[int, int]] = defaultdict(dict)
    first: dict[int, int] = {}
    groups = _shown(found).order_by().values_list("page", "content__polymorphic_ctype")
    for page, kind, number, seconds, position in groups.annotate(
        number=Count("pk"),
        seconds=Sum("content__blob__duration"),
        pictured=Min("position", filter=has_picture),
    ):
        numbers[page][kind] = number
        if seconds is not None:
            found[page].seconds = (found[page].seconds or 0) + seconds
        if position is not None:
            first[page] = min(position, first.get(page, position))
    for page, of_page in numbers.items():
        found[page].kinds = {kind: of_page[key] for key, kind in _kinds_by_type().items() if key in of_page}
    return first


def _add_pictures(found: Mapping[int, Summary], positions: Mapping[int, int]) -> None:
    there = Q(*[Q(page=page, position=position) for page, position in positions.items()], _connector=Q.OR)
    rows = _shown(positions).filter(there)
    # Of several at one position the oldest is the first, and so the last word here.
    for page, path in rows.order_by("-pk").values_list("page", "content__blob__poster_path"):
        if path:
            found[page].picture = Blob(poster_path=path).poster_url


def _kinds_by_type() -> dict[int, type[Content]]:
    ours_first = sorted(kinds().values(), key=lambda kind: kind._meta.app_label != Content._meta.app_label)
    return {type_of(kind.kind()).pk: kind for kind in ours_first}


def _shown(pages: Mapping[int, object]) -> QuerySet[Placement]:
    return Placement.objects.filter(visible("content__"), page__in=list(pages))
