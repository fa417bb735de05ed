"""A large file that is received in either way, and filed: as a new one, and as one that is here already."""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from benchmarks.installation import Installation, Server, pagecast
from benchmarks.machine import cores
from benchmarks.options import Options
from benchmarks.results import Results, say
from benchmarks.stock import Stock

from .corpus import MEBIBYTE, LargeFile
from .editor import Editor
from .processes import SERVER, Processes
from .programs import COPY, QUICK, SYNCED, has_openssl, seconds_of

Found = TypeVar("Found")

FILED = {"new": "filing a new file", "duplicate": "filing a duplicate"}
SETTINGS = "pagecast.conf.settings"


class Receiving:
    """A server with its worker, as `pagecast serve` is, and a large file for it."""

    def __init__(self, server: Server, editor: Editor, file: LargeFile, results: Results) -> None:
        self._processes, self._editor = Processes(server.pid), editor
        self._file, self._results = file, results

    def warm_up(self) -> None:
        """Let everything happen once."""
        self._editor.wait(self._editor.post(self._file.path))
        self._editor.give_up(self._editor.send(self._file.path))

    def receive(self) -> None:
        """One round of each way in, and of the programs beside them."""
        path = self._file.path
        copy = path.with_suffix(".copy")
        for key, program, what in (
            ("copy", COPY, "cat, sha256sum"),
            ("synced copy", SYNCED, "cat, sync, sha256sum"),
            *([("quick copy", QUICK, "cat, sync, openssl dgst")] if has_openssl() else []),
        ):
            self._results.add_round(key, what, "s", seconds_of(program, path, copy))
            copy.unlink()
        upload = self._measured("resumable", "resumable upload", partial(self._editor.send, path))
        self._editor.give_up(upload)
        content = self._measured("form", "form with a file", partial(self._editor.post, path))
        self._editor.wait(content)
        self._editor.remove(content)

    def file(self) -> None:
        """File a new file, and then the same bytes again."""
        self._file.renew()
        for key, what in FILED.items():
            upload = self._editor.send(self._file.path)
            notices = self._measured(key, what, partial(self._file_it, upload))
            if any("Already here" in notice for notice in notices) != (key == "duplicate"):
                raise RuntimeError(f"{what} was something else: {notices}")  # noqa: EM102

    def _file_it(self, upload: str) -> list[str]:
        return self._editor.wait(self._editor.attach(upload))

    def _measured(self, key: str, what: str, work: Callable[[], Found]) -> Found:
        os.sync()
        self._processes.forget_peaks()
        written, started = self._processes.written(), time.perf_counter()
        found = work()
        seconds = time.perf_counter() - started
        share = (self._processes.written() - written) / self._file.size
        note = self._results.add_round
        note(key, what, "s", seconds)
        note(f"{key}: written", f"{what}: bytes written", "× its size", share)
        for kind, peak in self._processes.peaks().items():
            # The others sleep meanwhile.
            if (kind == SERVER) == (key not in FILED):
                note(f"{key}: {kind}", f"{what}: most memory of {kind}", "MiB", peak / MEBIBYTE)
        return found


def measure(options: Options, results: Results) -> None:
    """Measure `receive` and `filing`, whichever is asked for, on SQLite."""
    say(f"making a file of {options.large_file:,} MiB")
    file = LargeFile(options.folder / "film.mp4", options.large_file)
    installation = Installation(options.folder / "receiving", Stock(), SETTINGS)
    installation.data.mkdir()
    token = installation.run("token", "alice").strip()
    with pagecast(installation, set(cores())) as server:
        receiving = Receiving(server, Editor(server.port, token), file, results)
        receiving.warm_up()
        for number in range(options.file_rounds):
            say(f"round {number + 1} of {options.file_rounds}, a large file")
            if "receive" in options.parts:
                receiving.receive()
            if "filing" in options.parts:
                receiving.file()
    file.path.unlink()
