"""One figure beside its bound."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """One line of the report.

    `share` is measured ÷ bound, turned so that 1 or more is met; None where there is no bound.
    """

    what: str
    bound: str
    aim: str
    measured: str
    spread: str
    share: float | None

    @property
    def word(self) -> str:
        """Met or missed; neither without a bound."""
        if self.share is None:
            return ""
        return "met" if self.share >= 1 else "**missed**"
