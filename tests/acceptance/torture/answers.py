"""What an answer shows, and whether it may show that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .compositions import Page, names
from .connection import Answer
from .world import World

_TITLE = re.compile(r"<h1>(.*?)</h1>")
# A content's title, and the number of its views.
_CONTENT = re.compile(r'<h2>(content .*?)</h2>.*?<span data-content="\d+">([\d,]+) views?</span>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Sight:
    """One page as an answer shows it."""

    slug: str
    shown: tuple[str, ...]
    counters: list[int]


def of_json(data: Any) -> Sight:
    """A page of the API."""
    contents = data["contents"]
    orders = [content["order"] for content in contents]
    assert orders == list(range(1, len(contents) + 1)), f"orders {orders} on {data['slug']}"
    shown = (data["title"], *(content["title"] for content in contents))
    return Sight(data["slug"], shown, [content["counter"] for content in contents])


def of_site(slug: str, text: str) -> Sight:
    """A page of the web site."""
    title, contents = _TITLE.findall(text), _CONTENT.findall(text)
    return Sight(
        slug,
        (*title, *(each for each, _ in contents)),
        [int(counter.replace(",", "")) for _, counter in contents],
    )


def stale(world: World, sight: Sight, answer: Answer) -> str:
    """What is wrong with the composition: nobody may see one that was replaced before he asked."""
    page = world.by_slug.get(sight.slug)
    if page is None:
        return f"{sight.slug} is shown, and nobody has made it: {answer}"
    versions = page.history.within(answer.begun, answer.ended)
    if any(version.shown == sight.shown for version in versions):
        return ""
    return (
        f"{sight.slug} was shown as {sight.shown}. That was never right between the request and its end. "
        f"These were: {'; '.join(map(str, versions))}. "
        f"Edits that did not happen: {'; '.join(map(str, page.history.taken_back))}. The answer: {answer}"
    )


def missed(world: World, sights: Sequence[Sight], last: dict[str, int], answer: Answer) -> Iterable[str]:
    """Counters that lack a view: one that was answered before, or one of this very answer."""
    own = Counter(name for sight in sights for name in names(sight.shown))
    for sight in sights:
        for name, counter in zip(names(sight.shown), sight.counters, strict=True):
            before, certain = last.get(name, 0), world.accounts.of(name).before(answer.begun)
            if counter < before + own[name]:
                yield (
                    f"{name}: its counter is {counter} for a reader who saw {before} before; "
                    f"this one shows it {own[name]} times: {answer}"
                )
            elif counter < certain + own[name]:
                yield (
                    f"{name}: its counter is {counter}, but {certain} views were answered before it "
                    f"was asked, and it shows it {own[name]} times: {answer}"
                )


@dataclass(frozen=True, slots=True)
class Place:
    """A page that may be in the list of all pages, and how many may stand before it."""

    page: Page
    is_sure: bool
    least: int
    most: int


def places(world: World, answer: Answer, *, newest_first: bool) -> list[Place]:
    """The pages that may have been in the list of all pages while the request lasted."""
    begun, ended = answer.begun, answer.ended
    there = [page for page in world.pages if page.history.may_be_there(begun, ended)]
    sure = {page.slug for page in there if page.history.is_there(begun, ended)}
    found = []
    for page in there:
        least = most = 0
        for other in there:
            # One that is just being made has no id that we know: it may stand anywhere.
            known = bool(page.id and other.id)
            if other is not page and (not known or (other.id > page.id) is newest_first):
                most += 1
                least += known and other.slug in sure
        found.append(Place(page, page.slug in sure, least, most))
    return found


def wrong_list(found: Sequence[Place], data: Any, start: int, size: int) -> str:
    """What is wrong with this slice: who is missing, who should not be there, how many there are."""
    slugs = [each["slug"] for each in data["results"]]
    must = {place.page.slug for place in found if start <= place.least and place.most < start + size}
    if missing := {place.page.slug for place in found if place.is_sure} & must - set(slugs):
        return f"{sorted(missing)} must be in this list"
    may = {place.page.slug for place in found if place.least < start + size and place.most >= start}
    if strange := set(slugs) - may:
        return f"{sorted(strange)} can not be in this list"
    if len(set(slugs)) < len(slugs):
        return "a page is twice in this list"
    if not sum(place.is_sure for place in found) <= data["count"] <= len(found):
        return f"there are {sum(place.is_sure for place in found)} to {len(found)} pages"
    return ""
