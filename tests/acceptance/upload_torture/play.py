"""Senders, imports and troubles together, from the first byte to the last file."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tests.acceptance.server import PATIENCE, Server

from .imports import Import
from .inspection import Inspection
from .senders import Sender
from .slow_disk import SlowDisk
from .small_disk import SmallDisk
from .troubles import Troubles
from .world import World

SENDERS = 5
# Files in a folder that is imported, and how often its import is killed.
FILES, KILLS = 5, 2
# Seconds a round for which workers still die at some step, while they file what has gathered.
UNDER_FIRE = 12.0
# Rounds for every folder that is imported.
ROUNDS_FOR_FOLDER = 2


def play(
    server: Server,
    slow: SlowDisk,
    folder: Path,
    *,
    seed: int,
    rounds: int,
    uploads: int,
    disks: Sequence[SmallDisk] = (),
) -> World:
    """Let the senders loose on a server that runs, trouble them, and look at what came of it."""
    world = World(server.url, server.run("token", "alice").stdout.strip(), seed)
    began = time.monotonic()
    troubles = Troubles(world, server, slow, disks)
    try:
        for number in range(SENDERS):
            world.begin(Sender(world, number).run)
        _trouble(world, server, troubles, folder, rounds, uploads, imports=not disks)
        world.end(2 * PATIENCE)
        inspection = Inspection(world, server)
        troubles.let_work(inspection.is_decided, UNDER_FIRE * rounds)
        troubles.end()
        if not world.failures:
            inspection.wait(troubles.last_kill)
            inspection.inspect()
    except (AssertionError, TimeoutError) as error:
        world.fail(repr(error))
    finally:
        for disk in disks:
            disk.free()
        world.figures["seconds"] = round(time.monotonic() - began)
    return world


def _trouble(
    world: World,
    server: Server,
    troubles: Troubles,
    folder: Path,
    rounds: int,
    uploads: int,
    *,
    imports: bool,
) -> None:
    story = troubles.rounds(rounds)
    for number, trouble in enumerate(story):
        if world.failures:
            return
        parcels = list(world.parcels.some(round(uploads / len(story))))
        world.release(parcels)
        if imports and number % (ROUNDS_FOR_FOLDER * len(story) // rounds) == 0:
            twin = next((each for each in parcels if not each.refusal), None)
            if twin is not None:
                files = world.parcels.folder(FILES, twin)
                world.begin(Import(world, server, folder / f"Folder {number}", files, KILLS).run)
        # Some of them are in hand by then.
        world.pause(0.1, 0.7)
        troubles.mend()
        trouble()
