"""The two questions: what a file is, and what it looks like."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext_noop as _

from pagecast.media.errors import Empty, NotChecked, Refused

from . import checker
from .child.kinds import KINDS
from .facts import Facts, Medium
from .wording import WORDS

PROBE_SECONDS: Final = 20
DRAW_SECONDS: Final = 60

_REFUSALS: Final = {
    "damaged": _("“%(name)s” is cut off or damaged. Check that it plays on your side, then choose it again."),
    "no file": _("“%(name)s” is not a file, but a folder or a device. Choose a file."),
    "late": _(
        "“%(name)s” could not be checked within %(seconds)s seconds; it may be damaged. "
        "Save it anew with another program, then choose that copy."
    ),
    "memory": _(
        "“%(name)s” needs more memory to be checked than this server gives to one file; it may be damaged. "
        "Save it anew, with a smaller picture, then choose that copy."
    ),
    "gone": _(
        "“%(name)s” made the program that checks files fail; it may be damaged. "
        "Save it anew with another program, then choose that copy."
    ),
}

# A machine with less to do, or more memory, may manage the same file.
_PASSING: Final = {"late", "memory", "gone"}


def probe(path: Path, name: str) -> Facts:
    """What a file is by its bytes; `name` is what it is called in messages.

    Raises `Refused`: it has no bytes, nothing of it can be read, or looking into it took too much.
    Raises `OSError` when the file can not be read at all, or this installation can not look into files.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise _refused("no file", name)
    if status.st_size == 0:
        raise Empty(name)
    try:
        answer = checker.ask({"do": "probe", "path": _sent(path)}, PROBE_SECONDS)
    except checker.Late as trouble:
        raise _refused("late", name) from trouble
    except checker.Gone as trouble:
        raise _refused("gone", name) from trouble
    if "refused" in answer:
        raise _refused(answer["refused"], name)
    _raise_trouble(answer, path)
    return _facts(answer["found"])


def draw(path: Path, medium: Medium, target: Path) -> bool:
    """Put a JPEG that shows the file at `target`, whole or not at all; False where there is none to be had.

    A film gives a frame that is neither black nor part of a fade, where it has one; a sound its cover or the
    shape of its waves; a picture a copy. It is at most 1280 pixels wide. Raises `OSError` only when the disk
    fails, when there is no such file, or when this installation can not look into files.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        return False
    beside = target.with_name(f".{secrets.token_hex(8)}.jpg")
    question = {"do": "draw", "path": _sent(path), "medium": str(medium), "target": _sent(beside)}
    try:
        answer = checker.ask(question, DRAW_SECONDS)
        _raise_trouble(answer, target)
        if not answer.get("drawn"):
            return False
        beside.replace(target)
    except (checker.Late, checker.Gone):
        return False
    finally:
        beside.unlink(missing_ok=True)
    return True


def _facts(found: dict[str, Any]) -> Facts:
    kind = found.pop("kind")
    medium, media_type = KINDS[kind]
    return Facts(Medium(medium), WORDS[kind], media_type, **found)


def _sent(path: Path) -> str:
    """A path as JSON carries it, whatever bytes it is made of."""
    return os.fsencode(path.absolute()).decode("latin-1")


def _refused(reason: str, name: str) -> Refused:
    refusal = NotChecked if reason in _PASSING else Refused
    return refusal(_REFUSALS[reason], name=name, seconds=PROBE_SECONDS)


def _raise_trouble(answer: dict[str, Any], path: Path) -> None:
    if "trouble" in answer:
        number, text = answer["trouble"]
        raise OSError(number, text, str(path))
