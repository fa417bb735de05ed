"""What everything is measured by: the same bytes through the programs that every system has."""

import os
import shutil
import subprocess
import time
from pathlib import Path

COPY = 'cat "$1" > "$2" && sha256sum "$2"'
SYNCED = 'cat "$1" > "$2" && sync "$2" && sha256sum "$2"'
SUMS = 'find "$1" -type f -exec sha256sum {} +'
COPIES = 'cp -r "$1" "$2"'
SYNCED_COPIES = 'cp -r "$1" "$2" && find "$2" -type f -exec sync {} +'
# By OpenSSL, which uses what the processor has for it; many a sha256sum does not.
QUICK = 'cat "$1" > "$2" && sync "$2" && openssl dgst -sha256 "$2"'
QUICK_SUMS = 'find "$1" -type f -exec openssl dgst -sha256 {} +'


def has_openssl() -> bool:
    """Whether its program is installed."""
    return shutil.which("openssl") is not None


def seconds_of(program: str, *paths: Path) -> float:
    """What the line of shell takes, with these paths as its arguments, once the disk is at rest."""
    os.sync()
    started = time.perf_counter()
    command = ["/bin/sh", "-c", program, "sh", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise RuntimeError(f"{program} failed:\n{done.stderr}")  # noqa: EM102
    return seconds
