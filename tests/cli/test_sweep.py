"""`pagecast sweep`: what nobody needs goes, and the report says what it was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from pagecast.media.models import Blob
from pagecast.media.receiving import receive
from tests.acceptance.server import Installation
from tests.films import film
from tests.uploading import add, bytes_of, file, left_in, make_older

pytestmark = pytest.mark.django_db

Sweep = Callable[..., list[str]]


@pytest.fixture
def sweep(capsys: pytest.CaptureFixture[str]) -> Sweep:
    """Run it; answers with the lines of its report."""

    def run(*words: str) -> list[str]:
        capsys.readouterr()
        call_command("sweep", *words)
        return capsys.readouterr().out.replace("\xa0", " ").splitlines()

    return run


@pytest.fixture
def unused(db: None) -> Blob:
    """A file that nothing refers to since a month."""
    content = add(film("unused"))
    file(content)
    content.delete()
    make_older(dt.timedelta(days=31))
    return Blob.objects.get()


def test_it_works(unused: Blob, sweep: Sweep, folders: Path) -> None:
    needed = add(film("needed"))
    file(needed)
    report = sweep()
    assert report == [
        "0 uploads that never came in whole, or that nobody used: 0 bytes",
        "1 records of uploads that nothing refers to: 0 bytes",
        "0 staged files without an upload: 0 bytes",
        f"1 files that nothing refers to: {unused.size / 1024:.1f} KB",
        "0 files in the media tree that nobody knows: 0 bytes",
    ]
    assert len(left_in(folders)) == 1
    assert bytes_of(needed) == film("needed")


def test_a_dry_run_says_what_would_go_and_removes_nothing(unused: Blob, sweep: Sweep, folders: Path) -> None:
    before = left_in(folders)
    report = sweep("--dry-run")
    assert any(unused.path in line for line in report)
    assert report[-1].startswith("Nothing was removed.")
    assert report[-3].startswith("1 files that nothing refers to")
    assert (left_in(folders), Blob.objects.get()) == (before, unused)


def test_a_month_is_waited_unless_something_else_is_said(unused: Blob, sweep: Sweep) -> None:
    make_older(dt.timedelta(days=-2))
    sweep()
    assert Blob.objects.exists()
    sweep("--older-than", "29.5")
    assert Blob.objects.exists()
    sweep("--older-than", "28.5")
    assert not Blob.objects.exists()


def test_names_are_told_when_they_are_asked_for(unused: Blob, sweep: Sweep) -> None:
    assert any(unused.path in line for line in sweep("-v", "2"))


def test_with_days_of_nought_what_was_just_sent_is_safe_all_the_same(sweep: Sweep) -> None:
    upload = receive([film()], "Dawn.mp4")
    sweep("--older-than", "0")
    assert upload.staged.exists()


@pytest.mark.parametrize("days", ["-1", "soon", "nan", "inf", "40000", ""])
def test_what_is_no_number_of_days_is_said_in_words(days: str) -> None:
    with pytest.raises(CommandError, match="is no number of days"):
        call_command("sweep", f"--older-than={days}")


def test_it_can_be_run_from_a_shell(tmp_path: Path) -> None:
    with Installation(tmp_path) as installation:
        ended = installation.run("sweep", "--dry-run")
        assert (ended.returncode, ended.stderr) == (0, "")
        # There is nothing to remove, so nothing is said of what a sweep in earnest would do.
        assert [line[:2] for line in ended.stdout.splitlines()] == ["0 "] * 5
