"""Several `pagecast work` at once, and what they did: for the stories of workers and beats."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import films
from tests.acceptance.server import Server, kill, processes_of_session, wait_for
from tests.hasty.apps import JOURNAL


@contextlib.contextmanager
def at_work(server: Server, *commands: str) -> Iterator[list[subprocess.Popen[str]]]:
    """So many `pagecast work` with these options, each a process with its children."""
    running = [server.start("work", *command.split()) for command in commands]
    try:
        yield running
    finally:
        for process in running:
            kill(process)


def child(keeper: subprocess.Popen[Any], name: str) -> int:
    """The Celery worker or the beat of a `pagecast work`, waited for."""

    def look() -> int:
        for process in processes_of_session(keeper.pid):
            with contextlib.suppress(OSError):
                if name.encode() in Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0"):
                    return process
        return 0

    return wait_for(f"a {name}", look)


def next_child(keeper: subprocess.Popen[Any], name: str, last: int) -> int:
    return wait_for(f"the next {name}", lambda: found if (found := child(keeper, name)) != last else 0)


def ends(server: Server) -> list[tuple[int, float, float]]:
    """Who came to the end of a round of settling, and from when until when it took."""
    journal = server.data / JOURNAL
    lines = journal.read_text().splitlines() if journal.exists() else []
    found = [line.split()[1:] for line in lines if line.startswith("ends")]
    return [(int(process), float(began), float(ended)) for process, began, ended in found]


def begun(server: Server) -> set[int]:
    """Who has begun a round."""
    journal = server.data / JOURNAL
    lines = journal.read_text().splitlines() if journal.exists() else []
    return {int(line.split()[1]) for line in lines if line.startswith("begins")}


def asked(server: Server, question: str) -> str:
    """What Python says about the database."""
    answer = server.python(question)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def runs(server: Server) -> int:
    """How many rounds of settling were counted."""
    question = "from pagecast.chores.models import Chore; print(Chore.objects.get(pk='settle').runs)"
    return int(asked(server, question))


def send(server: Server, number: int) -> str:
    """An editor sends a film; answers with its address at the API."""
    form = {"content_type": "video", "title": f"Film {number}"}
    answer = server.editor().post(
        "/api/content/", data=form, files={"file": ("Dawn.mp4", films.film(number))}
    )
    assert answer.status_code == 201, answer.text
    return f"/api/content/{answer.json()['id']}/"


def is_filed(server: Server, content: str) -> bool:
    found = server.editor().get(content).json()
    assert found["upload_status"] != "failed", found["upload_error"]
    return bool(found["upload_status"] == "completed")


def all_are_filed(server: Server, contents: list[str]) -> None:
    wait_for("all to be filed", lambda: all(is_filed(server, content) for content in contents))
