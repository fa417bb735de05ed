"""What a file really is, found from its bytes. Runs before a file is kept."""

from .errors import Empty
from .models import Upload


def probe(upload: Upload) -> None:
    """Look at the staged bytes. Raises `Refused` with the reason when they are not to be kept.

    Today it finds files that lost their bytes on the way; what the bytes hold is not looked at yet.
    """
    if upload.staged.stat().st_size == 0:
        raise Empty(upload.name)
