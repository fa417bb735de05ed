"""The list of pages: which stand on a part of it, and what it says of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pagecast.pages.models import Audio, Content, Page, Text, Video
from pagecast.pages.summaries import Summary, summarize

from .drawing import Drawn
from .frame import canonical, frame
from .marks import Cut, Mark, cut, grouped
from .parts import Wish, leaf, matching

# Where the entries go, in what is drawn around them.
ENTRIES = "<!--entries-->"
# An entry is drawn for any place. In the first one its picture is seen at once.
_LATER, _AT_ONCE = b' loading="lazy"', b' fetchpriority="high"'


@dataclass(frozen=True, slots=True)
class OfAKind:
    """The contents of one kind on a page."""

    #: As the API calls it: video.
    kind: str
    number: int
    #: 2 films
    words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as the list has it."""

    #: Its text is only the beginning of it.
    page: Page
    #: The address of a still picture of its first content that has one.
    picture: str | None
    #: The contents that it shows, kind by kind: films, sounds and texts first.
    kinds: list[OfAKind]
    #: How long its films and sounds play, together; None where that is not known of any.
    seconds: float | None
    views: Mark


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the list: its pages, and what stands around their entries."""

    pages: tuple[int, ...]
    before: Cut
    after: Cut

    def fill(self, origin: bytes, entries: Iterable[bytes]) -> bytes:
        """The part for readers of the server at this address, with these entries in it."""
        listed = b"".join(entries).replace(_LATER, _AT_ONCE, 1)
        return b"".join((self.before.fill(origin, ()), listed, self.after.fill(origin, ())))


def draw_part(wish: Wish, language: str) -> Part:
    """The part of the list that is asked for, without its entries; past the last one, the last one.

    It depends on the titles of the pages and on which there are, and on nothing else.
    """
    with translation.override(language):
        here = leaf(matching(wish), wish)
        address = here.wish.address()
        context = frame(address) | {
            "wish": here.wish,
            "count": here.count,
            "last": here.last,
            "entries": mark_safe(ENTRIES),  # noqa: S308 - ours
            "canonical": canonical(address),
            "first": here.address(1) if here.wish.number > 1 else None,
            "previous": here.address(here.wish.number - 1),
            "next": here.address(here.wish.number + 1),
            "numbers": here.numbers(),
            "newest": Wish().address(),
            "by_title": Wish(order="title").address(),
        }
        before, found, after = render_to_string("site/home.html", context).partition(ENTRIES)
        return Part(here.pages if found else (), cut(before, language), cut(after, language))


def draw_entries(pages: Sequence[int], language: str) -> dict[int, Drawn]:
    """What the list says of these pages, by their ids. The one counter of each is the views of the page.

    Reads no content, however many there are. Pages that readers may not see are left out.
    """
    with translation.override(language):
        return {summary.page.pk: _draw(summary, language) for summary in summarize(pages)}


def _draw(summary: Summary, language: str) -> Drawn:
    page = summary.page
    entry = Entry(
        page=page,
        picture=summary.picture,
        kinds=[OfAKind(kind.kind(), number, say(kind, number)) for kind, number in summary.kinds.items()],
        seconds=summary.seconds,
        views=Mark(0),
    )
    html = render_to_string("site/entry.html", {"entry": entry})
    return Drawn(page.slug, (), cut(html, language))


def say(kind: type[Content], number: int) -> str:
    """How many contents of a kind there are, in the language of the moment: 2 films."""
    shown = {"number": grouped(number)}
    if kind is Video:
        return ngettext("%(number)s film", "%(number)s films", number) % shown
    if kind is Audio:
        return ngettext("%(number)s sound", "%(number)s sounds", number) % shown
    if kind is Text:
        return ngettext("%(number)s text", "%(number)s texts", number) % shown
    name = kind._meta.verbose_name if number == 1 else kind._meta.verbose_name_plural
    # The name is one that somebody else chose: languages with more than one plural put it in front.
    return _("%(number)s %(name)s") % {**shown, "name": name}
