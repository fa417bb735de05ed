"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from .visit import Visit


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, in a sentence, and what to do about it; nothing where there is nothing to do."""

    outcome: Outcome
    sentence: str
    cure: str = ""


def ok(sentence: str) -> Finding:
    """It is well."""
    return Finding(Outcome.OK, sentence)


def warning(sentence: str, cure: str = "") -> Finding:
    """It works, and something about it may go wrong."""
    return Finding(Outcome.WARNING, sentence, cure)


def failed(sentence: str, cure: str = "") -> Finding:
    """It does not work, or it is dangerous."""
    return Finding(Outcome.FAILED, sentence, cure)


def skipped(reason: str) -> Finding:
    """It was not looked at, for this reason."""
    return Finding(Outcome.SKIPPED, reason)


Look = Callable[[Visit], Finding]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at.

    `code` is what the process exits with when this is the first check that failed. `cure` is told where
    a finding has none of its own. `needs` are checks without whose success there is nothing to look at.
    """

    name: str
    code: int
    means: str
    cure: str
    needs: tuple[str, ...]
    look: Look

    def find(self, visit: Visit) -> Finding:
        """Look, and answer with a cure wherever one is needed."""
        finding = self.look(visit)
        if finding.cure or finding.outcome in {Outcome.OK, Outcome.SKIPPED}:
            return finding
        return replace(finding, cure=self.cure)


def check(name: str, code: int, cure: str, *needs: str) -> Callable[[Look], Check]:
    """Make a check of a function, whose docstring says in one line what is the case when it is well."""

    def made(look: Look) -> Check:
        return Check(name, code, (look.__doc__ or "").strip(), cure, needs, look)

    return made
