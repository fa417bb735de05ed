"""What a visit of the doctor was asked for."""

from __future__ import annotations

from dataclasses import dataclass

from .asking import Site


@dataclass
class Visit:
    """Where to look from outside, if anywhere, and how long to wait for one answer, in seconds."""

    url: str = ""
    timeout: float = 10.0
    # Where the databases of the installation listen, should they be open to the world.
    database_port: int = 5432
    redis_port: int = 6379

    def __post_init__(self) -> None:
        self.site = Site(self.url or "http://localhost", self.timeout)
