"""One stage: servers that are up at the same time, each with a database that was filled for it."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Self
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from .installation import Installation, Server, bare, pagecast
from .machine import cores, pinned
from .options import Options
from .results import say
from .stock import Stock
from .targets import PLACES, Place, Target

# As PostgreSQL comes, where the server of the tests is faster than is honest.
HONEST = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "autovacuum": "on",
    "io_method": "worker",
}


class Stage:
    """Starts what the targets need, and ends all of it.

    Servers are pinned to the first core and the load to the last; where a place says so, neither is.
    """

    def __init__(self, targets: Iterable[Target], options: Options, postgresql: str) -> None:
        self.targets, self.options, self.postgresql = list(targets), options, postgresql
        self.servers: dict[str, Server] = {}
        self.installations: dict[str, Installation] = {}
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        try:
            for name in dict.fromkeys(target.place for target in self.targets):
                self._start(PLACES[name])
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._exit.close()

    def load_for(self, place: str) -> AbstractContextManager[None]:
        """Put this process where the load for the place belongs."""
        return pinned({cores()[-1]}) if PLACES[place].is_pinned else nullcontext()

    def stock(self, place: str) -> Stock:
        """What the place holds."""
        return Stock(self.options.large) if PLACES[place].is_large else Stock()

    def _start(self, place: Place) -> None:
        on = {cores()[0]} if place.is_pinned else set(cores())
        if not place.database:
            self.servers[place.name] = self._exit.enter_context(bare(self.options.folder, on))
            return
        say(f"filling: {place.name}, {self.stock(place.name).pages:,} pages")
        installation = self._installation(place)
        installation.fill()
        self.installations[place.name] = installation
        self.servers[place.name] = self._exit.enter_context(pagecast(installation, on, place.workers))

    def _installation(self, place: Place) -> Installation:
        data = self.options.folder / place.name.replace(" ", "-")
        data.mkdir()
        url = new_database(self.postgresql, place.name) if place.database == "PostgreSQL" else ""
        return Installation(data, self.stock(place.name), place.settings, url)


def new_database(server: str, name: str) -> str:
    """Make an empty database on the PostgreSQL with this address, and answer with its own."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name.replace(" ", "_"))))
    return urlsplit(server)._replace(path=f"/{name.replace(' ', '_')}").geturl()
