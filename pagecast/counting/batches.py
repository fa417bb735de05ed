"""Long lists of keys, in pieces that a database takes as parameters of one statement."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

# SQLite takes 32,766 parameters a statement (since 3.32).
SIZE = 10_000

Key = TypeVar("Key")


def batches(keys: Iterable[Key], size: int = SIZE) -> Iterator[list[Key]]:
    """The keys in lists of at most `size`, in their order."""
    rest = iter(keys)
    while batch := list(islice(rest, size)):
        yield batch
