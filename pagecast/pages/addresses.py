"""Addresses of pages, for whoever asks for one under which readers see no page."""

from dataclasses import dataclass
from itertools import takewhile

from pagecast.media.keys import key_of

from .models import FormerAddress, Page

# As many titles are looked at, on either side of where the wanted one would stand.
_LOOKED_AT = 20
# A beginning that says something: as many letters as the first word has, but at least so many.
_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Former:
    """What has become of a page that readers saw under another address."""

    #: Its address now; None if it was taken away.
    slug: str | None


def find(slug: str) -> Former | None:
    """The page that readers saw last under this address, where they see none now.

    None if there never was one, and also if there is one that is switched off.
    """
    page = FormerAddress.objects.filter(slug=slug).values_list("page_id", flat=True).first()
    if page is None:
        return None
    now = Page.objects.filter(pk=page).values_list("slug", "is_active").first()
    if now is None:
        return Former(None)
    # It may have come back to this very address a moment ago: no reader is sent in a circle.
    return Former(now[0]) if now[1] and now[0] != slug else None


def words_of(slug: str) -> str:
    """The words that an address is made of."""
    return " ".join(slug.replace("_", "-").replace("-", " ").split())


def like(slug: str, number: int = 5) -> list[Page]:
    """A few pages whose titles begin like this address, the nearest first.

    Looks at the neighbours of the title in the index and no further, however many pages there are.
    """
    words = words_of(slug)
    key, begins = key_of(words), key_of(words.partition(" ")[0])
    enough = min(len(key), max(len(begins), _LETTERS))
    titles = Page.objects.only("title", "title_key", "slug", "is_active")
    after = titles.filter(title_key__gte=key).order_by("title_key", "pk")[:_LOOKED_AT]
    before = titles.filter(title_key__lt=key).order_by("-title_key", "-pk")[:_LOOKED_AT]
    found = [(_shared(page.title_key, key), page) for page in [*after, *before] if page.is_active]
    near = sorted((pair for pair in found if pair[0] >= enough), key=lambda pair: -pair[0])
    return [page for _letters, page in near[:number]] if key else []


def _shared(one: str, other: str) -> int:
    """How many letters two texts have in common at their beginnings."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
