"""Two editors of one order, and what becomes of the work of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagecast.pages.admin.desk.merging import merge

orders = st.lists(st.integers(1, 9), unique=True, max_size=9)


@pytest.mark.parametrize(
    ("loaded", "theirs", "mine", "order"),
    [
        ([1, 2, 3], [1, 2, 3, 4], [3, 2, 1], [3, 4, 2, 1]),
        ([1, 2, 3], [4, 1, 2, 3], [1, 2], [4, 1, 2]),
        ([1, 2, 3], [1, 2, 4, 3], [1, 2, 3, 5], [1, 2, 4, 3, 5]),
        ([1, 2, 3], [3, 2, 1], [1, 2, 3, 4], [3, 2, 1, 4]),
        ([1, 2, 3], [3, 2, 1], [1, 3], [3, 1]),
        ([1, 2, 3], [3, 2, 1], [2, 1, 3], [2, 1, 3]),
        ([1, 2, 3], [1, 3], [3, 2, 1], [3, 2, 1]),
        ([1, 2, 3], [], [1, 2, 3], [1, 2, 3]),
        ([], [1, 2], [3], [1, 2, 3]),
        ([], [1, 2], [2, 3], [1, 2, 3]),
    ],
)
def test_both_are_in_the_order(
    loaded: list[int], theirs: list[int], mine: list[int], order: list[int]
) -> None:
    assert merge(loaded, theirs, mine).order == order


def test_what_came_in_and_what_went_is_told() -> None:
    merged = merge([1, 2, 3], [4, 1, 3], [3, 2, 1])
    assert (merged.added, merged.removed, merged.is_reordered) == ([4], [2], False)


def test_two_who_move_are_told_of_each_other() -> None:
    assert merge([1, 2, 3], [3, 2, 1], [2, 1, 3]).is_disputed
    assert not merge([1, 2, 3], [3, 2, 1], [1, 2, 3]).is_disputed
    assert not merge([1, 2, 3], [1, 2, 3, 4], [2, 1, 3]).is_disputed


@given(orders, orders, orders)
def test_nothing_of_either_is_lost_or_doubled(loaded: list[int], theirs: list[int], mine: list[int]) -> None:
    merged = merge(loaded, theirs, mine)
    assert len(set(merged.order)) == len(merged.order)
    assert set(mine) <= set(merged.order)
    assert set(theirs) - set(loaded) <= set(merged.order)
    # What I took off stays off, and what they took off is told.
    assert set(merged.order) <= set(mine) | (set(theirs) - set(loaded))
    assert set(merged.removed) == set(mine) & set(loaded) - set(theirs)


@given(orders, orders)
def test_who_has_changed_nothing_gets_the_order_of_the_other(loaded: list[int], theirs: list[int]) -> None:
    merged = merge(loaded, theirs, loaded)
    assert [each for each in merged.order if each not in merged.removed] == theirs
