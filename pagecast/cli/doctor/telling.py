"""What the doctor says, for people and for machines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from textwrap import wrap

from .check import Outcome
from .running import Result

# Plain signs, for every terminal and every log.
SIGNS = {Outcome.OK: "+", Outcome.WARNING: "!", Outcome.FAILED: "x", Outcome.SKIPPED: "-"}
_WIDTH = 110
_NAMES = 19


def told(result: Result) -> str:
    """One result for people: a line or two, and the cure below."""
    found = result.finding
    head = f"{SIGNS[found.outcome]} {found.outcome:<8}{result.check.name:<{_NAMES}}"
    indent = " " * len(head)
    lines = wrap(head + found.sentence, _WIDTH, subsequent_indent=indent, break_on_hyphens=False)
    if found.cure:
        # As it is, so that it can be copied.
        lines += [
            f"{indent}{'->' if number == 0 else '  '} {line}"
            for number, line in enumerate(found.cure.split("\n"))
        ]
    return "\n".join(lines)


def summed_up(results: Sequence[Result], code: int) -> str:
    """The last line."""
    number = Counter(result.finding.outcome for result in results)
    counts = ", ".join(f"{number[outcome]} {outcome}" for outcome in Outcome)
    return f"{counts}. Exit code {code}."


def as_json(results: Sequence[Result], code: int, url: str) -> str:
    """All results as one JSON object."""
    checks = [
        {
            "name": result.check.name,
            "code": result.check.code,
            "outcome": str(result.finding.outcome),
            "sentence": result.finding.sentence,
            "cure": result.finding.cure,
        }
        for result in results
    ]
    return json.dumps({"url": url or None, "exit_code": code, "checks": checks}, indent=2, ensure_ascii=False)
