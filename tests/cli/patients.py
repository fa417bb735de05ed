"""Looking at a patient with one check of the doctor, and what it must have found."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from pagecast.cli.doctor import inside, outside, starting
from pagecast.cli.doctor.check import Check, Finding, Outcome
from pagecast.cli.doctor.running import Result, exit_code
from pagecast.cli.doctor.visit import Visit
from tests.acceptance.server import Installation

CHECKS: dict[str, Check] = {each.name: each for each in (starting.readable, *inside.CHECKS, *outside.CHECKS)}


def look(name: str, visit: Visit | None = None) -> Finding:
    """What a check finds, in this very process."""
    return CHECKS[name].find(visit or Visit())


def visited(url: str, name: str, **told: Any) -> Finding:
    """What a check finds from outside."""
    return look(name, Visit(url, **{"timeout": 30.0, **told}))


def asked(installation: Installation, name: str, before: str = "") -> Finding:
    """What `pagecast doctor` finds in a process of its own; `before` is done in it first.

    What it exits with is seen to as well.
    """
    return told(_ask(installation, before, "--only", name), name)


def all_asked(installation: Installation, before: str = "") -> dict[str, Finding]:
    """Everything that it finds there, by the names of the checks."""
    said = json.loads(_ask(installation, before).stdout)
    return {each["name"]: _finding(each) for each in said["checks"]}


def _ask(installation: Installation, before: str, *options: str) -> subprocess.CompletedProcess[str]:
    program = f"""
import sys
from django.core.management import call_command
{before}
call_command("doctor", "--json", *sys.argv[1:])
"""
    return installation.python(program, *options)


def told(answer: subprocess.CompletedProcess[str], name: str) -> Finding:
    """What it said of a check, having ended with the code that belongs to it."""
    assert answer.stdout, answer.stderr
    said = json.loads(answer.stdout)
    (found,) = [each for each in said["checks"] if each["name"] == name]
    is_failed = found["outcome"] == Outcome.FAILED
    assert answer.returncode == said["exit_code"] == (CHECKS[name].code if is_failed else 0), answer
    return _finding(found)


def _finding(said: dict[str, str]) -> Finding:
    return Finding(Outcome(said["outcome"]), said["sentence"], said["cure"])


def is_well(name: str, finding: Finding, sentence: str = "") -> None:
    """It was looked at, and nothing is wrong."""
    assert finding.outcome == Outcome.OK, finding
    assert sentence in finding.sentence
    assert exit_code([Result(CHECKS[name], finding)], strict=True) == 0


def is_bad(name: str, finding: Finding, sentence: str, cure: str, outcome: Outcome = Outcome.FAILED) -> None:
    """It is said what is wrong and what to do, and the process ends with the check's own code."""
    assert finding.outcome == outcome, finding
    assert sentence in finding.sentence, finding
    assert cure in finding.cure, finding
    result = [Result(CHECKS[name], finding)]
    assert exit_code(result, strict=True) == CHECKS[name].code
    assert exit_code(result, strict=False) == (CHECKS[name].code if outcome == Outcome.FAILED else 0)
