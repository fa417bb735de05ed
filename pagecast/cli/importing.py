"""Folders into pages: a page for each folder, a content for each file, in name order.

What came from where is kept in `origin`, the absolute path. So a second import finds what the first
one made, under whatever title an editor gave it meanwhile, and only adds what is new.
"""

import hashlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pagecast.media.errors import Refused
from pagecast.media.models import Upload
from pagecast.media.receiving import printable, receive_path
from pagecast.pages import editing, filing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.kinds import kind_of_file
from pagecast.pages.models import Content, Page, Placement
from pagecast.pages.models.titled import ORIGIN_LENGTH, TITLE_LENGTH, storable


class Outcome(Enum):
    """What became of one file."""

    ADDED = "added"
    CHANGED = "changed"
    THERE = "there already"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, and the files in it that some kind of content knows."""

    path: Path
    files: list[Path]


def scan(root: Path) -> tuple[list[Folder], list[Path]]:
    """The folders below `root` that hold contents, and the files that no kind knows; both in name order.

    Names that begin with a dot are left out.
    """
    folders, unknown = [], []
    for where, inside, names in os.walk(root):
        inside[:] = sorted(name for name in inside if not name.startswith("."))
        files = [Path(where, name) for name in sorted(names) if not name.startswith(".")]
        known = [file for file in files if kind_of_file(file.name) and file.is_file()]
        unknown += [file for file in files if file not in known]
        if known:
            folders.append(Folder(Path(where), known))
    return folders, unknown


def import_folder(folder: Folder) -> Iterator[tuple[Path, Outcome, str]]:
    """Bring one folder in, file by file: what became of each, and why it was refused.

    Stopped anywhere, it is complete up to some file; run again, it goes on from there.
    """
    origin = _origin(folder.path)
    page = Page.objects.filter(origin=origin).first()
    new = page is None
    if page is None:
        page = editing.create_page({"title": _title(folder.path.name or origin), "origin": origin})
    for file in folder.files:
        try:
            yield file, _import_file(page, file, new_page=new), ""
        except (Refused, ValidationError, OSError, UnicodeDecodeError) as error:
            yield file, Outcome.REFUSED, _reason(error)


def _import_file(page: Page, file: Path, *, new_page: bool) -> Outcome:
    origin = _origin(file)
    content = Content.objects.filter(origin=origin).first()
    kind = type(content) if content else kind_of_file(file.name)
    assert kind is not None  # noqa: S101 - scan() lists no others
    new = content is None
    content = content or kind(title=_title(file.stem), origin=origin)
    if new_page and not new and not content.placements.exists():
        # The editor deleted the page; made anew, it comes back whole.
        Placement.objects.create(page=page, content=content, position=editing.next_position(page))
    imported = _sha256(file)
    if content.imported == imported and not _was_refused(content):
        if content.upload:
            _file(content.upload)
        return Outcome.THERE
    upload = receive_path(file) if kind.file_field else None
    fields = {"imported": imported} | ({} if upload else {"text": _text(file)})
    with one_edit():
        editing.write_content(content, fields, upload)
        if new:
            Placement.objects.create(page=page, content=content, position=editing.next_position(page))
    if upload is not None:
        _file(upload)
    return Outcome.ADDED if new else Outcome.CHANGED


def _file(upload: Upload) -> None:
    filing.file(upload.pk)
    upload.refresh_from_db()
    while upload.state == Upload.State.PROCESSING and not upload.error:
        # Another worker has it in hand, or was killed and its lease runs out soon.
        time.sleep(0.2)
        filing.file(upload.pk)
        upload.refresh_from_db()
    if upload.state == Upload.State.FAILED:
        raise Refused(upload.error)


def _was_refused(content: Content) -> bool:
    """Whether its file is to be sent again: what kept it out, a full disk say, may be over."""
    return content.upload is not None and content.upload.state == Upload.State.FAILED


def _origin(path: Path) -> str:
    origin = printable(str(path.resolve()))
    # Longer than the column: its sum stands for it.
    return origin if len(origin) <= ORIGIN_LENGTH else hashlib.sha256(origin.encode()).hexdigest()


def _title(name: str) -> str:
    return printable(name)[:TITLE_LENGTH]


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _text(file: Path) -> str:
    data = file.read_bytes()
    text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    storable(text)
    return text


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return _("It is not a text in UTF-8. Save it as UTF-8 and import again.")
    return "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
