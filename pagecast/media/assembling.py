"""What is left to do for bytes that came in pieces: put parts together, and know the SHA-256 of the whole."""

import hashlib
from pathlib import Path

from .models import Upload
from .staging.chosen import place


def complete_bytes(upload: Upload) -> None:
    """Have the bytes of the upload in one staged file, and their SHA-256 in the row. Reads them at most once.

    Does nothing where the sum is known already; killed at any point, it is done again. Slow: never inside of
    a transaction. Raises `Lost` if bytes are missing.
    """
    if upload.sha256:
        return
    upload.sha256 = place().assemble(upload) or sha256_of(upload.staged)
    Upload.objects.filter(pk=upload.pk).update(sha256=upload.sha256)


def require_bytes(upload: Upload) -> None:
    """Have the bytes at `upload.staged`. Raises `Lost` unless as many are there as came."""
    place().fetch(upload)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
