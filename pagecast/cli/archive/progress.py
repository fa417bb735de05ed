"""What a terminal shows while an archive is written or read."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

from tqdm import tqdm

Tell = Callable[[str, int], None]


@contextmanager
def progress() -> Iterator[Tell]:
    """A bar on the standard error for rows, then one for bytes; nothing where nobody looks."""
    bars: dict[str, tqdm[NoReturn]] = {}

    def tell(what: str, number: int) -> None:
        if what not in bars:
            close()
            bars[what] = tqdm(
                None, desc=what, unit="B" if what == "bytes" else "", unit_scale=True, disable=None
            )
        bars[what].update(number)

    def close() -> None:
        for bar in bars.values():
            bar.close()

    try:
        yield tell
    finally:
        close()
