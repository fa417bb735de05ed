r"""Override codes of SubStation, {\i1} and the like. SubRip files have some of them too.

Source: https://aegisub.org/docs/latest/ass_tags/. Kept are italics, bold, underline and the place; drawings
are no text, and all the rest is looks.
"""

import re
from functools import lru_cache
from typing import NamedTuple

# What stands in braces; a brace that is never closed is text. Without nesting, so that it is quick.
BRACES = re.compile(r"\{([^{}]*)\}")
_CODE = re.compile(r"\\(?:([ibup])([0-9]{1,4})(?![0-9])|(an?)([0-9]{1,2})|(r)([^\\{}()]*))")
_BOLD = 600
# The places of SSA count 1 to 3 at the bottom, 5 to 7 at the top, 9 to 11 in the middle.
_OLD_PLACES = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}


class Code(NamedTuple):
    """One code that matters: i, b, u or p with its number, r with a style's name, or `place` with 1 to 9."""

    kind: str
    value: int = 0
    name: str = ""

    @property
    def is_on(self) -> bool:
        """Whether it begins what it names. Bold may tell a weight."""
        return (
            self.value == 1
            or (self.kind == "b" and self.value >= _BOLD)
            or (self.kind == "p" and self.value > 0)
        )


@lru_cache(maxsize=1024)
def codes(braces: str) -> tuple[Code, ...]:
    """The codes in a pair of braces that matter, in their order."""
    return tuple(code for code in map(_code, _CODE.finditer(braces)) if code is not None)


def _code(found: re.Match[str]) -> Code | None:
    if found[1]:
        return Code(found[1], int(found[2]))
    if found[5]:
        return Code("r", name=found[6].strip())
    number = int(found[4])
    place = _OLD_PLACES.get(number, 0) if found[3] == "a" else number
    return Code("place", place) if 0 < place <= 9 else None  # noqa: PLR2004 - the keys of a number pad
