"""Runs checks one after the other: none of them hangs, and one that breaks does not stop the others."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from .check import Check, Finding, Outcome, failed, skipped
from .visit import Visit

# A check asks several times, at most so often as long as one answer may take.
_ANSWERS = 6
HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Result:
    """A check, and what it found."""

    check: Check
    finding: Finding


def run(
    checks: Iterable[Check],
    visit: Visit,
    secrets: Collection[str] = (),
    release: Callable[[], None] = lambda: None,
) -> Iterator[Result]:
    """What each check finds, in the order of the checks. No finding has any of these secrets in it.

    Each runs in a thread of its own; `release` is called at its end, there.
    """
    down: set[str] = set()
    for each in checks:
        if missing := [name for name in each.needs if name in down]:
            finding = skipped(f"There is nothing to look at while `{missing[0]}` fails.")
        else:
            finding = _within(each, visit, visit.timeout * _ANSWERS, release)
        if missing or finding.outcome == Outcome.FAILED:
            down.add(each.name)
        yield Result(each, _hide(finding, secrets))


def exit_code(results: Iterable[Result], *, strict: bool) -> int:
    """The code of the first check that failed, 0 if none did; `strict` takes a warning for a failure."""
    bad = {Outcome.FAILED, Outcome.WARNING} if strict else {Outcome.FAILED}
    return next((result.check.code for result in results if result.finding.outcome in bad), 0)


def _within(each: Check, visit: Visit, seconds: float, release: Callable[[], None]) -> Finding:
    """What it finds, if it does so in time. A thread that hangs is left behind, and ends with the process."""
    found: queue.SimpleQueue[Finding] = queue.SimpleQueue()

    def look() -> None:
        finding = _guarded(each, visit)
        release()
        found.put(finding)

    threading.Thread(target=look, name=f"doctor: {each.name}", daemon=True).start()
    try:
        return found.get(timeout=seconds)
    except queue.Empty:
        return failed(
            f"It was broken off: nothing was found out within {seconds:g} seconds.",
            f"Whatever it asks hangs. Try again with --only {each.name} --timeout {visit.timeout * 3:g}.",
        )


def _guarded(each: Check, visit: Visit) -> Finding:
    try:
        return each.find(visit)
    except Exception as error:  # noqa: BLE001 - it is reported, and the other checks are to go on
        # Its words may quote anything: only what it is, and where it happened.
        last = error.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        where = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else "nowhere"
        return failed(
            f"The check itself broke: {type(error).__name__} at {where}.",
            "This is a fault of Pagecast, or of what the check asks. Please report it with this line.",
        )


def _hide(finding: Finding, secrets: Collection[str]) -> Finding:
    sentence, cure = finding.sentence, finding.cure
    for secret in secrets:
        sentence, cure = sentence.replace(secret, HIDDEN), cure.replace(secret, HIDDEN)
    return replace(finding, sentence=sentence, cure=cure)
