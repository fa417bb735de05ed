"""Readers, editors and troubles together, from the first page to the last counter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.acceptance.server import PATIENCE, Server

from .editors import Editor
from .mortal import MortalPostgres
from .readers import Reader
from .troubles import Troubles
from .world import World

READERS, EDITORS = 64, 3
# Tells the story of a world while it is read and edited; when it returns, it is over.
Story = Callable[[World, Troubles], Awaitable[None]]


def play(server: Server, postgres: MortalPostgres | None, story: Story, seed: int) -> World:
    """Let 64 readers and a few editors loose on a server that runs, and tell the story meanwhile."""
    token = server.run("token", "alice").stdout.strip()
    # Its one thread lives as long as what it started has to.
    with ThreadPoolExecutor(1) as hands:
        return asyncio.run(_play(server, postgres, story, World(server.port, token, seed), hands))


async def _play(
    server: Server, postgres: MortalPostgres | None, story: Story, world: World, hands: ThreadPoolExecutor
) -> World:
    troubles = Troubles(world, server, postgres, hands)
    await perform(world, lambda: _tell(story, world, troubles))
    return world


async def perform(world: World, tell: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Furnish the world, let everybody loose while a story is told, and compare all counters at its end.

    The story ends by setting `world.over`.
    """
    try:
        world.gate.open()
        await Editor(world).furnish()
        await _together(world, tell)
        if not world.failures:
            await world.audit()
    finally:
        await world.hang_up()


async def _together(world: World, tell: Callable[[], Coroutine[Any, Any, None]]) -> None:
    people = [Reader(world, number).run() for number in range(READERS)]
    people += [Editor(world).run() for _ in range(EDITORS)]
    tasks = [asyncio.create_task(each) for each in people]
    for task in tasks:
        # Whoever breaks off ends it for all.
        task.add_done_callback(lambda _task: world.over.set())
    telling = asyncio.create_task(tell())
    await world.over.wait()
    # After a failure some may wait at a gate that nobody opens any more.
    _done, waiting = await asyncio.wait(tasks, timeout=0 if world.failures else PATIENCE)
    if waiting and not world.failures:
        world.fail(f"{len(waiting)} readers and editors wait for an answer")
    for task in waiting:
        task.cancel()
    for error in await asyncio.gather(*tasks, telling, return_exceptions=True):
        if isinstance(error, Exception):
            raise error


async def _tell(story: Story, world: World, troubles: Troubles) -> None:
    loop = asyncio.get_running_loop()
    try:
        await loop.run_in_executor(troubles.hands, troubles.begin)
        await story(world, troubles)
        assert troubles.settles(), "settling in the background has broken off by itself"
    except AssertionError as error:
        world.fail(str(error))
    finally:
        world.over.set()
        await loop.run_in_executor(troubles.hands, troubles.end)
