"""With a root that nobody can write to, as in a container, it starts, files what comes, and answers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import films
from tests.acceptance.server import PATIENCE, ROOT, free_port, kill, wait_for
from tests.services import die_with_parent

# Everything is for reading only, but for the folder of the data and one for what is temporary.
CONFINED = """
set -e
mount --make-rprivate /
for folder in "$1" "$2"; do mount -t tmpfs tmpfs "$folder"; done
for place in $(findmnt --list --noheadings --output TARGET --types ext4,xfs,btrfs,overlay); do
    mount --options remount,bind,ro "$place"
done
shift 2
exec "$@"
"""


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[httpx.Client]:
    """An editor at a server that may write to two folders and nowhere else."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("only root can make a root that is read-only")
        pytest.skip("a read-only root: only root makes one")
    data, temporary, port = tmp_path / "data", tmp_path / "temporary", free_port()
    data.mkdir()
    temporary.mkdir()
    foreign = re.compile(r"PAGECAST_.*|DATABASE_URL.*|REDIS_URL.*|DJANGO_.*")
    kept = {name: value for name, value in os.environ.items() if not foreign.fullmatch(name)}
    serve = [sys.executable, "-m", "pagecast", "serve", "--port", str(port)]
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", CONFINED, "sh", str(data), str(temporary), *serve],
        cwd=ROOT,
        env=kept | {"PAGECAST_DATA": str(data), "TMPDIR": str(temporary), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for("the server", lambda: process.poll() is not None or _answers(url))
        assert process.poll() is None, "it ended by itself"
        assert _inside(process, data, "touch", str(ROOT / "written")).returncode != 0
        headers = {"Authorization": f"Bearer {_token(process, data)}"}
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
            yield client
    finally:
        kill(process)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=PATIENCE).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def _token(process: subprocess.Popen[bytes], data: Path) -> str:
    """An editor's token, made where the server is: nobody else sees its folders."""
    done = _inside(process, data, sys.executable, "-m", "pagecast", "token", "alice")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def _inside(process: subprocess.Popen[bytes], data: Path, *command: str) -> subprocess.CompletedProcess[str]:
    inside = ["nsenter", "--target", str(process.pid), "--mount", f"--wd={ROOT}", *command]
    environment = os.environ | {"PAGECAST_DATA": str(data), "DATABASE_URL": "", "REDIS_URL": ""}
    return subprocess.run(inside, env=environment, capture_output=True, text=True, check=False)


def test_a_film_is_taken_filed_and_read(editor: httpx.Client) -> None:
    form = {"content_type": "video", "title": "Dawn"}
    made = editor.post("/api/content/", data=form, files={"file": ("Dawn.mp4", films.film("read-only"))})
    assert made.status_code == httpx.codes.CREATED, made.text
    address = f"/api/content/{made.json()['id']}/"
    wait_for("the filing", lambda: editor.get(address).json()["upload_status"] == "completed")
    wait_for("its picture", lambda: editor.get(address).json()["poster"])
    assert editor.get(editor.get(address).json()["video_path"]).content == films.film("read-only")
