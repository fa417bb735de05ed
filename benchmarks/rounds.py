"""Rounds that go from one target to the next, so that a slow minute of the machine hits all alike."""

from collections.abc import Iterable
from itertools import pairwise

from .checking import Books, check_each, check_for
from .load import Sample, write_paths, wrk
from .machine import postgresql_commit, sqlite_commit
from .results import Results, say
from .stage import Stage
from .stock import Ask, at_random
from .targets import FULL, PLACES, POSTGRESQL

SETTLED = "settling"
LAST_WORDS = 5000
# So often is everything asked for until each of two processes has answered nearly all of it.
REPEATS = 8


def warm_up(stage: Stage, results: Results) -> None:
    """Ask for everything that will be asked for once, and check it."""
    for target in stage.targets:
        say(f"warming up: {target.label}")
        stock = stage.stock(target.place)
        asks = target.asks(stock)
        if not target.is_checked:
            ask_for(stage, target.place, asks, 1, is_refused=target.is_refused)
            continue
        books = Books(stock)
        with stage.load_for(target.place):
            number = len(asks) * (1 if PLACES[target.place].workers == 1 else REPEATS)
            check_each(stage.servers[target.place].port, asks, books, stage.options.connections, number)
        if books.wrong or books.unanswered:
            results.add_books(f"warming up: {target.label}", books, None)
            say(_last_words(stage, target.place))


def ask(stage: Stage, results: Results) -> None:
    """Let wrk ask."""
    for number in range(stage.options.rounds):
        say(f"round {number + 1} of {stage.options.rounds}, wrk")
        note_commits(stage, results)
        for target in stage.targets:
            asks = at_random(target.asks(stage.stock(target.place)), seed=number)
            for seconds in (stage.options.warm_up, stage.options.seconds):
                sample = ask_for(stage, target.place, asks, seconds, is_refused=target.is_refused)
            results.add(target, "wrk", sample)


def ask_for(
    stage: Stage, place: str, asks: Iterable[Ask], seconds: int, *, is_refused: bool = False
) -> Sample:
    """Let wrk ask one place for so many seconds."""
    paths = stage.options.folder / "paths"
    write_paths(asks, paths)
    with stage.load_for(place):
        port, connections = stage.servers[place].port, stage.options.connections
        return wrk(port, paths, seconds, connections, is_refused=is_refused)


def note_commits(stage: Stage, results: Results) -> None:
    """Measure what a commit takes just now, while nothing else is asked."""
    databases = {PLACES[target.place].database for target in stage.targets}
    if "SQLite" in databases:
        results.add_commit("SQLite", sqlite_commit(stage.options.folder))
    if "PostgreSQL" in databases:
        results.add_commit("PostgreSQL", postgresql_commit(stage.postgresql))


def check(stage: Stage, results: Results) -> None:
    """Let readers ask who check every answer, and compare the counters with what they were answered."""
    targets = [target for target in stage.targets if target.is_checked]
    places = dict.fromkeys(target.place for target in targets)
    books = {place: Books(stage.stock(place)) for place in places}
    before = {place: _quiet_counters(stage, place) for place in places}
    for number in range(stage.options.rounds):
        say(f"round {number + 1} of {stage.options.rounds}, readers who check")
        for target in targets:
            asks = at_random(target.asks(stage.stock(target.place)), seed=-1 - number)
            port = stage.servers[target.place].port
            with stage.load_for(target.place):
                sample = check_for(
                    stage.options.seconds, port, asks, books[target.place], stage.options.connections
                )
            results.add(target, "checked", sample)
    for place in places:
        after = stage.installations[place].counters()
        results.add_books(place, books[place], books[place].difference(before[place], after["counters"]))
        if books[place].wrong or books[place].unanswered:
            say(_last_words(stage, place))


def settle(stage: Stage, results: Results) -> None:
    """Settle what was counted, and see that no counter changes by it."""
    for place, installation in stage.installations.items():
        if place not in {FULL, POSTGRESQL}:
            continue
        before = installation.counters()["counters"]
        found = installation.counters(settle=True)
        found["difference"] = sum(abs(found["counters"][key] - value) for key, value in before.items())
        del found["counters"]
        results.data.setdefault(SETTLED, {})[PLACES[place].database] = found
        say(f"  settling {found['settled']} pages took {found['seconds']:.2f} s ({place})")


def _last_words(stage: Stage, place: str) -> str:
    """What a server said last, for whoever has to find out why it answered wrongly."""
    return stage.servers[place].log.read_text(errors="replace")[-LAST_WORDS:]


def _quiet_counters(stage: Stage, place: str) -> dict[int, int]:
    """The counters, once the last of what wrk has asked and not waited for is counted."""
    looks = (stage.installations[place].counters()["counters"] for _ in range(20))
    for earlier, later in pairwise(looks):
        if earlier == later:
            counters: dict[int, int] = later
            return counters
    raise RuntimeError(f"somebody else reads {place}")  # noqa: EM102
