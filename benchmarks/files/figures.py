"""The figures of files. A speed is how long something else takes for the same bytes, over how long we do."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from benchmarks.verdict import Data, Verdict

# A file that is filed gets another name. What else is written is rows.
NOTHING = 0.01


@dataclass(frozen=True)
class Speed:
    """What `bounds` take together ÷ what `what` takes: 1 is as fast as they."""

    what: str
    bounds: tuple[str, ...]
    bound: float | None = None

    def judge(self, data: Data) -> Verdict | None:
        """The ratio of the medians, and the least and greatest ratio of a round; None: not measured."""
        found = data["files"]
        if not {self.what, *self.bounds} <= found.keys():
            return None
        ours = found[self.what]["rounds"]
        theirs = [sum(each) for each in zip(*(found[key]["rounds"] for key in self.bounds), strict=True)]
        by_round = [other / one for one, other in zip(ours, theirs, strict=True)]
        measured = median(theirs) / median(ours)
        beside = " + ".join(found[key]["label"] for key in self.bounds)
        return Verdict(
            f"speed: {found[self.what]['label']} ÷ {beside}",
            "" if self.bound is None else f"≥ {self.bound:g}",
            "",
            f"{measured:.2f}",
            f"{min(by_round):.2f}–{max(by_round):.2f}",
            None if self.bound is None else measured / self.bound,
        )


SPEEDS = (
    Speed("resumable", ("copy",)),
    Speed("resumable", ("synced copy",)),
    Speed("resumable", ("quick copy",)),
    Speed("form", ("copy",)),
    Speed("form", ("synced copy",)),
    Speed("form", ("quick copy",)),
    Speed("duplicate", ("new",)),
    *(
        speed
        for database in ("SQLite", "PostgreSQL")
        for speed in (
            Speed(f"import {database}", ("sums", "copies"), 0.7),
            Speed(f"import {database}", ("sums", "synced copies")),
            Speed(f"import {database}", ("quick sums", "synced copies")),
            Speed(f"again {database}", ("sums",)),
            Speed(f"again {database}", ("quick sums",)),
        )
    ),
)


def _nothing_copied(key: str) -> Callable[[Data], Verdict | None]:
    """Filing writes rows, and no bytes of the file, be it new or not."""

    def judge(data: Data) -> Verdict | None:
        found = data["files"].get(f"{key}: written")
        if found is None:
            return None
        rounds = found["rounds"]
        return Verdict(
            f"{found['label']} ÷ its size",
            f"≤ {NOTHING:g}",
            "",
            f"{max(rounds):.4f}",
            f"{min(rounds):.4f}–{max(rounds):.4f}",
            NOTHING / max(rounds) if max(rounds) else float("inf"),
        )

    return judge


JUDGES: tuple[Callable[[Data], Verdict | None], ...] = (
    *(speed.judge for speed in SPEEDS),
    _nothing_copied("new"),
    _nothing_copied("duplicate"),
)
