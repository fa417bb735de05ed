"""One line at once, one a minute after that, whatever strangers do."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pagecast.conf import summaries
from pagecast.conf.summaries import DIFFERENT, LENGTH, Summaries
from tests.acceptance.server import ROOT, wait_for

FOREVER = 3600.0
CURE = "Nothing is wrong here."


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Any:
    """The lines so far, as they are before they are rendered."""

    def look() -> list[dict[str, Any]]:
        lines: list[Any] = [record.msg for record in caplog.records if record.name == summaries.__name__]
        return lines

    return look


def note(told_by: Summaries, *paths: str) -> None:
    for path in paths:
        told_by.note("unknown_path", CURE, {"path": path})


def test_the_first_is_logged_at_once_and_the_rest_in_one_line(told: Any) -> None:
    gathering = Summaries(FOREVER)
    note(gathering, "/.env")
    assert [(line["path"], line["cure"]) for line in told()] == [("/.env", CURE)]
    note(gathering, "/a", "/b", "/b", "/c", "/b")
    assert len(told()) == 1
    gathering.flush()
    (_, line) = told()
    assert (line["event"], line["level"], line["cure"]) == ("unknown_path", "warning", CURE)
    assert (line["times"], line["path"], line["path_times"], line["path_different"]) == (5, "/b", 3, 3)


def test_each_event_has_lines_of_its_own(told: Any) -> None:
    gathering = Summaries(FOREVER)
    note(gathering, "/a", "/b")
    gathering.note("unknown_host", CURE, {"host": "a.example"})
    gathering.flush()
    assert [line["event"] for line in told()] == ["unknown_path", "unknown_host", "unknown_path"]


def test_the_summary_comes_by_itself_when_the_flood_is_over_and_then_there_is_silence(told: Any) -> None:
    gathering = Summaries(0.2)
    note(gathering, *("/a" for _ in range(50)))
    wait_for("the summary", lambda: len(told()) == 2)
    assert told()[1]["times"] == 49
    # What comes after a quiet while is a first one again.
    wait_for("the end of the event", lambda: not gathering._gathered)
    note(gathering, "/later")
    assert [line.get("path") for line in told()[2:]] == ["/later"]


def test_a_flood_without_an_end_has_one_line_in_a_period(told: Any) -> None:
    gathering, started = Summaries(0.3), time.monotonic()
    while time.monotonic() - started < 1.5:
        note(gathering, "/a")
    passed = time.monotonic() - started
    assert 2 <= len(told()) <= 1 + passed / 0.3 + 1
    # Its timer says nothing in the next test.
    gathering.flush()


def test_the_line_comes_also_where_no_thread_can_be_had(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("threading.Thread.start", refuse)
    gathering = Summaries(0.01)
    note(gathering, "/a")

    def another_line() -> bool:
        note(gathering, "/b")
        return len(told()) > 1

    wait_for("another line", another_line)
    assert told()[1]["path"] == "/b"


def test_no_line_can_be_forged(told: Any) -> None:
    gathering = Summaries(FOREVER)
    evil = "/\r\n2026-01-01 [error] forged\x1b[2J\x9b\u2028\u202e\0" + "x" * 10_000
    note(gathering, evil, evil)
    gathering.flush()
    for line in told():
        assert line["path"].isprintable()
        assert line["path"].startswith(r"/\r\n2026-01-01 [error] forged\x1b[2J\x9b\u2028\u202e\x00xxx")
        assert len(line["path"]) < LENGTH + 50


def test_a_line_to_paste_is_whole(told: Any) -> None:
    gathering = Summaries(FOREVER)
    line = "PAGECAST_ORIGIN=" + ",".join(f"https://pages-{number}.example.org" for number in range(20))
    for _ in range(2):
        gathering.note("unknown_host", CURE, {"host": "x" * 1000, "setting": line})
    gathering.flush()
    assert [(each["setting"], len(each["host"])) for each in told()] == [(line, LENGTH)] * 2


def test_letters_of_any_alphabet_stay_as_they_are(told: Any) -> None:
    note(Summaries(FOREVER), "/страница/é")
    assert told()[0]["path"] == "/страница/é"


def test_memory_is_bounded_whatever_is_sent(told: Any) -> None:
    gathering = Summaries(FOREVER)
    note(gathering, *("/often" for _ in range(10)))
    note(gathering, *(f"/{number}" + "x" * 1000 for number in range(5 * DIFFERENT)))
    (kept,) = gathering._gathered.values()
    assert len(kept.fields["path"]) == DIFFERENT
    assert max(map(len, kept.fields["path"])) == LENGTH
    gathering.flush()
    line = told()[-1]
    assert (line["times"], line["path"], line["path_times"]) == (9 + 5 * DIFFERENT, "/often", 9)
    assert line["path_different"] == f"{DIFFERENT} or more"


def test_none_is_lost_between_threads(told: Any) -> None:
    gathering = Summaries(0.02)
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda number: note(gathering, f"/{number % 7}"), range(5000)))
    gathering.flush()
    assert sum(line.get("times", 1) for line in told()) == 5000


def test_the_end_of_the_process_is_not_waited_for_and_the_last_line_is_there() -> None:
    program = (
        "from pagecast.conf.summaries import note\nfor _ in range(3): note('odd', 'No cure.', path='/a')"
    )
    command = [sys.executable, "-c", program]
    ended = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=True, timeout=30)
    first, last = (ended.stdout + ended.stderr).splitlines()
    assert "odd" in first
    assert "times=2" in last
