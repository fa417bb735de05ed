"""The key that signs sessions: made at the first start, kept in the data folder, readable by its owner only."""

import os
from pathlib import Path

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
            draft = data / f".secret-key.{os.getpid()}"
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                file.write(get_random_secret_key())
            try:
                os.link(draft, path)
            except FileExistsError:
                """Another process was quicker: its key counts."""
            draft.unlink()
        return path.read_text(encoding="ascii")
    except OSError as error:
        message = f"PAGECAST_DATA: {data} cannot be used: {error.strerror}. Name a folder that you may write."
        raise ImproperlyConfigured(message) from None
