"""The files of an import, one by one: which content each is or becomes, and what it brings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError

from pagecast.media.assembling import sha256_of
from pagecast.media.errors import Refused
from pagecast.media.models import Upload
from pagecast.media.probing import Facts, probe
from pagecast.media.receiving import Staging, printable, stage_path
from pagecast.pages.kinds import kind_of_file
from pagecast.pages.models import Content
from pagecast.pages.models.titled import ORIGIN_LENGTH, TITLE_LENGTH, storable

#: What reading a file may end in.
FAULTS = (Refused, ValidationError, OSError, UnicodeDecodeError)


@dataclass(slots=True, eq=False)
class Found:
    """One file: the content that it is or becomes, and what it brings."""

    path: Path
    content: Content
    is_new: bool
    # What kept its file out, a full disk say, may be over: it is to be sent again.
    was_refused: bool = False
    sha256: str = ""
    staging: Staging | None = None
    facts: Facts | None = None
    text: str | None = None
    error: Exception | None = None

    @property
    def brings(self) -> bool:
        """Whether there is something to write."""
        return self.staging is not None or self.text is not None

    @property
    def fields(self) -> dict[str, object]:
        """What is to be written of it, beside its file."""
        fields: dict[str, object] = {"imported": self.sha256}
        return fields if self.text is None else fields | {"text": self.text}

    def let_go(self) -> None:
        """Bring nothing."""
        if self.staging is not None:
            self.staging.close()
            if self.staging.upload is not None:
                # Its bytes are found by a sweep.
                self.staging.upload.delete()
        self.staging = self.text = None


def find(paths: Sequence[Path]) -> list[Found]:
    """The contents that these files are or become. Two links to one file are one of them."""
    origins = {origin_of(path): path for path in paths}
    there: dict[str, Content] = {
        str(content.origin): content for content in Content.objects.filter(origin__in=origins)
    }
    keys = [content.upload_id for content in there.values() if content.upload_id]
    refused = set(Upload.objects.filter(pk__in=keys, state=Upload.State.FAILED).values_list("pk", flat=True))
    return [
        Found(path, content, is_new=False, was_refused=content.upload_id in refused)
        if (content := there.get(origin))
        else Found(path, _new(path, origin), is_new=True)
        for origin, path in origins.items()
    ]


def recognise(found: Sequence[Found]) -> None:
    """Leave out what came in since we looked: by another import, or by another link to the same file."""
    new = {each.content.origin: each for each in found if each.is_new}
    for content in Content.objects.filter(origin__in=new):
        each = new[content.origin]
        each.is_new, each.content = False, content
        if content.imported == each.sha256:
            each.let_go()


def read(found: Found) -> None:
    """Take the bytes if they are new; what is wrong with them is kept for the report. Asks no database."""
    try:
        if not found.is_new and found.content.imported == sha256_of(found.path) and not found.was_refused:
            return
        if found.content.file_field:
            found.staging = stage_path(found.path)
            found.staging.sync()
            found.sha256 = found.staging.row().sha256
            found.facts = _look(found.staging)
        else:
            data = found.path.read_bytes()
            found.text, found.sha256 = _text(data), hashlib.sha256(data).hexdigest()
    except FAULTS as error:
        found.error = error
        found.let_go()


def _new(path: Path, origin: str) -> Content:
    kind = kind_of_file(path.name)
    assert kind is not None  # noqa: S101 - scan() lists no others
    return kind(title=title_of(path.stem), origin=origin)


def _look(staging: Staging) -> Facts | None:
    """Look at the file here and not when it is filed: several are read at once."""
    try:
        return probe(staging.path, staging.name)
    except Refused:
        # It is refused when it is filed, like any other upload.
        return None


def origin_of(path: Path) -> str:
    """The absolute path, as text, however long and whatever its bytes are."""
    origin = printable(str(path.resolve()))
    # Longer than the column: its sum stands for it.
    return origin if len(origin) <= ORIGIN_LENGTH else hashlib.sha256(origin.encode()).hexdigest()


def title_of(name: str) -> str:
    """The title that a file or folder gives."""
    return printable(name)[:TITLE_LENGTH]


def _text(data: bytes) -> str:
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    storable(text)
    return text
