"""wrk, which comes from the system's packages."""

import os
import shutil
import subprocess
import sys

from .results import say

ADVICE = "wrk is missing. Install it, with `apt-get install wrk` say, and try again."


def provide_wrk() -> None:
    """Install wrk where that is possible; elsewhere say how, and end."""
    if shutil.which("wrk"):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        sys.exit(ADVICE)
    say("No wrk: installing it with apt-get.")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", "wrk"]):
        done = subprocess.run(  # noqa: S603 - our own words
            ["apt-get", *words],  # noqa: S607 - the system's own
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.exit(f"{done.stdout}{done.stderr}{ADVICE}")
