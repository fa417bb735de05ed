"""The simulation of many nodes: its laws, and that the documentation says what it says."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import simpy

from benchmarks.scaling.costs import Costs, measured
from benchmarks.scaling.counting import Counting
from benchmarks.scaling.database import Database, Steps
from benchmarks.scaling.fleet import Fleet, simulate
from benchmarks.scaling.popularity import HOT, Popularity, Readers
from benchmarks.scaling.tables import SCENES, TABLES, growth

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
COSTS = Costs(
    batch=400e-6,
    row=10e-6,
    sending=150e-6,
    sending_row=2e-6,
    answer=50e-6,
    flush=200e-6,
    network=300e-6,
    log=200,
    body=3000,
    settling=2e-3,
    document=3e-6,
)


@pytest.mark.parametrize("name", ["carried", "contest", "billion"])
def test_the_documentation_has_what_the_simulation_says(name: str) -> None:
    assert_documented(TABLES[name](measured()))


def test_the_documentation_has_the_growth_that_the_simulation_shows() -> None:
    # The others take a minute.
    assert_documented(growth(measured(), SCENES[:2]))


def assert_documented(table: str) -> None:
    """Python's versions round sums in ways of their own, and chance makes more of it."""
    head, *rows = table.splitlines()
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    start = lines.index(head) + 1
    for row, line in zip(rows, lines[start : start + len(rows)], strict=True):
        assert NUMBER.sub("", line) == NUMBER.sub("", row)
        for written, figure in zip(NUMBER.findall(line), NUMBER.findall(row), strict=True):
            near = 0.05 if "." in figure else 1
            assert number(written) == pytest.approx(number(figure), rel=0.1, abs=near)


def number(figure: str) -> float:
    return float(figure.replace(",", ""))


def test_it_says_the_same_each_time() -> None:
    fleet = Fleet(30_000, nodes=3, cores=2)
    assert simulate(fleet, COSTS, 0.3) == simulate(fleet, COSTS, 0.3)


def test_whoever_comes_is_counted_while_there_is_room() -> None:
    course = simulate(Fleet(10_000, nodes=1, cores=1), COSTS)
    assert course.counted == pytest.approx(course.offered, rel=0.05)
    assert course.refused == 0
    assert course.late < 0.02


def test_past_what_a_node_carries_readers_are_turned_away() -> None:
    course = simulate(Fleet(40_000, nodes=1, cores=2), COSTS)
    assert course.counted < 1.1 / COSTS.answer
    assert course.counted + course.refused == pytest.approx(course.offered, rel=0.05)


def test_batches_grow_when_the_database_is_slow() -> None:
    quick, slow = (
        simulate(Fleet(12_000, nodes=1, cores=1), replace(COSTS, flush=flush)) for flush in (0.2e-3, 5e-3)
    )
    assert slow.batch > 3 * quick.batch
    assert slow.counted == pytest.approx(quick.counted, rel=0.05)


def test_the_most_read_page_is_what_many_nodes_wait_for_unless_few_of_them_have_it() -> None:
    everybody = simulate(Fleet(300_000, nodes=25, cores=16), COSTS)
    few = simulate(Fleet(300_000, nodes=25, cores=16, spread=2), COSTS)
    assert everybody.careful > 0
    assert few.careful == 0
    assert few.late < everybody.late
    assert few.counted > everybody.counted


def test_a_row_is_held_by_one_batch_at_a_time() -> None:
    world = simpy.Environment()
    database = Database(world, cores=8)
    spans: list[tuple[float, float]] = []

    def count(number: int) -> Steps:
        held = yield from database.hold([1, 2, 3], patience=60.0)
        start = world.now
        yield world.timeout(0.1 + number / 100)
        spans.append((start, world.now))
        database.let_go(held.values())

    for number in range(5):
        world.process(count(number))
    world.run()
    assert len(spans) == 5
    assert all(start >= end for (_, end), (start, _) in pairwise(spans))


def test_who_waits_too_long_for_a_row_goes_on_without_it() -> None:
    world = simpy.Environment()
    database = Database(world, cores=2)
    blocker = database.hold_free([7])
    counting = Counting(world, database, COSTS, random.Random(1))
    left: list[Counter[int]] = []

    def count() -> Steps:
        left.append((yield from counting.count(Counter({3: 2, 7: 5}), 10.0)))

    world.process(count())
    world.run(until=1.0)
    assert left == [Counter({7: 5})]
    database.let_go(blocker.values())
    assert set(database.hold_free([3, 7])) == {3, 7}


def test_the_second_page_is_read_half_as_often_as_the_first() -> None:
    popularity = Popularity(10_000)
    assert popularity.share(1) == pytest.approx(popularity.share(0) / 2)
    assert popularity.pages(10**9) == pytest.approx(10_000, rel=0.01)
    hot, cold = Readers(popularity, range(HOT), 1, 1).draw(100_000, random.Random(1))
    assert hot[0] == pytest.approx(100_000 * popularity.share(0), rel=0.05)
    assert hot[1] == pytest.approx(hot[0] / 2, rel=0.1)
    assert cold > 5_000
