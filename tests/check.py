"""What `make test` runs: every check as a named step, all of them even when one fails.

    python -m tests.check [--fast]

First the static checks, the tests that look at every screen, and those that lose the parts of a cluster,
which want the machine for themselves. Then two lanes side by side: the tests on SQLite, and those on
PostgreSQL with Redis. --fast leaves out the latter, and the cluster. The exit code is 1 when any step failed.
With CI=true a skipped test counts as a failure.
"""

import argparse
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from tests.services import die_with_parent

_ROOT = Path(__file__).resolve().parent.parent
_TOOLS = Path(sys.executable).parent  # the virtual environment need not be active
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
_SETTINGS = re.compile(r"DATABASE_URL|REDIS_URL|PAGECAST_.*")
_SUMMARY = re.compile(r"^=* ?((?:\d+ [a-z ]+(?:, )?)+|no tests ran) in [\d.]+s\b.*$", re.MULTILINE)
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")
_IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


@dataclass(frozen=True)
class Program:
    """What some tests run: by whatever name it is there, and Debian's packages that bring it."""

    names: tuple[str, ...]
    packages: tuple[str, ...]
    # At home it would start a service.
    only_in_ci: bool = False
    # Without it, another one does.
    is_needed: bool = True


_PROGRAMS = (
    Program(
        ("chromium-headless-shell", "chromium", "google-chrome", "chromium-browser"),
        ("chromium", "fonts-noto-core", "gettext"),
    ),
    # The same without a window, whose own parts take a whole processor now and then.
    Program(("chromium-headless-shell",), ("chromium-headless-shell",), only_in_ci=True, is_needed=False),
    Program(("node",), ("nodejs", "npm")),
    # Under the checker of HTML.
    Program(("java",), ("default-jre-headless",), only_in_ci=True),
    Program(("nginx",), ("nginx-light",), only_in_ci=True),
    # Both of them only look at what deploy/ ships.
    Program(("docker-compose",), ("docker-compose",), only_in_ci=True),
    Program(("systemd-analyze",), ("systemd",), only_in_ci=True),
    Program(("openssl",), ("openssl",)),
    # Looks at figures and alerts.
    Program(("promtool",), ("prometheus",), only_in_ci=True),
    Program(("pgbouncer",), ("pgbouncer",), only_in_ci=True),
)


@dataclass(frozen=True)
class Step:
    """One check: a command whose exit code 0 is success."""

    name: str
    command: tuple[str, ...]
    is_pytest: bool = False


@dataclass(frozen=True)
class Result:
    """How a step ended, in figures that add up to the last line."""

    step: Step
    succeeded: bool
    seconds: float
    output: str
    passed: int
    failed: int
    reasons: tuple[str, ...]

    @property
    def skipped(self) -> int:
        """How many tests were skipped and allowed to be."""
        return 0 if _IN_CI else len(self.reasons)


# What is seen in a browser, which does not depend on the database. Beside two other runs, browser and server
# wait for each other on a small machine until both give up.
_IN_BROWSER = tuple(f"{name}_in_browser" for name in ("admin", "desk", "saving", "live", "site"))
_SCREENS = tuple(
    f"tests/acceptance/test_{name}.py"
    for name in ("accessibility", "site_accessibility", "languages", "on_the_internet", *_IN_BROWSER)
)
# A dozen processes, which bring a database, a broker and a store of their own.
_CLUSTER = "tests/acceptance/test_cluster.py"


def plan(*, fast: bool) -> list[list[list[Step]]]:
    """Name the steps: what runs one after the other, in it the lanes side by side, in each its steps."""
    # Unfolded, pytest names each skipped test, and not only the line that skipped it.
    pytest = (sys.executable, "-m", "pytest", "--color=no", "-rfEs", "--no-fold-skipped")
    everything_else = (*pytest, "tests", *(f"--ignore={name}" for name in (*_SCREENS, _CLUSTER)))
    # Two runs at once must not write the same cache.
    beside_services = (sys.executable, "-m", "tests.services", *everything_else, "-p", "no:cacheprovider")
    alone = [
        Step("ruff check", (str(_TOOLS / "ruff"), "check", ".")),
        Step("ruff format", (str(_TOOLS / "ruff"), "format", "--check", ".")),
        Step("mypy", (str(_TOOLS / "mypy"), "pagecast", "tests", "benchmarks")),
        Step("lint-imports", (str(_TOOLS / "lint-imports"),)),
        Step("pytest on screens", (*pytest, *_SCREENS), is_pytest=True),
    ]
    if not fast:
        alone.append(Step("pytest on a cluster", (*pytest, _CLUSTER), is_pytest=True))
    first = [Step("pytest on SQLite", everything_else, is_pytest=True)]
    second = [Step("pytest on PostgreSQL with Redis", beside_services, is_pytest=True)]
    return [[alone], [first] if fast else [first, second]]


def judge(step: Step, code: int, seconds: float, output: str) -> Result:
    """Turn what a step left behind into figures. A failure nobody counted still counts as one."""
    counts = dict.fromkeys(("passed", "failed", "error", "skipped"), 0)
    reasons: tuple[str, ...] = ()
    summaries = list(_SUMMARY.finditer(output)) if step.is_pytest else []
    if summaries:
        for number, outcome in _COUNT.findall(summaries[-1].group(1)):
            counts[outcome.removesuffix("s")] = int(number)
        if counts["skipped"]:
            summary = output.rpartition("short test summary info")[2]
            reasons = tuple(re.findall(r"^SKIPPED (.*)", summary, re.MULTILINE))
        # A reason in a form unknown here must not make its test disappear.
        reasons += ("(see pytest -rs)",) * (counts["skipped"] - len(reasons))
    failed = counts["failed"] + counts["error"]
    if _IN_CI:
        failed += len(reasons)
    no_summary = step.is_pytest and not summaries
    if not failed and (code != 0 or no_summary):
        failed = 1
    return Result(step, failed == 0, seconds, output, counts["passed"], failed, reasons)


class Runner:
    """Runs lanes of steps side by side until they are done or a signal asks it to stop."""

    def __init__(self) -> None:
        """Start with nothing run."""
        self.results: list[Result] = []
        self.stopped_by = 0
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._environment = {
            name: value for name, value in os.environ.items() if not _SETTINGS.fullmatch(name)
        }

    def run(self, lanes: Sequence[Sequence[Step]]) -> None:
        """Run every lane to its end, and hand each SIGINT and SIGTERM on to what is running."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        with ThreadPoolExecutor(len(lanes)) as pool:
            for lane in [pool.submit(self._run_lane, steps) for steps in lanes]:
                lane.result()  # a lane that breaks must not pass for one that is done

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self.stopped_by = number
        for process in tuple(self._running):
            process.send_signal(number)

    def _run_lane(self, steps: Sequence[Step]) -> None:
        for step in steps:
            if self.stopped_by:
                return
            result = self._run_step(step)
            with self._lock:
                self.results.append(result)
                show(result)

    def _run_step(self, step: Step) -> Result:
        started = time.monotonic()
        with tempfile.TemporaryFile() as output:
            try:
                code = self._wait_for(step, output)
            except OSError as error:  # a tool that is missing must not keep the other steps from running
                return judge(step, 1, time.monotonic() - started, str(error))
            seconds = time.monotonic() - started
            output.seek(0)
            return judge(step, code, seconds, output.read().decode(errors="replace"))

    def _wait_for(self, step: Step, output: IO[bytes]) -> int:
        process = subprocess.Popen(
            step.command,
            cwd=_ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C reaches it once, from _stop, and not twice
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
        )
        self._running.add(process)
        if self.stopped_by:  # the signal may have come just before this step could be told
            process.send_signal(self.stopped_by)
        code = process.wait()
        self._running.discard(process)
        return code


def say(text: str) -> None:
    """Print at once, also into a file or a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def show(result: Result) -> None:
    """Print one line for a step that succeeded, everything for one that failed."""
    if result.succeeded:
        say(f"ok      {result.step.name} ({result.seconds:.1f} s)")
        return
    say(f"FAILED  {result.step.name} ({result.seconds:.1f} s): {' '.join(result.step.command)}")
    say(result.output.rstrip() or "(no output)")
    say(f"------  end of {result.step.name}")


def report(results: Sequence[Result]) -> None:
    """Print the skipped tests by name, the table of steps and, as the last line, the sum of all tests."""
    for result in results:
        for reason in result.reasons:
            say(f"skipped in {result.step.name}: {reason}")
    if _IN_CI and any(result.reasons for result in results):
        say("CI=true: each skipped test counts as failed")
    say("")
    for result in results:
        verdict = "ok" if result.succeeded else "FAILED"
        line = f"{result.step.name:<32}{result.seconds:>7.1f} s  {verdict}"
        if result.step.is_pytest:
            line += f": {result.passed} passed, {result.failed} failed, {result.skipped} skipped"
        say(line)
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results)
    skipped = sum(result.skipped for result in results)
    say("")
    say(f"{passed} passed, {failed} failed, {skipped} skipped")


def provide_programs() -> None:
    """Install what tests need and pip has not, where that can be; elsewhere those tests skip and say so."""
    missing = [each for each in _PROGRAMS if not any(shutil.which(name, path=_PATH) for name in each.names)]
    wanted = [each for each in missing if _IN_CI or not each.only_in_ci]
    is_root = os.geteuid() == 0
    may_install = is_root or (_IN_CI and shutil.which("sudo"))
    if not wanted or not may_install or not shutil.which("apt-get"):
        for each in (program for program in missing if program.is_needed):
            say(f"No {' or '.join(each.names)}: the tests that want one will be skipped.")
        return
    apt_get = [*([] if is_root else ["sudo", "-n"]), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    # One after the other: not every distribution has all of them.
    installs = [["install", "-y", "--no-install-recommends", *each.packages] for each in wanted]
    for arguments in (["update"], *installs):
        say(f"apt-get {' '.join(arguments)}")
        done = subprocess.run(
            [*apt_get, *arguments], check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        if done.returncode != 0:
            say(f"{done.stdout}{done.stderr}apt-get {arguments[0]} failed; going on without.")


def main() -> int:
    """Run all checks and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.check", description="Run every check.")
    parser.add_argument("--fast", action="store_true", help="leave out the tests on PostgreSQL with Redis")
    fast: bool = parser.parse_args().fast
    if isinstance(
        sys.stdout, io.TextIOWrapper
    ):  # a poor locale must not keep a tool's output from being shown
        sys.stdout.reconfigure(errors="backslashreplace")
    provide_programs()
    runner = Runner()
    for lanes in plan(fast=fast):
        runner.run(lanes)
    report(runner.results)
    if runner.stopped_by:
        say(f"stopped by {signal.Signals(runner.stopped_by).name}")
        return 128 + runner.stopped_by
    return int(any(not result.succeeded for result in runner.results))


if __name__ == "__main__":
    sys.exit(main())
