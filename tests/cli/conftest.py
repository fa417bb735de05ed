from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from tqdm import tqdm

from tests.films import film, sound

collect_ignore = [] if connection.vendor == "postgresql" else ["test_migrating_on_postgresql.py"]


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Two folders with a film, a sound and a text each, and what no kind knows."""
    root = tmp_path / "library"
    for name in ("Rivers", "Горы"):
        folder = root / name
        folder.mkdir(parents=True)
        folder.joinpath("1 Dawn.mp4").write_bytes(film(name))
        folder.joinpath("2 Rain.m4a").write_bytes(sound(name))
        folder.joinpath("3 Note.txt").write_text(f"A note on {name}", encoding="utf-8")
    root.joinpath("Rivers", ".hidden.mp4").write_bytes(b"hidden")
    root.joinpath("Rivers", "map.xyz").write_bytes(b"unknown")
    root.joinpath("empty").mkdir()
    return root


@pytest.fixture
def import_it(library: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Import the library; answers with what was printed."""

    def run() -> str:
        capsys.readouterr()
        call_command("import", str(library))
        return capsys.readouterr().out

    return run


@pytest.fixture(autouse=True)
def no_thread_of_the_progress_bar() -> Iterator[None]:
    """It would watch over bars to come, in tests that fork."""
    tqdm.monitor_interval = 0
    yield
    tqdm.monitor_interval = 10
