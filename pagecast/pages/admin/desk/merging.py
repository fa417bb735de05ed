"""Two editors of one order: what the second is told, and the order that both are in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merged:
    """The order of one editor with what another one did meanwhile.

    `order` has everything, also what was `removed` meanwhile; that may be put back. `added` came in
    meanwhile. Where both have moved something, `is_disputed`: `order` is that of the one who saves.
    """

    order: list[int]
    added: list[int]
    removed: list[int]
    is_reordered: bool
    is_disputed: bool


def merge(loaded: Sequence[int], theirs: Sequence[int], mine: Sequence[int]) -> Merged:
    """Three ways: what both began with, what is there now, and what is to be saved. Nothing gets lost."""
    began, there = set(loaded), set(theirs)
    added = [each for each in theirs if each not in began]
    removed = [each for each in mine if each in began and each not in there]
    is_reordered = _moved(loaded, theirs)
    is_disputed = is_reordered and _moved(loaded, mine)
    order = list(mine)
    if is_reordered and not is_disputed:
        order = _follow(theirs, order)
    for each in added:
        if each not in order:
            _insert(each, theirs, order)
    return Merged(order, added, removed, is_reordered, is_disputed)


def _moved(before: Sequence[int], after: Sequence[int]) -> bool:
    """Whether what is in both stands in another order."""
    both = set(before) & set(after)
    return _of(before, both) != _of(after, both)


def _of(order: Sequence[int], members: Collection[int]) -> list[int]:
    return [each for each in order if each in members]


def _follow(theirs: Sequence[int], mine: Sequence[int]) -> list[int]:
    """My rows in their order; those that only I have stay where they stand."""
    both = set(theirs) & set(mine)
    ordered = iter(_of(theirs, both))
    return [next(ordered) if each in both else each for each in mine]


def _insert(new: int, theirs: Sequence[int], order: list[int]) -> None:
    """Put it behind what stands before it on their side."""
    before = [each for each in theirs[: theirs.index(new)] if each in order]
    order.insert(order.index(before[-1]) + 1 if before else 0, new)
