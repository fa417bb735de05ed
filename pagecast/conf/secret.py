"""The key that signs sessions: made at the first start, and readable by its owner only."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def secret_key(data: Path) -> str:
    """The key of this data folder. The first caller makes it; of several at once, all get the same one.

    Raises `ImproperlyConfigured` when the folder cannot be written.
    """
    path = data / "secret-key"
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # A temporary file is readable by its owner only, and the link is there whole or not at all.
            with NamedTemporaryFile("w", dir=data, prefix=".secret-key.", encoding="ascii") as draft:
                draft.write(get_random_secret_key())
                draft.flush()
                with suppress(FileExistsError):  # another process was quicker: its key counts
                    os.link(draft.name, path)
        return path.read_text(encoding="ascii")
    except OSError as error:
        message = f"PAGECAST_DATA: {data} cannot be used: {error.strerror}. Name a folder that you may write."
        raise ImproperlyConfigured(message) from None
