"""Questions come in as lines of JSON, and answers go out so, one for one.

A question is {"do": "probe" or "draw", "path": …, "seconds": …, "medium": …, "target": …}, where a path is
its bytes as Latin-1. An answer is {"found": …}, {"drawn": …}, {"refused": reason} or
{"trouble": [number, text]}.
What nobody foresaw ends the process: to be told that apart from damage is the reason why there is one.
"""

from __future__ import annotations

import json
import os
import select
from typing import Any, Final

import av

from . import drawing, jpegs, limits, looking
from .opening import NotAFile, opened

# Nobody asks: give the memory back. The parent starts another one when it needs it.
_IDLE_SECONDS: Final = 60
_LINE: Final = 65536


def serve() -> None:
    """Answer until the parent says no more."""
    av.logging.set_level(None)
    # Whatever a library prints must not get between the answers.
    answers = os.dup(1)
    os.dup2(2, 1)
    limits.settle()
    _tell(answers, {"ready": True})
    while question := _next():
        limits.begin(question["seconds"])
        answer = _answer(question)
        limits.end()
        _tell(answers, answer)


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    try:
        return _looked(question) if question["do"] == "probe" else _drawn(question)
    except looking.Damaged:
        return {"refused": "damaged"}
    except NotAFile:
        return {"refused": "no file"}
    except MemoryError:
        return {"refused": "memory"}
    except OSError as trouble:
        return {"trouble": [trouble.errno, trouble.strerror]}


def _looked(question: dict[str, Any]) -> dict[str, Any]:
    with opened(question["path"].encode("latin-1")) as source:
        return {"found": looking.look(source)}


def _drawn(question: dict[str, Any]) -> dict[str, Any]:
    with opened(question["path"].encode("latin-1")) as source:
        picture = drawing.picture_of(source, question["medium"])
    if picture is None:
        return {"drawn": False}
    jpegs.write(picture, question["target"].encode("latin-1"))
    return {"drawn": True}


def _next() -> dict[str, Any] | None:
    """The next question; None when none comes any more."""
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([0], [], [], _IDLE_SECONDS)[0]:
            return None
        read = os.read(0, _LINE)
        if not read:
            return None
        line += read
    question: dict[str, Any] = json.loads(line)
    return question


def _tell(answers: int, answer: dict[str, Any]) -> None:
    data = json.dumps(answer).encode() + b"\n"
    while data:
        data = data[os.write(answers, data) :]
