"""The JavaScript of others is what its lock file says, and ours is sound."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "pagecast" / "pages" / "static" / "pages"
SITE = ROOT / "pagecast" / "site" / "static" / "site"
VENDOR = STATIC / "vendor"
OURS = sorted(
    path for folder in (STATIC, SITE) for path in folder.rglob("*.js") if VENDOR not in path.parents
)
LONGEST = 300
# What a reader's browser may have to load at most, over all pages of the site.
SITE_BYTES = 16 * 1024


def _without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _program(name: str) -> str:
    return shutil.which(name) or _without(f"{name}: not installed (apt-get install nodejs npm)")


def test_the_bundles_are_what_the_lock_file_makes_them(tmp_path: Path) -> None:
    npm = _program("npm")
    shutil.copytree(ROOT / "assets", tmp_path / "assets", ignore=shutil.ignore_patterns("node_modules"))
    for command in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
        done = subprocess.run(
            [npm, *command], cwd=tmp_path / "assets", capture_output=True, text=True, check=False, timeout=300
        )
        if done.returncode and command[0] == "ci":
            _without(f"npm ci does not work here: {done.stderr[-500:]}")
        assert done.returncode == 0, done.stderr
    made = tmp_path / VENDOR.relative_to(ROOT)
    assert {path.name: path.read_bytes() for path in made.iterdir()} == {
        path.name: path.read_bytes() for path in VENDOR.iterdir()
    }


def test_the_lock_file_names_no_host() -> None:
    assert "://" not in re.sub(r'"url": "https://[^"]*"', "", (ROOT / "assets/package-lock.json").read_text())


@pytest.mark.parametrize("path", OURS, ids=lambda path: str(path.relative_to(ROOT / "pagecast")))
def test_a_module_of_ours_is_javascript_and_short(path: Path, tmp_path: Path) -> None:
    assert len(path.read_text().splitlines()) < LONGEST
    copy = tmp_path / f"{path.stem}.mjs"
    copy.write_text(path.read_text())
    done = subprocess.run([_program("node"), "--check", copy], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_scripts_of_the_site_are_light() -> None:
    assert 0 < sum(path.stat().st_size for path in SITE.rglob("*.js")) < SITE_BYTES
