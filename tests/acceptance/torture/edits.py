"""One edit each: what it sends, what it changes, and how to see whether it happened.

The edits of one page, and those of one content, come one after the other: `busy` holds the others off. What
is not busy is edited at the same time. An edit that finds nothing to do is None.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from .compositions import Content, Page, Version
from .connection import Connection
from .world import World

PAGES, CONTENTS = "/api/page/content/", "/api/content/"

# Whether the edit happened; None: it cannot be seen now.
Probe = Callable[[Connection], Awaitable[bool | None]]
Change = tuple[Page | Content, str, Any]


@dataclass
class Edit:
    """A request of an editor, and the changes that it makes if it is granted."""

    method: str
    path: str
    data: dict[str, Any] | None
    changes: list[Change]
    # The pages that readers see otherwise after it.
    pages: list[Page]
    probe: Probe
    holds: list[Page | Content] = field(default_factory=list)
    made: Page | Content | None = None
    _before: list[Change] = field(default_factory=list)
    _versions: list[Version] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.data or ''}"

    def hold(self) -> None:
        """Keep others from editing the same."""
        self.holds = list({id(each): each for each in [*self.holds, *self.pages]}.values())
        for each in self.holds:
            each.busy = True

    def begin(self) -> None:
        """It is sent now: from here on readers may see what it makes."""
        now = time.monotonic()
        for owner, name, value in self.changes:
            self._before.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)
        self._versions = [page.history.add(page.shown(), str(self), now) for page in self.pages]

    def finish(self, now: float) -> None:
        """It happened: whoever asks from now on sees it."""
        for version in self._versions:
            version.acknowledged = now
        self._release()

    def take_back(self) -> None:
        """It did not happen."""
        for owner, name, value in reversed(self._before):
            setattr(owner, name, value)
        for page, version in zip(self.pages, self._versions, strict=True):
            page.history.take_back(version)
        self._before, self._versions = [], []
        self._release()

    def _release(self) -> None:
        for each in self.holds:
            each.busy = False


# --- Pages ---------------------------------------------------------------------------------------------


def arrange(world: World, page: Page) -> Edit | None:
    """Add contents, take some away, move them, or all of it at once."""
    chance = world.chance
    kept = [content for content in page.contents if content.busy or chance.random() < 0.85]
    free = [each for each in world.contents if each.there and not each.busy and each not in page.contents]
    room = max(0, 8 - len(kept))
    added = chance.sample(free, min(len(free), room, chance.choice([0, 0, 1, 1, 2])))
    contents = [*kept, *added]
    if chance.random() < 0.7:
        chance.shuffle(contents)
    if contents == page.contents:
        return None
    keys = [content.id for content in contents]
    # Until it is certain that they are gone, nobody may edit those that it takes away.
    removed = [content for content in page.contents if content not in kept]

    async def probe(editor: Connection) -> bool | None:
        answer = await editor.ask("GET", path_of(page))
        return [each["id"] for each in answer.json()["contents"]] == keys if answer.status == 200 else None

    changes: list[Change] = [(page, "contents", contents)]
    return Edit("PATCH", path_of(page), {"contents": keys}, changes, [page], probe, [*added, *removed])


def retitle_page(world: World, page: Page) -> Edit | None:
    """Another title."""
    return _retitle(page, [page])


def switch_page(world: World, page: Page) -> Edit | None:
    """Off, or on again."""
    wanted = not page.is_active

    async def probe(_editor: Connection) -> bool | None:
        # As a reader, but by HEAD, which counts nothing.
        reader = world.connection()
        answer = await reader.ask("HEAD", path_of(page))
        reader.close()
        return {200: wanted, 404: not wanted}.get(answer.status)

    changes: list[Change] = [(page, "is_active", wanted)]
    return Edit("PATCH", path_of(page), {"is_active": wanted}, changes, [page], probe)


def delete_page(world: World, page: Page) -> Edit | None:
    """Gone for good."""
    if any(content.busy for content in page.contents):
        return None
    changes: list[Change] = [(page, "there", False)]
    return Edit("DELETE", path_of(page), None, changes, [page], _is_gone(page), [*page.contents])


def make_page(world: World, page: Page, contents: list[Content]) -> Edit:
    """A new one with some contents."""
    world.pages.append(page)
    world.by_slug[page.slug] = page
    data = {"title": page.title, "slug": page.slug, "contents": [content.id for content in contents]}
    changes: list[Change] = [(page, "there", True), (page, "contents", contents)]
    edit = Edit("POST", PAGES, data, changes, [page], _is_made(PAGES, page), [*contents])
    edit.made = page
    return edit


# --- Contents ------------------------------------------------------------------------------------------


def retitle_content(world: World, content: Content) -> Edit | None:
    """Another title, on all pages that show it."""
    pages = pages_with(world, content)
    return None if pages is None else _retitle(content, pages)


def switch_content(world: World, content: Content) -> Edit | None:
    """Off, or on again, on all pages at once."""
    pages, wanted = pages_with(world, content), not content.is_active
    if pages is None or content.steady:
        return None

    async def probe(editor: Connection) -> bool | None:
        answer = await editor.ask("GET", path_of(content))
        return answer.json()["is_active"] is wanted if answer.status == 200 else None

    changes: list[Change] = [(content, "is_active", wanted)]
    return Edit("PATCH", path_of(content), {"is_active": wanted}, changes, pages, probe, [content])


def delete_content(world: World, content: Content) -> Edit | None:
    """Gone for good, from all pages, and its counter with it."""
    pages = pages_with(world, content)
    if pages is None or content.steady:
        return None
    changes: list[Change] = [(content, "there", False)]
    changes += [(page, "contents", [each for each in page.contents if each is not content]) for page in pages]
    return Edit("DELETE", path_of(content), None, changes, pages, _is_gone(content), [content])


def make_content(world: World, content: Content) -> Edit:
    """A new one, on no page yet."""
    world.contents.append(content)
    data = {"content_type": "text", "title": content.title, "text": "Read me."}
    changes: list[Change] = [(content, "there", True)]
    return Edit("POST", CONTENTS, data, changes, [], _is_made(CONTENTS, content), [content], content)


# --- Both ----------------------------------------------------------------------------------------------


def path_of(owner: Page | Content) -> str:
    """Its address at the API."""
    return f"{PAGES if isinstance(owner, Page) else CONTENTS}{owner.id}/"


def pages_with(world: World, content: Content) -> list[Page] | None:
    """The pages on which it stands, or None when one of them is being edited."""
    pages = [page for page in world.pages if page.there and content in page.contents]
    return None if any(page.busy for page in pages) else pages


def _retitle(owner: Page | Content, pages: list[Page]) -> Edit:
    title = f"{owner.title.rpartition(' ')[0]} {owner.edition + 1}"

    async def probe(editor: Connection) -> bool | None:
        answer = await editor.ask("GET", path_of(owner))
        return answer.json()["title"] == title if answer.status == 200 else None

    changes: list[Change] = [(owner, "edition", owner.edition + 1)]
    return Edit("PATCH", path_of(owner), {"title": title}, changes, pages, probe, [owner])


def _is_gone(owner: Page | Content) -> Probe:
    async def probe(editor: Connection) -> bool | None:
        answer = await editor.ask("GET", path_of(owner))
        return {200: False, 404: True}.get(answer.status)

    return probe


def _is_made(path: str, owner: Page | Content) -> Probe:
    async def probe(editor: Connection) -> bool | None:
        found: list[int] = []
        number, more = 0, True
        while more:
            answer = await editor.ask("GET", f"{path}?page_size=100&page={(number := number + 1)}")
            if answer.status != 200:
                return None
            data = answer.json()
            found += [each["id"] for each in data["results"] if each["title"] == owner.title]
            more = bool(data["next"])
        owner.id = found[0] if found else 0
        return bool(found)

    return probe
