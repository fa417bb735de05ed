"""Editors: they change what readers look at, one edit after the other."""

from __future__ import annotations

from .compositions import Content, Page
from .connection import CUT, NOT_SENT, Answer
from .edits import (
    Edit,
    arrange,
    delete_content,
    delete_page,
    make_content,
    make_page,
    retitle_content,
    retitle_page,
    switch_content,
    switch_page,
)
from .world import World

# How many of each there are, more or less; of the contents some are never switched off.
PAGES, CONTENTS, STEADY_PAGES, STEADY_CONTENTS = 12, 24, 2, 8
GRANTED = {"POST": 201, "PATCH": 200, "DELETE": 204}
ON_PAGES = [(arrange, 60), (retitle_page, 5), (switch_page, 16), (delete_page, 4)]
ON_CONTENTS = [(switch_content, 15), (retitle_content, 6), (delete_content, 3)]


class Editor:
    """One of them, with a connection of their own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._connection = world.connection(editor=True)

    async def furnish(self) -> None:
        """The first contents and pages; nobody reads yet."""
        world = self._world
        for number in range(CONTENTS):
            await self.carry_out(make_content(world, Content(number, steady=number < STEADY_CONTENTS)))
        for number in range(PAGES):
            # The hot ones are the first ones.
            steady = number >= PAGES - STEADY_PAGES
            several = world.contents[:STEADY_CONTENTS] if steady else world.contents
            await self.carry_out(make_page(world, Page(number, steady), world.chance.sample(several, 5)))

    async def run(self) -> None:
        """Edit until it is over."""
        world = self._world
        while await world.pause(world.chance.choice([0.001, 0.01, 0.1])):
            if edit := self.choose():
                await self.carry_out(edit)

    def choose(self) -> Edit | None:
        """The next edit, of something that nobody else is editing."""
        world, chance = self._world, self._world.chance
        if len([each for each in world.contents if each.there]) < CONTENTS and chance.random() < 0.3:
            return make_content(world, Content(next(world.numbers)))
        free = [each for each in world.contents if each.there and not each.busy]
        if len([page for page in world.pages if page.there]) < PAGES and chance.random() < 0.3:
            page = Page(next(world.numbers))
            return make_page(world, page, chance.sample(free, min(len(free), 4)))
        pages = [page for page in world.pages if page.there and not page.busy and not page.steady]
        on_page = dict(ON_PAGES)
        on_content = dict(ON_CONTENTS)
        if chance.random() < 0.75 and pages:
            # The first ones are the hot ones, for editors as for readers.
            page = pages[int(len(pages) * chance.random() ** 2)]
            if not page.is_active and chance.random() < 0.5:
                return switch_page(world, page)
            return chance.choices(list(on_page), list(on_page.values()))[0](world, page)
        if not free:
            return None
        content = chance.choice(free)
        return chance.choices(list(on_content), list(on_content.values()))[0](world, content)

    async def carry_out(self, edit: Edit) -> None:
        """Send it, and find out what became of it."""
        world = self._world
        edit.hold()
        async with world.gate:
            edit.begin()
            answer = await self._connection.ask(edit.method, edit.path, edit.data)
        if answer.status == GRANTED[edit.method]:
            if edit.made is not None:
                edit.made.id = answer.json()["id"]
            edit.finish(answer.ended)
            world.figures["edits"] += 1
        elif answer.status == NOT_SENT:
            edit.take_back()
        elif answer.status == CUT or world.excuse(answer):
            await self._find_out(edit, answer)
        else:
            world.fail(f"{edit} was refused: {answer}")

    async def _find_out(self, edit: Edit, answer: Answer) -> None:
        """Nobody said whether it happened: look, before anyone edits the same again."""
        world, happened = self._world, None
        world.figures["edits without an answer"] += 1
        while happened is None and not world.failures:
            await world.linger()
            async with world.gate:
                happened = await edit.probe(self._connection)
        if happened and not world.is_open(answer):
            world.fail(f"{edit} happened, although: {answer}")
        if happened:
            world.figures[f"edits that happened behind {answer.status or 'no answer'}"] += 1
            edit.finish(world.now())
        else:
            edit.take_back()
