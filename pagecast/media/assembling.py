"""What is left to do for bytes that came in pieces: put parts together, and know the SHA-256 of the whole."""

import hashlib
import os
from pathlib import Path
from uuid import uuid4

from .errors import Lost
from .models import Upload
from .receiving import CHUNK
from .stores.folder import sync_folder


def complete_bytes(upload: Upload) -> None:
    """Have the bytes of the upload in one staged file, and their SHA-256 in the row. Reads them at most once.

    Does nothing where that is so already; killed at any point, it is done again. Slow: never inside of a
    transaction. Raises `Lost` if bytes are missing.
    """
    if upload.sha256:
        return
    parts = list(upload.parts.order_by("part_number"))
    digest = None
    if parts and not upload.staged.exists():
        digest = _assemble(upload, parts)
    require_bytes(upload)
    # What killed attempts left; one that still lives finds that the whole is there.
    for left in upload.staged.parent.glob(f"{upload.pk}.*.whole") if parts else []:
        left.unlink(missing_ok=True)
    for part in parts:
        part.staged.unlink(missing_ok=True)
        part.delete()
    upload.sha256 = digest or sha256_of(upload.staged)
    Upload.objects.filter(pk=upload.pk).update(sha256=upload.sha256)


def require_bytes(upload: Upload) -> None:
    """Raises `Lost` unless the staged file is there, with as many bytes as came."""
    if not upload.staged.is_file() or upload.staged.stat().st_size != upload.size:
        raise Lost(upload.name)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _assemble(upload: Upload, parts: list[Upload]) -> str | None:
    # Its own for each attempt: a worker that stood still for a while may come back, and write on.
    whole = upload.staged.with_name(f"{upload.pk}.{uuid4().hex}.whole")
    digest = hashlib.sha256()
    try:
        with whole.open("wb") as target:
            for part in parts:
                with part.staged.open("rb", buffering=0) as source:
                    while chunk := source.read(CHUNK):
                        digest.update(chunk)
                        target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        whole.replace(upload.staged)
    except FileNotFoundError:
        # Its bytes are lost, or another worker has put them together just now.
        return None
    finally:
        # Half of it would keep a full disk full.
        whole.unlink(missing_ok=True)
    sync_folder(upload.staged.parent)
    return digest.hexdigest()
