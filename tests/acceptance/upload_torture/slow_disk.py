"""A disk that takes its time, so that a kill meets every step of the work and not always the longest."""

from __future__ import annotations

from pathlib import Path

# Seconds before and after every such call, at most.
SECONDS = 0.02
# Of so many such calls of a worker, it dies at one, before it or behind it.
DEADLY = {"fsync": 600, "link": 40, "replace": 40, "unlink": 60}

_PROGRAM = f"""
import os, random, signal, sys, time
from pathlib import Path

here = Path(__file__).parent
chance = random.Random()

def perhaps_die(one_in):
    if not (here / "slow").exists():
        return
    time.sleep(chance.uniform(0, {SECONDS}))
    # A worker of Celery, or its beat, is started again by whoever keeps the two.
    is_worker = "work" in sys.argv or "celery" in sys.argv[0]
    if is_worker and chance.randrange(one_in) == 0:
        (here / f"death of {{os.getpid()}} {{time.monotonic()}}").touch()
        os.kill(os.getpid(), signal.SIGKILL)

def slow(call, one_in):
    def slowly(*arguments, **options):
        perhaps_die(one_in * 2)
        answer = call(*arguments, **options)
        perhaps_die(one_in * 2)
        return answer
    return slowly

for name, one_in in {DEADLY!r}.items():
    setattr(os, name, slow(getattr(os, name), one_in))
"""


class SlowDisk:
    """Slow for every Python process that has `folder` in its PYTHONPATH; deadly for some workers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_PROGRAM)
        (folder / "slow").touch()

    def spare(self) -> None:
        """Be quick, and kill no more."""
        (self.folder / "slow").unlink(missing_ok=True)

    def deaths(self) -> int:
        """How many workers have died."""
        return len(list(self.folder.glob("death of *")))
