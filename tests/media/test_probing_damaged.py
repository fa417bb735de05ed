"""Damaged media; PAGECAST_TORTURE=34 makes ten thousand of them, PAGECAST_TORTURE_SEED=2 makes others.

Every one of them has to be told apart or refused in words, and drawn or not, within the limits; whatever else
happens is reported, and the file that did it is kept.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pagecast.media.errors import Refused
from pagecast.media.probing import Facts, Medium, checker, draw, probe
from pagecast.media.probing.asking import DRAW_SECONDS, PROBE_SECONDS
from tests.media import hostile, made

SHARED = Path(__file__).resolve().parents[3] / "shared" / "media"
_LARGEST = 1_500_000


@dataclass
class Tally:
    """What became of them."""

    outcomes: Counter[str] = field(default_factory=Counter)
    probe_seconds: list[float] = field(default_factory=list)
    draw_seconds: list[float] = field(default_factory=list)
    children: set[int | None] = field(default_factory=set)
    # What is promised and was not kept, in words.
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{count:7} {outcome}" for outcome, count in self.outcomes.most_common()]
        for name, seconds in (("probe", self.probe_seconds), ("draw", self.draw_seconds)):
            if seconds:
                middle, worst = statistics.median(seconds) * 1000, max(seconds) * 1000
                lines.append(f"{name}: median {middle:.1f} ms, worst {worst:.0f} ms")
        lines.append(f"{len(self.children)} processes")
        return "\n".join([*lines, *self.broken])


def torture(number: int, seed: int, media: Sequence[bytes], folder: Path) -> Tally:
    """Probe and draw so many damaged files."""
    chance, tally = random.Random(seed), Tally()
    for count in range(number):
        path = made.write(folder, "damaged", hostile.mutated(chance, media))
        try:
            _look(path, folder / "drawn.jpg", tally)
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            tally.broken.append(f"{seed}/{count}: {error!r}")
            path.rename(folder / f"broken-{seed}-{count}")
    return tally


def _look(path: Path, target: Path, tally: Tally) -> None:
    started = time.monotonic()
    try:
        found: Facts | Refused = probe(path, "Dawn.mp4")
    except Refused as refused:
        found = refused
    tally.probe_seconds.append(time.monotonic() - started)
    tally.children.add(checker.current())
    if isinstance(found, Facts):
        tally.outcomes[found.what] += 1
        _check(found)
        medium = found.medium
    else:
        tally.outcomes[str(found)] += 1
        medium = Medium.VIDEO
    started = time.monotonic()
    drawn = draw(path, medium, target)
    tally.draw_seconds.append(time.monotonic() - started)
    tally.outcomes[f"drawn: {drawn}"] += 1
    _check_drawing(target, drawn=drawn)


def _check(facts: Facts) -> None:
    if facts.duration is not None and not 0 < facts.duration < 1e8:
        raise AssertionError(facts)
    if any(side is not None and side <= 0 for side in (facts.width, facts.height)):
        raise AssertionError(facts)


def _check_drawing(target: Path, *, drawn: bool) -> None:
    if drawn != target.exists():
        message = f"drawn is {drawn}, and the picture is {'' if target.exists() else 'not '}there"
        raise AssertionError(message)
    if drawn:
        data = target.read_bytes()
        target.unlink()
        if not (data.startswith(b"\xff\xd8\xff") and data.endswith(b"\xff\xd9")):
            raise AssertionError(data[:16])


def real_media() -> list[bytes]:
    """Real films and sounds that are small enough, where they are at hand."""
    paths = sorted(path for path in SHARED.rglob("*") if path.is_file())
    return [path.read_bytes() for path in paths if path.stat().st_size <= _LARGEST]


def test_damaged_files_are_told_apart_or_refused_and_drawn_or_not(tmp_path: Path) -> None:
    number = 300 * int(os.environ.get("PAGECAST_TORTURE", "1"))
    seed = int(os.environ.get("PAGECAST_TORTURE_SEED", "1"))
    tally = torture(number, seed, [*hostile.small_media(), *real_media()], tmp_path)
    sys.stdout.write(f"{tally}\n")
    assert tally.broken == []
    # One that dies over a file is no fault; many that die are one of ours.
    assert len(tally.children) < 2 + number / 100
    assert max(tally.probe_seconds) < PROBE_SECONDS + 1
    assert max(tally.draw_seconds) < DRAW_SECONDS + 1
