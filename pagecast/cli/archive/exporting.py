"""An installation into an archive."""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.db import connection

from pagecast import __version__
from pagecast.media.housekeeping import unused_files
from pagecast.media.staging.chosen import place

from . import files
from .drawing import last_key
from .form import FORMAT, HEAD, Head, Table, rows_name
from .manifest import Manifest
from .rows import members
from .snapshot import snapshot
from .tables import columns, migrations, tables
from .tar import TarWriter
from .values import Names
from .wanted import Wanted
from .workplace import workplace


@dataclass(frozen=True, slots=True)
class Exported:
    """What is in an archive, and what is wrong: with files that are in use, and with others."""

    rows: int
    files: int
    bytes: int
    faults: list[str]
    notices: list[str]


Tell = Callable[[str, int], object]


def export(target: BinaryIO, tell: Tell = lambda _what, _number: None) -> Exported:
    """Write everything into `target`, while others go on. The rows are those of one moment.

    `tell` hears of rows and bytes as they are written. A file that is damaged or missing is named in what is
    answered, and the archive is whole but for it. Raises `OSError` when the archive cannot be written or the
    store does not answer, and `ArchiveError`.
    """
    with workplace("export") as folder:
        return _Export(target, folder, tell).run()


class _Export:
    def __init__(self, target: BinaryIO, folder: Path, tell: Tell) -> None:
        now = dt.datetime.now(dt.UTC)
        self._created, self._folder, self._tell = now, folder, tell
        self._tar = TarWriter(target, now.timestamp())
        self._manifest = Manifest(folder / "manifest")
        self._wanted = Wanted(folder)
        self._rows: dict[str, int] = {}
        # Eight bytes each, in order: there may be many.
        self._unused = array("q")
        self._faults: list[str] = []
        self._notices: list[str] = []

    def run(self) -> Exported:
        try:
            # From before the moment of the rows: what is filed since is still there as it was.
            with place().hold(self._folder) as held:
                with snapshot():
                    held.look()
                    self._write_rows()
                self._wanted.close()
                self._write_files(files.staged(self._wanted, held))
            self._write_files(files.kept(self._wanted, self._is_unused))
            self._finish()
        finally:
            self._wanted.close()
            self._manifest.close()
        return Exported(
            sum(self._rows.values()), self._manifest.files, self._manifest.bytes, self._faults, self._notices
        )

    def _write_rows(self) -> None:
        models = tables()
        head = Head(
            FORMAT,
            __version__,
            self._created.isoformat(),
            connection.vendor,
            migrations(),
            [
                Table(model._meta.label_lower, [each.attname for each in columns(model)], last_key(model))
                for model in models
            ],
        )
        self._add(HEAD, head.to_json())
        names = Names()
        for number_of_table, model in enumerate(models, start=1):
            label = model._meta.label_lower
            self._rows[label] = 0
            for part, (data, number) in enumerate(members(model, names, self._wanted.note), start=1):
                self._add(rows_name(number_of_table, label, part), data)
                self._rows[label] += number
                self._tell("rows", number)
        unused = unused_files().order_by("pk").values_list("pk", flat=True)
        self._unused.extend(unused.iterator(chunk_size=2000))

    def _write_files(self, sources: Iterable[files.Source]) -> None:
        for source in sources:
            try:
                file, size = source.open()
            except FileNotFoundError:
                self._miss(source)
                continue
            with file:
                sha256 = self._tar.add(source.name, size, self._passing(files.chunks(file, size)))
            damaged = source.sha256 not in {None, sha256}
            self._manifest.add(source.name, size, sha256, damaged=damaged)
            if damaged:
                self._faults.append(f"{source.where} is damaged: its bytes are not those that were sent.")

    def _finish(self) -> None:
        self._manifest.end(self._rows)
        self._manifest.write(self._tar)
        self._tar.end()

    def _miss(self, source: files.Source) -> None:
        self._manifest.miss(source.name)
        if source.needed:
            self._faults.append(f"{source.where} is missing.")
        elif source.where.startswith("staging/"):
            """Nobody waits for it: it was refused, or not a byte of it has come."""
        else:
            self._notices.append(f"{source.where} is missing; nothing refers to it.")

    def _add(self, name: str, data: bytes) -> None:
        self._manifest.add(name, len(data), self._tar.add(name, len(data), [data]))

    def _passing(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._tell("bytes", len(chunk))
            yield chunk

    def _is_unused(self, key: int) -> bool:
        index = bisect_left(self._unused, key)
        return index < len(self._unused) and self._unused[index] == key
