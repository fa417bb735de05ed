"""Folders that are imported: the first imports are killed, the last one may finish."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

from tests.acceptance.server import PATIENCE, Server, kill

from .parcels import Parcel
from .register import Word
from .world import World

# Seconds after which an import is killed: some of them die before they have begun.
LEAST, MOST = 0.8, 3.5


class Import:
    """One folder."""

    def __init__(self, world: World, server: Server, folder: Path, parcels: list[Parcel], kills: int) -> None:
        self._world, self._server, self._folder, self._kills = world, server, folder, kills
        self._chance = random.Random(f"{world.seed} {folder.name}")
        folder.mkdir(parents=True)
        self._deliveries = []
        for parcel in parcels:
            title = f"{folder.name}, file {parcel.number}"
            self._deliveries.append(world.register.begin(parcel, title))
            (folder / f"{title}{Path(parcel.name).suffix}").write_bytes(parcel.data)
        world.count("uploads", len(parcels))

    def run(self) -> None:
        """Import it, be killed, and import it again until one import has come to its end."""
        killed = 0
        while True:
            seconds = self._chance.uniform(LEAST, MOST) if killed < self._kills else 3 * PATIENCE
            with self._server.start("import", str(self._folder), output=subprocess.PIPE) as process:
                try:
                    printed, said = process.communicate(timeout=seconds)
                    break
                except subprocess.TimeoutExpired:
                    kill(process)
                    assert killed < self._kills, f"an import has hung for {seconds:g} s"
                    killed += 1
                    self._world.count("kills of an import")
        refused = [line for line in said.splitlines() if line.startswith("refused: ")]
        wrong = [delivery.title for delivery in self._deliveries if delivery.parcel.refusal]
        assert process.returncode == 1, f"import ended with {process.returncode}: {printed}{said}"
        assert len(refused) == len(wrong), f"import: {printed}{said}"
        assert all(title in line for title, line in zip(wrong, refused, strict=True)), said
        for delivery in self._deliveries:
            delivery.made = Word.GIVEN
