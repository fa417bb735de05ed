"""Looking at a patient with one check of the doctor, and what it must have found."""

from __future__ import annotations

import json
import subprocess

from pagecast.cli.doctor import inside, outside, starting
from pagecast.cli.doctor.check import Check, Finding, Outcome
from pagecast.cli.doctor.running import Result, exit_code
from pagecast.cli.doctor.visit import Visit
from tests.acceptance.server import Installation

CHECKS: dict[str, Check] = {each.name: each for each in (starting.readable, *inside.CHECKS, *outside.CHECKS)}


def look(name: str, visit: Visit | None = None) -> Finding:
    """What a check finds, in this very process."""
    return CHECKS[name].find(visit or Visit())


def visited(url: str, name: str, *, database_port: int = 1, redis_port: int = 1) -> Finding:
    """What a check finds from outside."""
    return look(name, Visit(url, 30.0, database_port, redis_port))


def asked(installation: Installation, name: str, *options: str, before: str = "") -> Finding:
    """What `pagecast doctor` finds in a process of its own; `before` is done in it first.

    What it exits with is seen to as well.
    """
    program = f"""
import sys
from django.core.management import call_command
{before}
call_command("doctor", "--json", "--only", "{name}", *sys.argv[1:])
"""
    return told(installation.python(program, *options), name)


def told(answer: subprocess.CompletedProcess[str], name: str) -> Finding:
    """What it said of a check, having ended with the code that belongs to it."""
    assert answer.stdout, answer.stderr
    said = json.loads(answer.stdout)
    (found,) = [each for each in said["checks"] if each["name"] == name]
    is_failed = found["outcome"] == Outcome.FAILED
    assert answer.returncode == said["exit_code"] == (CHECKS[name].code if is_failed else 0), answer
    return Finding(Outcome(found["outcome"]), found["sentence"], found["cure"])


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
