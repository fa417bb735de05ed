"""Memory for what is ready, bounded by bytes: what was wanted longest ago goes first."""

import threading
from collections import OrderedDict
from typing import Generic, Protocol, TypeVar


class Sized(Protocol):
    """Something that knows the memory it takes."""

    @property
    def size(self) -> int:
        """In bytes."""


Key = TypeVar("Key")
Thing = TypeVar("Thing", bound=Sized)


class Shelf(Generic[Key, Thing]):
    """Things by their keys, together never more than `room` bytes. For any number of threads."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken = 0
        self._things: OrderedDict[Key, Thing] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """The bytes that its things take."""
        return self._taken

    def get(self, key: Key) -> Thing | None:
        """What was put under this key, if it is still there."""
        with self._lock:
            thing = self._things.get(key)
            if thing is not None:
                self._things.move_to_end(key)
            return thing

    def put(self, key: Key, thing: Thing) -> None:
        """Keep it, in place of what was there. What is larger than the shelf is not kept."""
        with self._lock:
            old = self._things.pop(key, None)
            self._taken -= old.size if old else 0
            if thing.size > self._room:
                return
            self._taken += thing.size
            self._things[key] = thing
            while self._taken > self._room:
                _key, gone = self._things.popitem(last=False)
                self._taken -= gone.size
