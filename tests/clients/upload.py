"""Sends a file by tuspy and tells how far it is, one JSON object a line; the last has the address.

    python upload.py FILE ENDPOINT TOKEN

A chunk is a megabyte with its checksum, and there is a pause behind each, so that somebody can interfere.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from tusclient.client import TusClient


def tell(**what: Any) -> None:
    """One line for whoever started us."""
    print(json.dumps(what), flush=True)  # noqa: T201 - it is what the program is for


def main(file: str, endpoint: str, token: str) -> None:
    client = TusClient(endpoint, headers={"Authorization": f"Bearer {token}"})
    uploader = client.uploader(
        file,
        chunk_size=2**20,
        metadata={"filename": Path(file).name},
        retries=120,
        retry_delay=1,
        upload_checksum=True,
    )
    size: int = uploader.get_file_size()  # type: ignore[no-untyped-call]  # tuspy has types for half of it
    while uploader.offset < size:
        uploader.upload_chunk()  # type: ignore[no-untyped-call]  # the same
        tell(sent=uploader.offset, size=size)
        time.sleep(0.03)
    tell(url=uploader.url)


if __name__ == "__main__":
    main(*sys.argv[1:])
