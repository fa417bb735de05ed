"""Load by wrk, which is fast and looks at nothing but the status."""

import subprocess
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from .stock import Ask

SCRIPT = Path(__file__).with_name("paths.lua")


@dataclass(frozen=True)
class Sample:
    """What came of one round. Times are in seconds; a failed answer is not the expected one, or none."""

    rate: float
    answers: int
    failed: int
    median: float
    p90: float
    p99: float

    def plain(self) -> dict[str, float]:
        """For the results' file."""
        return asdict(self)


def write_paths(asks: Iterable[Ask], file: Path) -> None:
    """Write what wrk shall ask for."""
    file.write_text("".join(f"{ask.path}\n" for ask in asks), encoding="ascii")


def wrk(port: int, paths: Path, seconds: int, connections: int, *, is_refused: bool = False) -> Sample:
    """Ask for the paths in the file for so many seconds, over connections that stay open.

    What is expected is an answer, or with `is_refused` a refusal.
    """
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT)]
    done = subprocess.run(  # noqa: S603 - our own words
        [*words, f"http://127.0.0.1:{port}", "--", str(paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    measured = next((line for line in done.stdout.splitlines() if line.startswith("measured ")), None)
    if done.returncode != 0 or measured is None:
        raise RuntimeError(f"wrk failed:\n{done.stdout}{done.stderr}")  # noqa: EM102
    answers, duration, failed, refused, *latencies = (int(word) for word in measured.split()[1:])
    failed += answers - refused if is_refused else refused
    median, p90, p99 = (latency / 1e6 for latency in latencies)
    return Sample((answers - failed) / (duration / 1e6), answers, failed, median, p90, p99)
