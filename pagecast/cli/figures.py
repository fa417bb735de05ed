"""The folder in which the processes of one server share their figures."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Names it to prometheus_client, which looks for it when it is imported: so before any process is started.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
#: Says it to a worker, which is another program by then: where it tells its figures.
FIGURES_AT = "PAGECAST_FIGURES_AT"
_PREFIX, _LOCK = "pagecast-figures-", "lock"


@contextmanager
def shared() -> Iterator[None]:
    """Have the folder for this process and its children; those of servers that were killed are removed."""
    for old in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        # Whoever lives holds it.
        with suppress(OSError), (old / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(old)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    with (folder / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.environ[FOLDER] = str(folder)
        try:
            yield
        finally:
            shutil.rmtree(folder, ignore_errors=True)
